"""The stream of predictions: two batches ahead, no batch across shards, windows per slice."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ct_file import write_ct

from hilum.prepare import BATCH
from hilum.readers import Window, read_slice
from hilum.readers.series_units import SERIES_NOTE
from hilum.run import Run
from hilum.steps.predict import (
    Predicted,
    PredictionSummary,
    PredictOptions,
    predict,
    stream,
)


def test_at_most_two_batches_are_read_ahead(
    blind_run: Run, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []

    def counted(path: Path, **how: Any) -> Any:
        read.append(path)
        return read_slice(path, **how)

    monkeypatch.setattr(stream, "read_slice", counted)
    outcomes = predict(blind_run, [pictures])
    assert next(outcomes) == Predicted(
        pictures / "0000.png", 0, "cancer", {"cancer": 0.75, "pneumonia": 0.25}, "", ()
    )
    assert len(read) <= 2 * BATCH
    list(islice(outcomes, 5 * BATCH))
    assert len(read) <= 7 * BATCH
    assert len(list(outcomes)) == 5 * BATCH - 1


def test_the_window_of_a_row_comes_before_the_one_given(
    blind_run: Run, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[tuple[str, str]] = []

    def noted(path: Path, *, window: Window, frame: int) -> Any:
        used.append((path.name, str(window)))
        return read_slice(path, window=window, frame=frame)

    monkeypatch.setattr(stream, "read_slice", noted)
    table = pictures / "slices.csv"
    table.write_text(
        "slice_id,path,label,group,source,window\n"
        "a,0000.png,cancer,g,s,350/40\n"
        "b,0001.png,cancer,g,s,\n"
        "c,0002.png,cancer,g,s,1500.5/-600\n"
    )
    outcomes = list(
        predict(
            blind_run, [table, pictures / "0003.png"], options=PredictOptions(Window(1000, -500))
        )
    )
    assert [outcome.path.name for outcome in outcomes] == [f"000{n}.png" for n in range(4)]
    assert sorted(used) == [
        ("0000.png", "350/40"),
        ("0001.png", "1000/-500"),
        ("0002.png", "1500.5/-600"),
        ("0003.png", "1000/-500"),
    ]


def test_no_batch_spans_two_parts(
    blind_run: Run, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_sizes: list[int] = []

    def say(networks: object, grey: Any) -> Any:
        batch_sizes.append(len(grey[32]))
        return np.array([[0.75, 0.25]] * len(grey[32]))

    monkeypatch.setattr(stream, "mean_probabilities", say)
    monkeypatch.setattr("hilum.steps.predict.inputs.FILES_A_SHARD", 40)
    outcomes = list(predict(blind_run, sorted(pictures.iterdir())[:100]))
    assert (len(outcomes), batch_sizes) == (100, [32, 8, 32, 8, 20])


def test_a_ct_is_shown_through_the_window_of_the_training_and_another_one_is_noted(
    blind_run: Run, tmp_path: Path
) -> None:
    content = json.loads(blind_run.network_file.read_text())
    blind_run.network_file.write_text(json.dumps({**content, "windows": ["350/40"]}))
    write_ct(tmp_path / "ct.dcm")
    (own,) = predict(blind_run, tmp_path / "ct.dcm")
    (lung,) = predict(
        blind_run, str(tmp_path / "ct.dcm"), options=PredictOptions(Window(1400, -700))
    )
    assert isinstance(own, Predicted)
    assert isinstance(lung, Predicted)
    assert (own.window, lung.window) == ("350/40", "1400/-700")
    note = "Shown through 1400/-700, and the network was trained on 350/40."
    assert note not in own.notes
    assert note in lung.notes


def test_another_window_is_noted_where_the_training_slices_named_none(
    blind_run: Run, tmp_path: Path
) -> None:
    write_ct(tmp_path / "ct.dcm")
    (lung,) = predict(blind_run, tmp_path / "ct.dcm")
    options = PredictOptions(Window(350, 40))
    (mediastinal,) = predict(blind_run, tmp_path / "ct.dcm", options=options)
    assert isinstance(lung, Predicted)
    assert isinstance(mediastinal, Predicted)
    note = (
        "Shown through 350/40, and the network was trained on slices without a window of their "
        "own, of which those in HU are shown by 1400/-700."
    )
    assert note not in lung.notes
    assert note in mediastinal.notes


def lost_intercept(seed: int) -> bytes:
    """Stored values of a slice of lung and little tissue whose intercept of -1024 was lost."""
    rng = np.random.default_rng(seed)
    stored = rng.normal(40, 10, (64, 64))
    stored[20:34, 20:34] = rng.normal(1064, 10, (14, 14))
    return stored.clip(0).astype(np.uint16).tobytes()


def test_a_series_whose_slices_together_are_in_no_hounsfield_units_is_noted(
    blind_run: Run, tmp_path: Path
) -> None:
    """Each slice alone only lacks air, which a slice may; three of one series don't."""
    for number in range(5):
        write_ct(
            tmp_path / f"{number}.dcm", RescaleIntercept=0, Rows=64, Columns=64,
            PixelData=lost_intercept(number), SeriesInstanceUID="1.2" if number < 3 else "1.3",
        )  # fmt: skip
    summary = PredictionSummary()
    outcomes = list(predict(blind_run, tmp_path, summary=summary))
    noted = [
        isinstance(outcome, Predicted) and any(SERIES_NOTE in note for note in outcome.notes)
        for outcome in outcomes
    ]
    assert noted == [True, True, True, False, False]
    kind = f"{SERIES_NOTE}: no air (-1000 HU) is in any of its 3 slices."
    assert summary.notes[kind] == 3
