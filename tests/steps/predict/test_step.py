"""Predicting is a stream: few slices are read ahead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ct_file import write_ct

from hilum.errors import UsageError
from hilum.readers import Window
from hilum.run import Run
from hilum.steps.predict import (
    Predicted,
    PredictionSummary,
    PredictOptions,
    Refused,
    predict,
)
from hilum.steps.predict.inputs import InputFile, InputFiles


def test_the_order_of_the_paths_is_kept_with_refusals_in_their_place(
    blind_run: Run, pictures: Path
) -> None:
    (pictures / "0001.png").write_text("no picture")
    summary = PredictionSummary()
    outcomes = list(predict(blind_run, [pictures / "0002.png", pictures], summary=summary))
    assert [outcome.path.name for outcome in outcomes[:4]] == [
        "0002.png", "0000.png", "0001.png", "0002.png",
    ]  # fmt: skip
    assert isinstance(outcomes[2], Refused)
    assert "0001.png" in outcomes[2].reason
    assert summary.passed_over == {}


def test_files_are_listed_with_their_rows_window_and_none_is_opened(pictures: Path) -> None:
    table = pictures / "slices.csv"
    table.write_text("slice_id,path,label,group,source,window\na,0000.png,c,g,s,350/40\n")
    listed = list(InputFiles([table, pictures / "0001.png", pictures]))
    assert listed[:3] == [
        InputFile(
            pictures / "0000.png",
            Window(350, 40),
            row={
                "slice_id": "a",
                "path": "0000.png",
                "label": "c",
                "group": "g",
                "source": "s",
            },
        ),
        InputFile(pictures / "0001.png"),
        InputFile(pictures / "0000.png", named=False),
    ]
    assert listed[-1] == InputFile(table, named=False)
    assert listed[-1].skipped_as() == ".csv"


def test_a_missing_path_is_refused_before_anything_is_predicted(
    blind_run: Run, pictures: Path
) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        next(predict(blind_run, [pictures, pictures / "gone"]))


def test_a_prediction_has_the_series_and_position_of_its_file(
    blind_run: Run, tmp_path: Path
) -> None:
    write_ct(tmp_path / "a.dcm", SeriesInstanceUID="1.2.3", ImagePositionPatient=[-1, -2, -87.5])
    write_ct(tmp_path / "b.dcm")
    known, unknown = predict(blind_run, [tmp_path / "a.dcm", tmp_path / "b.dcm"])
    assert isinstance(known, Predicted)
    assert isinstance(unknown, Predicted)
    assert (known.series, known.position) == ("1.2.3", -87.5)
    assert (unknown.series, unknown.position, unknown.slice_id) == ("", None, "")


def test_a_prediction_of_a_table_has_the_rows_slice_id_and_label(
    blind_run: Run, pictures: Path
) -> None:
    table = pictures / "slices.csv"
    table.write_text("slice_id,path,label,group,source\na,0000.png,cancer,g,s\n")
    (outcome,) = predict(blind_run, table)
    assert isinstance(outcome, Predicted)
    assert outcome.slice_id == "a"
    assert outcome.row == {
        "slice_id": "a", "path": "0000.png", "label": "cancer", "group": "g", "source": "s",
    }  # fmt: skip


def test_the_summary_counts_notes_by_kind(blind_run: Run, tmp_path: Path) -> None:
    content = json.loads(blind_run.network_file.read_text())
    blind_run.network_file.write_text(json.dumps({**content, "windows": ["350/40"]}))
    for number in range(3):
        write_ct(tmp_path / f"{number}.dcm")
    summary = PredictionSummary()
    for width in (1400, 1500):
        options = PredictOptions(Window(width, -700))
        paths = sorted(tmp_path.glob("*.dcm"))
        list(predict(blind_run, paths, options=options, summary=summary))
    kind = "Shown through …/-…, and the network was trained on …/…."
    assert summary.noted == 6
    assert summary.notes[kind] == 6

    assert summary.called == {"cancer": 6}


def test_notes_show_their_numbers_while_all_are_equal() -> None:
    summary = PredictionSummary()
    for count in (2, 1):
        summary.add(notes={"Shown through 350/40.": count})
    assert summary.notes == {"Shown through 350/40.": 3}
    summary.add(notes={"Shown through 400/50.": 1, "Tiny.": 1})
    summary.add(notes={"Shown through 350/40.": 1})
    assert summary.notes == {"Shown through …/….": 5, "Tiny.": 1}


def test_the_summary_has_the_verdict_on_the_run(blind_run: Run, pictures: Path) -> None:
    summary = PredictionSummary()
    next(predict(blind_run, pictures, summary=summary))
    assert summary.verdict == (
        "Verdict on the run: Not evaluated, so nothing says what a call is worth; run "
        f"`hilum evaluate {blind_run.folder}`."
    )
    content = json.loads(blind_run.network_file.read_text())
    judged = {"verdict": {"level": "confounded", "sentence": "Confounded: as it is."}}
    blind_run.network_file.write_text(json.dumps(content | judged))
    next(predict(blind_run, pictures, summary=(summary := PredictionSummary())))
    assert summary.verdict == "Verdict on the run: Confounded: as it is."
