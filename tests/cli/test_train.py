"""What `hilum train` refuses: one sentence, the right exit code, nothing half-written."""

from __future__ import annotations

import json
import pickle
import shutil
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from safetensors.numpy import save_file

from hilum.run import RUN_MARKS

Call = Callable[..., Any]


def _huge_header() -> bytes:
    """Return the beginning of a PNG that says it has 60,000 x 60,000 pixels."""
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0),
        b"IDAT": b"",
        b"IEND": b"",
    }
    content = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks.items()
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(content)


def _dicom_without_pixels(path: Path) -> None:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.Modality = CTImageStorage, "1.2.3", "CT"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset.save_as(path, enforce_file_format=True)


def _spoil(kind: str, path: Path) -> None:
    """Make a file that is no slice."""
    if kind == "truncated":
        rng = np.random.default_rng(0)
        Image.fromarray(rng.integers(0, 255, (64, 64), np.uint8)).save(path)
        path.write_bytes(path.read_bytes()[:2000])
    elif kind == "text":
        path.write_text("no picture at all")
    elif kind == "huge":
        path.write_bytes(_huge_header())
    elif kind == "empty":
        path.touch()
    elif kind == "without pixels":
        _dicom_without_pixels(path)
    elif kind == "folder":
        path.mkdir()


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("missing", "gone.png", ["gone.png"]),
        ("truncated", "half.png", ["half.png", "cut short"]),
        ("text", "text.png", ["text.png"]),
        ("huge", "huge.png", ["67,108,864 pixels", "60,000 x 60,000"]),
        ("empty", "empty.png", ["empty.png", "empty"]),
        ("without pixels", "header.dcm", ["header.dcm", "DICOM without pixels"]),
        ("folder", "folder.png", ["folder.png"]),
    ],
)
def test_a_slice_that_can_not_be_read_stops_before_anything_is_written(
    kind: str, name: str, words: list[str], workdir: Path, change_table: Call, train: Call,
    untouched: Call,
) -> None:  # fmt: skip
    table = change_table(row=2, path=name)
    _spoil(kind, workdir / name)
    with untouched(workdir):
        train(table, workdir / "run").refused(1, "slices.csv, row 4, column path", *words)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"boxes": "0 0 97 10"}, ["row 2, column boxes", "96"]),
        ({"boxes": "10 10 5 20"}, ["row 2, column boxes"]),
        ({"split": "holdout"}, ["row 2, column split", "train, validation, test", "'holdout'"]),
        ({"window": "lung"}, ["row 2, column window", "1400/-700", "'lung'"]),
        ({"path": "/tmp/a.png"}, ["row 2, column path", "relative"]),
        ({"label": ""}, ["row 2, column label", "not be empty"]),
        ({"slice_id": "phantom-p0001-2"}, ["column slice_id", "unique"]),
    ],
)
def test_a_wrong_cell_is_named_with_its_row_and_column(
    cells: dict[str, str], words: list[str], workdir: Path, change_table: Call, train: Call,
    untouched: Call,
) -> None:  # fmt: skip
    table = change_table(**cells)
    with untouched(workdir):
        train(table, workdir / "run").refused(1, "slices.csv", *words)


def test_a_missing_column_is_named(workdir: Path, train: Call, untouched: Call) -> None:
    table = workdir / "slices.csv"
    pd.read_csv(table, dtype=str).drop(columns="group").to_csv(table, index=False)
    with untouched(workdir):
        train(table, workdir / "run").refused(
            1, "slices.csv", "'group' is missing", "slice_id, path"
        )


def test_a_label_that_the_recipe_does_not_name_is_refused(
    workdir: Path, change_table: Call, train: Call, untouched: Call
) -> None:
    table = change_table(label="scar")
    with untouched(workdir):
        done = train(table, workdir / "run", "--set", "classes.names=['cancer', 'pneumonia']")
    done.refused(1, "row 2, column label", "cancer, pneumonia", "'scar'")


def test_a_class_without_slices_is_refused(workdir: Path, train: Call, untouched: Call) -> None:
    names = "classes.names=['cancer', 'normal', 'pneumonia']"
    with untouched(workdir):
        done = train(workdir / "slices.csv", workdir / "run", "--set", names)
    done.refused(1, "every class needs slices", "none of normal")


def test_a_positive_class_that_is_none_is_refused(
    workdir: Path, train: Call, untouched: Call
) -> None:
    with untouched(workdir):
        done = train(workdir / "slices.csv", workdir / "run", "--set", "classes.positive=scar")
    done.refused(
        1,
        "[classes] positive",
        "'scar'",
        "--set classes.positive=cancer or --set classes.positive=pneumonia",
    )


def test_a_table_that_was_not_split_is_refused(workdir: Path, train: Call, untouched: Call) -> None:
    table = workdir / "slices.csv"
    pd.read_csv(table, dtype=str).assign(split="").to_csv(table, index=False)
    with untouched(workdir):
        train(table, workdir / "run").refused(1, "no slice in the split 'train'", "hilum split")


def test_a_group_in_train_and_test_is_refused_unless_leaky(
    workdir: Path, hilum: Call, train: Call, untouched: Call
) -> None:
    table = workdir / "slices.csv"
    rows = pd.read_csv(table, dtype=str, keep_default_na=False)
    first = rows.index[(rows["split"] == "test")][0]
    for column in ("group", "patient_id"):
        rows.loc[first, column] = rows.loc[rows["split"] == "train", column].iloc[0]
    rows.to_csv(table, index=False)
    with untouched(workdir):
        train(table, workdir / "run").refused(1, "1 group is in more than one split", "--leaky")
    done = train(table, workdir / "run", "--leaky", "--report")
    assert done.code == 0
    assert "Leak: 1 of 24 groups" in done.err
    leak = json.loads((workdir / "run" / "metrics.json").read_text())["split"]["leak"]
    assert leak["groups"] == 1
    assert leak["share_of_test_slices"] == pytest.approx(1 / (rows["split"] == "test").sum())
    report = (workdir / "run" / "report.html").read_text(encoding="utf-8")
    assert "come from a group that the network was trained on" in report


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--recipe", "mobilenet"], 2, ["no recipe 'mobilenet'", "mobilenetv2"]),
        (["--set", "training.epoch=1"], 1, ["[training] epoch is no setting", "epochs"]),
        (["--set", "training.epochs=0"], 1, ["[training] epochs", "greater than", "0"]),
        (["--set", "training.epochs=two"], 1, ["[training] epochs", "integer", "'two'"]),
        (["--set", "epochs=3"], 2, ["section.key=value", "'epochs=3'"]),
        (["--set", "training.epochs"], 2, ["section.key=value", "'training.epochs'"]),
        (["--set", "nothing.here=1"], 1, ["nothing is no setting"]),
        (["--set", "network.backbone=resnet5"], 1, ["neither hilum nor timm knows 'resnet5'"]),
        (["--weights", "no-such-folder"], 2, ["no weights folder no-such-folder"]),
    ],
)
def test_a_wrong_setting_is_named(
    arguments: list[str], code: int, words: list[str], workdir: Path, train: Call, untouched: Call,
) -> None:  # fmt: skip
    with untouched(workdir):
        train(workdir / "slices.csv", workdir / "run", *arguments).refused(code, *words)


def test_a_broken_recipe_file_is_named(workdir: Path, train: Call, untouched: Call) -> None:
    recipe = workdir / "mine.toml"
    recipe.write_text("[network\nbackbone = 3")
    with untouched(workdir):
        done = train(workdir / "slices.csv", workdir / "run", "--recipe", recipe)
    done.refused(1, "mine.toml: not TOML")


def test_a_missing_table_is_wrong_usage(tmp_path: Path, train: Call, untouched: Call) -> None:
    with untouched(tmp_path):
        train(tmp_path / "no.csv", tmp_path / "run").refused(2, "no table", "no.csv")


def _weights_of(network: str, folder: Path, architecture: str | None) -> None:
    """Put a safetensors file of something else where the weights of `network` belong."""
    folder = folder / network
    folder.mkdir(parents=True)
    save_file(
        {"conv_stem.weight": np.zeros((4, 3, 3, 3), np.float32)}, folder / "model.safetensors"
    )
    content = {"architecture": architecture} if architecture else {}
    (folder / "config.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("architecture", "words"),
    [
        ("mobilenetv2_100", ["weights of mobilenetv2_100", "the recipe's network is test_resnet"]),
        ("test_resnet", ["test_resnet"]),
        (None, ["test_resnet"]),
    ],
)
def test_weights_of_another_network_are_refused(
    architecture: str | None, words: list[str], workdir: Path, train: Call, untouched: Call
) -> None:
    _weights_of("test_resnet", workdir / "weights", architecture)
    with untouched(workdir):
        done = train(workdir / "slices.csv", workdir / "run", "--weights", workdir / "weights")
    done.refused(1, *words)


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_a_pickle_is_never_read_as_weights(
    name: str, workdir: Path, train: Call, untouched: Call
) -> None:
    folder = workdir / "weights" / "test_resnet"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"architecture": "test_resnet"}')
    (folder / name).write_bytes(pickle.dumps({"conv1.0.weight": [1, 2, 3]}))
    with untouched(workdir):
        done = train(workdir / "slices.csv", workdir / "run", "--weights", workdir / "weights")
    done.refused(1, name, "pickle", "run code")


def test_without_weights_and_internet_the_three_ways_out_are_told_within_seconds(
    workdir: Path, hilum: Call, untouched: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    began = time.monotonic()
    with untouched(workdir):
        done = hilum(
            "train", workdir / "slices.csv", "--recipe", "phantom", "--out", workdir / "run"
        )
    assert time.monotonic() - began < 10
    done.refused(1, "resnet10t can't be downloaded", "Three ways out", "--weights DIR", "none")


def test_a_second_run_into_the_same_folder_needs_force(
    workdir: Path, train: Call, untouched: Call
) -> None:
    table, run = workdir / "slices.csv", workdir / "run"
    assert train(table, run).code == 0
    (run / "mine.txt").write_text("kept")
    with untouched(workdir):
        train(table, run).refused(2, "run exists already", "--force")
    assert train(table, run, "--force").code == 0
    assert not (run / "mine.txt").exists()
    assert sorted(path.name for path in workdir.iterdir()) == ["phantom", "run", "slices.csv"]


def test_table_and_resume_exclude_each_other(workdir: Path, hilum: Call) -> None:
    done = hilum("train", workdir / "slices.csv", "--resume", workdir / "run")
    assert done.code == 2
    assert "--resume RUN keeps the settings that RUN started with" in done.err


def test_train_needs_a_table_and_a_place(workdir: Path, hilum: Call) -> None:
    done = hilum("train", workdir / "slices.csv")
    assert done.code == 2
    assert "give a TABLE and --out RUN, or --resume RUN" in done.err


def test_resume_refuses_what_is_no_run_or_is_finished(
    workdir: Path, tiny_run: Path, hilum: Call, untouched: Call
) -> None:
    with untouched(workdir):
        hilum("train", "--resume", workdir).refused(2, "not a run folder", "network.json")
    with untouched(tiny_run):
        hilum("train", "--resume", tiny_run).refused(2, "is finished", "nothing to resume")


def test_resume_refuses_a_broken_checkpoint(
    workdir: Path, run_copy: Path, hilum: Call, untouched: Call
) -> None:
    (run_copy / "weights.safetensors").unlink()
    with untouched(run_copy):
        hilum("train", "--resume", run_copy).refused(1, "lacks start.safetensors", "started again")
    (run_copy / "checkpoint").mkdir()
    shutil.copy(workdir / "slices.csv", run_copy / "checkpoint" / "start.safetensors")
    with untouched(run_copy):
        hilum("train", "--resume", run_copy).refused(1, "start.safetensors can't be loaded")


def test_force_replaces_runs_only(workdir: Path, train: Call, untouched: Call) -> None:
    (workdir / "mine").mkdir()
    (workdir / "mine" / "thesis.txt").write_text("years of work")
    with untouched(workdir):
        done = train(workdir / "slices.csv", workdir / "mine", "--force")
    done.refused(2, "is no folder that hilum made", "network.json")


def test_a_run_folder_that_holds_the_slices_is_refused(
    workdir: Path, train: Call, untouched: Call
) -> None:
    for name in RUN_MARKS:
        (workdir / "phantom" / name).write_text("")
    with untouched(workdir):
        done = train(workdir / "slices.csv", workdir / "phantom", "--force")
    done.refused(2, "phantom holds slices of slices.csv; choose another folder")


def test_a_class_with_an_empty_split_is_left_out(workdir: Path, train: Call) -> None:
    rows = pd.read_csv(workdir / "slices.csv", dtype=str, keep_default_na=False)
    more = rows.iloc[:1].assign(slice_id="n", path="n.png", label="normal", group="n", split="")
    pd.concat([rows, more]).to_csv(workdir / "slices.csv", index=False)
    assert train(workdir / "slices.csv", workdir / "run").code == 0
    content = json.loads((workdir / "run" / "network.json").read_text())
    assert content["class_names"] == ["cancer", "pneumonia"]


REFUSED_EARLY = """
import sys
from hilum.cli.app import main
for line in sys.stdin.read().splitlines():
    sys.argv = ["hilum", *line.split("\\t")]
    try:
        main()
    except SystemExit as stop:
        print("code", stop.code, "torch" in sys.modules)
"""


def test_wrong_classes_splits_and_outputs_are_refused_before_torch_is_loaded(
    phantoms: Path, workdir: Path, change_table: Call
) -> None:
    table, out = phantoms / "slices.csv", workdir / "out"
    (workdir / "taken").mkdir()
    (workdir / "taken" / "mine.txt").touch()
    small = ("--recipe", "phantom", "--weights", "none")
    wrong = change_table(split="nowhere")
    calls = [
        ("train", table, "--out", out, *small, "--set", "classes.positive=flu"),
        ("train", table, "--out", out, *small, "--set", "classes.positive=flu", "--folds", 2),
        ("train", table, "--out", out, *small, "--set", "classes.positive=flu", "--seeds", 2),
        ("train", table, "--out", out, *small, "--set", "classes.positive=flu", "--dry-run"),
        ("train", table, "--out", workdir / "taken", *small),
        ("train", wrong, "--out", out, *small),
        ("train", workdir / "none.csv", "--out", out, *small),
    ]
    lines = "\n".join("\t".join(map(str, call)) for call in calls)
    done = subprocess.run(
        [sys.executable, "-c", REFUSED_EARLY], input=lines, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    codes = [line for line in done.stdout.splitlines() if line.startswith("code ")]
    assert len(codes) == len(calls), done.stderr
    assert all(line.endswith(" False") and line != "code 0 False" for line in codes), codes
    assert done.stderr.count("hilum: [classes] positive: must be one of the classes") == 4
