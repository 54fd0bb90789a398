"""Shards of a prediction: resumed, replaced only if they are hilum's own."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bright_network import Brightness, Log
from PIL import Image

from hilum.errors import UsageError
from hilum.readers import Window
from hilum.run import Run
from hilum.steps.predict.options import PredictOptions
from hilum.steps.predict.write import write_predictions


def test_a_part_whose_files_changed_or_that_is_broken_is_predicted_again(
    run: Run, shard_pictures: Path, tmp_path: Path, network: Brightness
) -> None:
    network.batches_left = 3
    with pytest.raises(KeyboardInterrupt):
        write_predictions(run, shard_pictures, out=tmp_path / "p.csv")
    Image.fromarray(np.full((40, 40), 255, dtype=np.uint8)).save(shard_pictures / "00.png")
    (tmp_path / "p.csv.parts" / "part-0000002").write_text("{}")
    network.batches_left, network.slices = 10**9, 0
    write_predictions(run, shard_pictures, out=tmp_path / "p.csv")
    assert network.slices == 10 + 10 + 16 - 1  # 23.txt is in the third part
    first = next(csv.DictReader((tmp_path / "p.csv").read_text().splitlines()))
    assert first["predicted"] == "cancer"


@pytest.mark.parametrize(
    ("options", "form", "differs"),
    [
        (PredictOptions(window=Window(350, 40)), "csv", "window"),
        (PredictOptions(threshold=0.3), "csv", "threshold"),
        (PredictOptions(engine="torch"), "csv", "engine"),
        (PredictOptions(), "json", "format"),
    ],
)
def test_parts_of_another_prediction_are_refused_and_force_begins_anew(
    options: PredictOptions,
    form: Any,
    differs: str,
    run: Run,
    shard_pictures: Path,
    tmp_path: Path,
    network: Brightness,
) -> None:
    network.batches_left = 2
    with pytest.raises(KeyboardInterrupt):
        write_predictions(run, shard_pictures, out=tmp_path / "p.csv")
    network.batches_left = 10**9
    with pytest.raises(UsageError, match=rf"differs in {differs}\).*give --force"):
        write_predictions(run, shard_pictures, out=tmp_path / "p.csv", form=form, options=options)
    assert len(list((tmp_path / "p.csv.parts").glob("part-*"))) == 2
    log = Log()
    write_predictions(
        run,
        shard_pictures,
        out=tmp_path / "p.csv",
        form=form,
        options=options,
        force=True,
        progress=log,
    )
    assert "Resuming" not in log.sentences[0]


def test_parts_of_other_weights_are_refused(
    run: Run, shard_pictures: Path, tmp_path: Path, network: Brightness
) -> None:
    network.batches_left = 2
    with pytest.raises(KeyboardInterrupt):
        write_predictions(run, shard_pictures, out=tmp_path / "p.csv")
    run.weights_file.write_bytes(b"others")
    with pytest.raises(UsageError, match="differs in weights"):
        write_predictions(run, shard_pictures, out=tmp_path / "p.csv")


def test_a_folder_that_is_somebody_elses_is_never_removed(
    run: Run, shard_pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "p.csv.parts").mkdir()
    (tmp_path / "p.csv.parts" / "mine").touch()
    with pytest.raises(UsageError, match="parts exists already and holds something else"):
        write_predictions(run, shard_pictures, out=tmp_path / "p.csv", force=True)
    assert (tmp_path / "p.csv.parts" / "mine").exists()


def test_what_a_prediction_left_without_its_manifest_is_replaced_with_force(
    run: Run, shard_pictures: Path, tmp_path: Path
) -> None:
    parts = tmp_path / "p.csv.parts"
    parts.mkdir()
    for name in ("part-0000000", "launch.json", ".manifest.json.1a2b3c4d"):
        (parts / name).touch()
    with pytest.raises(UsageError, match="parts exists already and holds something else"):
        write_predictions(run, shard_pictures, out=tmp_path / "p.csv")
    write_predictions(run, shard_pictures, out=tmp_path / "p.csv", force=True)
    assert (tmp_path / "p.csv").is_file() and not parts.exists()
