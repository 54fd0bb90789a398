"""hilum data describe."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Call = Callable[..., Any]


def test_a_table_is_described_as_page_csv_and_json(
    phantoms: Path, tmp_path: Path, hilum: Call
) -> None:
    out = tmp_path / "cohort"
    done = hilum("data", "describe", phantoms / "slices.csv", "--out", out)
    assert done.code == 0, done.err
    assert "cancer: 24 slices, 12 groups" in done.out
    content = json.loads((out / "cohort.json").read_text())
    rows = pd.read_csv(out / "cohort.csv", dtype=str, keep_default_na=False)
    size = rows[(rows["characteristic"] == "size") & (rows["label"] == "cancer")]
    assert size[["value", "slices", "groups", "share", "share_of_groups"]].values.tolist() == [
        ["96 x 96", "24", "12", "1.0000", "1.0000"]
    ]
    page = (out / "cohort.html").read_text()
    assert content["design"]["sentence"] in page.replace("&#39;", "'")
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "96\u00a0x\u00a096" in page


def test_pictures_may_be_left_unread(workdir: Path, tmp_path: Path, hilum: Call) -> None:
    for file in (workdir / "phantom").rglob("*.png"):
        file.write_bytes(b"no picture")
    out = tmp_path / "cohort"
    assert (
        hilum("data", "describe", workdir / "slices.csv", "--no-pictures", "--out", out).code == 0
    )
    tables = json.loads((out / "cohort.json").read_text())["tables"]
    assert not [table for table in tables if table["name"] in ("size", "format")]
    hilum("data", "describe", workdir / "slices.csv", "--out", tmp_path / "b").refused(
        1, "slices.csv, row 2, column path"
    )
    assert not (tmp_path / "b").exists()


def test_what_stands_there_is_kept(phantoms: Path, tmp_path: Path, hilum: Call) -> None:
    out = tmp_path / "cohort"
    call = ("data", "describe", phantoms / "slices.csv", "--no-pictures", "--out", out)
    assert hilum(*call).code == 0
    hilum(*call).refused(2, "exists already")
    assert hilum(*call, "--force").code == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    hilum(*call[:-1], tmp_path / "mine", "--force").refused(2, "is no folder that hilum made")


def test_json_goes_to_standard_output(phantoms: Path, tmp_path: Path, hilum: Call) -> None:
    done = hilum("data", "describe", phantoms / "slices.csv", "--json", "--out", tmp_path / "c")
    assert json.loads(done.out)["counts"]["cancer"]["slices"] == 24


def test_a_collection_without_a_list_is_refused(tmp_path: Path, hilum: Call) -> None:
    done = hilum("data", "describe", f"folder={tmp_path}", "--out", tmp_path / "c")
    done.refused(2, "'folder' has no list of its own", "ct-pneumonia")


def test_the_published_cohort_of_ct_pneumonia_comes_out(
    real_data: Path, tmp_path: Path, hilum: Call
) -> None:
    out = tmp_path / "cohort"
    done = hilum("data", "describe", f"ct-pneumonia={real_data / 'ct-pneumonia'}", "--out", out)
    assert "pneumonia: 1022 slices" in done.out
    assert "192 articles" in done.out
    assert "sex: 465 male, 283 female, 274 unknown" in done.out
    assert "488 virus, 326 bacteria, 175 fungi, 14 both, 19 unknown" in done.out


@pytest.mark.parametrize("reason", ["nonsense", "Paper"])
def test_an_unknown_reason_to_leave_out_is_refused(
    reason: str, tmp_path: Path, hilum: Call
) -> None:
    call = ("data", "build", f"phantom={tmp_path}", "--patients", 4, "--size", 64)
    done = hilum(*call, "--exclude", reason, "--out", tmp_path / "slices.csv")
    done.refused(2, f"no slice is left out for {reason!r}", "boop")
    assert not (tmp_path / "slices.csv").exists()


def test_every_colour_of_a_figure_is_one_of_the_page(
    tmp_path: Path, hilum: Call, real_drawings: None
) -> None:
    rows = [
        f"s{n},s{n}.png,class {n % 4},g{n},here,{sex}"
        for n, sex in enumerate(["male", "female", "male", "", "female", "male", "", ""])
    ]
    table = tmp_path / "slices.csv"
    table.write_text("\n".join(["slice_id,path,label,group,source,sex", *rows]) + "\n")
    out = tmp_path / "cohort"
    assert hilum("data", "describe", table, "--no-pictures", "--out", out).code == 0
    page = (out / "cohort.html").read_text()
    style, body = page.split("</style>", 1)
    used = set(re.findall(r"var\((--[\w-]+)\)", body))
    assert {"--series-1", "--series-3"} <= used
    assert "--series-4" not in used, "nothing is known of the fourth class"
    assert [name for name in used if f"{name}:" not in style] == []
