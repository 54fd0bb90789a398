"""`hilum sanity`: what it says, and its exit code."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]

SMALL = ("--split", "train", "--target", "predicted", "--slices", 4, "--draws", 1, "--steps", 2)


def test_it_says_stage_by_stage_how_alike_maps_stay(
    tiny_run: Path, tmp_path: Path, hilum: Call
) -> None:
    run = shutil.copytree(tiny_run, tmp_path / "run")
    done = hilum("sanity", run, *SMALL)
    found = json.loads((run / "sanity" / "sanity.json").read_text())
    lines = done.out.splitlines()
    assert lines[0].startswith(f"Grad-CAM at {found['layers'][0]}: 4 slices of ")
    table = lines[lines.index("random" + 35 * " " + "rank correlation" + 9 * " " + "SSIM") + 1 :]
    assert [line.split("  ")[0] for line in table[:9]] == [
        stage["name"] for stage in found["randomisation"]["stages"]
    ]
    assert table[9].startswith("different slices, trained")
    assert found["randomisation"]["sentence"] in lines
    assert found["deletion"]["sentence"] in lines
    assert lines[-2] == "95 % intervals over groups; research use only."
    assert lines[-1].startswith(f"{run / 'sanity'}: sanity.csv, sanity.json, figures. Next: ")
    assert done.code == (found["randomisation"]["level"] == "stays")
    assert hilum("report", run).code == 0
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "Do the maps mean anything?" in page
    assert 'alt="Slices and their maps, as trained and while layers become random"' in page


@pytest.mark.parametrize(("level", "code"), [("stays", 1), ("falls", 0), ("partly", 0)])
def test_maps_that_depend_on_nothing_are_exit_code_1(
    level: str, code: int, hilum: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = {"randomisation": {"level": level}}
    monkeypatch.setattr("hilum.steps.sanity.sanity", lambda *_, **__: content)
    done = hilum("sanity", "run", "--json")
    assert (done.code, json.loads(done.out)) == (code, content)


def test_what_it_can_not_do_is_refused(tiny_run: Path, hilum: Call) -> None:
    hilum("sanity", tiny_run / "nowhere").refused(2, "there is no run folder")
    hilum("sanity", tiny_run, "--slices", 1).refused(2, "slices must be 2 or more; got 1.")
    hilum("sanity", tiny_run, "--method", "magic").refused(2, "method must be one of gradcam")
    hilum("sanity", tiny_run, "--layer", "magic").refused(1, "the backbone has no layer 'magic'")
    hilum("sanity", tiny_run, tiny_run).refused(2, "hold the same network; give each once")
