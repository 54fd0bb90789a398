"""A prediction into a file goes on where it was stopped, alone or shared by several processes."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bright_network import Brightness, Log

from hilum.errors import RunError, UsageError
from hilum.run import Run
from hilum.steps.predict import predict
from hilum.steps.predict import write as step
from hilum.steps.predict.options import PredictionSummary
from hilum.steps.predict.outcome import Predicted
from hilum.steps.predict.write import write_predictions
from hilum.storage.lock import exclusive_output


@pytest.fixture
def as_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    def become(rank: int, count: int) -> None:
        monkeypatch.setattr(step, "rank_and_count", lambda: (rank, count))

    return become


def test_the_file_holds_what_predict_yields_and_nothing_is_left(
    run: Run, shard_pictures: Path, tmp_path: Path
) -> None:
    log = Log()
    summary = write_predictions(run, shard_pictures, out=tmp_path / "p.csv", progress=log)
    assert summary is not None
    rows = list(csv.DictReader((tmp_path / "p.csv").read_text().splitlines()))
    expected = [one for one in predict(run, shard_pictures) if isinstance(one, Predicted)]
    assert [row["path"] for row in rows] == [str(one.path) for one in expected]
    assert [float(row["probability_cancer"]) for row in rows] == [
        round(one.probabilities["cancer"], 6) for one in expected
    ]
    assert (sum(summary.called.values()), summary.refused, summary.passed_over) == (
        44,
        1,
        {".txt": 1},
    )
    assert [line for line in log.sentences if "11.png" in line and line.startswith("refused: ")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.csv", "pictures", "run"]
    assert len(log.sentences) == 1
    write_predictions(run, shard_pictures, out=tmp_path / "p.json", form="json")
    told_json = json.loads((tmp_path / "p.json").read_text())
    assert [{key: str(value) for key, value in row.items()} for row in told_json] == rows


def test_an_interrupted_prediction_goes_on_where_it_was_stopped(
    run: Run, shard_pictures: Path, tmp_path: Path, network: Brightness
) -> None:
    write_predictions(run, shard_pictures, out=tmp_path / "whole.csv")
    network.batches_left, network.slices = 3, 0
    with pytest.raises(KeyboardInterrupt):
        write_predictions(run, shard_pictures, out=tmp_path / "p.csv")
    assert not (tmp_path / "p.csv").exists()
    assert len(list((tmp_path / "p.csv.parts").glob("part-*"))) == 3
    network.batches_left, network.slices = 10**9, 0
    log = Log()
    summary = write_predictions(run, shard_pictures, out=tmp_path / "p.csv", progress=log)
    assert log.sentences[0] == "Resuming: parts of 10 files that are done already: 3."
    assert network.slices == 16  # 46 files, three parts of which are there
    assert summary is not None
    assert summary.refused == 1
    assert (tmp_path / "p.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not (tmp_path / "p.csv.parts").exists()


def test_two_predictions_into_one_file_at_once_are_refused(
    run: Run, shard_pictures: Path, tmp_path: Path
) -> None:
    out = tmp_path / "p.csv"
    with (
        exclusive_output(out, "hilum predict"),
        pytest.raises(UsageError, match=r"another hilum predict is writing .*p\.csv; wait for it"),
    ):
        write_predictions(run, shard_pictures, out=out)
    assert not out.exists() and not (tmp_path / "p.csv.parts").exists()


def test_interrupted_before_the_first_part_nothing_is_left(
    run: Run, shard_pictures: Path, tmp_path: Path, network: Brightness
) -> None:
    network.batches_left = 0
    with pytest.raises(KeyboardInterrupt):
        write_predictions(run, shard_pictures, out=tmp_path / "p.csv")
    assert not (tmp_path / "p.csv.parts").exists()


def test_several_processes_share_the_files_and_the_first_writes_one_file(
    run: Run, shard_pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_predictions(run, shard_pictures, out=tmp_path / "one.csv")
    local = threading.local()
    wrote: list[tuple[int, int]] = []
    write_shard = step.ShardFolder.write_shard

    def noted(self: Any, number: int, draft: Any) -> None:
        wrote.append((local.rank, number))
        write_shard(self, number, draft)

    monkeypatch.setattr(step.ShardFolder, "write_shard", noted)
    monkeypatch.setattr(step, "rank_and_count", lambda: (local.rank, 3))
    summaries: dict[int, Any] = {}

    def process(rank: int) -> None:
        local.rank = rank
        summaries[rank] = write_predictions(run, shard_pictures, out=tmp_path / "p.csv")

    threads = [threading.Thread(target=process, args=(rank,)) for rank in (2, 1, 0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(wrote) == [(0, 0), (0, 3), (1, 1), (1, 4), (2, 2)]
    assert (tmp_path / "p.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()
    assert summaries[0].refused == 1
    assert (summaries[1], summaries[2]) == (None, None)
    assert not (tmp_path / "p.csv.parts").exists()


def test_a_process_whose_first_one_never_begins_says_so(
    run: Run, shard_pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_process: Any
) -> None:
    monkeypatch.setattr(step, "WAIT_FOR_FIRST", 0.05)
    as_process(1, 2)
    with pytest.raises(RunError, match=r"the first process \(RANK 0\) has not started"):
        write_predictions(run, shard_pictures, out=tmp_path / "p.csv")


def test_processes_that_see_other_files_are_refused(
    run: Run, shard_pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_process: Any
) -> None:
    as_process(0, 2)
    message = step.ShardFolder.message

    def other(self: Any, name: str) -> dict[str, Any]:
        token = message(self, "launch.json")["token"]
        return {"token": token, "total": 4}

    monkeypatch.setattr(step.ShardFolder, "message", other)
    with pytest.raises(RunError, match="process 1 found 4 parts of 10 files, and the first one 5"):
        write_predictions(run, shard_pictures, out=tmp_path / "p.csv")


def test_what_an_earlier_launch_left_is_not_taken_for_a_process_that_is_done(
    run: Run, shard_pictures: Path, tmp_path: Path, network: Brightness, as_process: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    network.batches_left = 1
    with pytest.raises(KeyboardInterrupt):
        write_predictions(run, shard_pictures, out=tmp_path / "p.csv")
    (tmp_path / "p.csv.parts" / "done-1.json").write_text('{"token": "old", "total": 5}')
    network.batches_left = 10**9
    as_process(0, 2)
    monkeypatch.setattr(step, "REPORT_SECONDS", 0.0)

    class Enough(Log):
        def say(self, sentence: str) -> None:
            super().say(sentence)
            if sentence.startswith("Waiting"):
                raise KeyboardInterrupt

    log = Enough()
    with pytest.raises(KeyboardInterrupt):
        write_predictions(run, shard_pictures, out=tmp_path / "p.csv", progress=log)
    assert log.sentences[-1] == "Waiting for process 1."


def test_a_labelled_table_keeps_what_joins_it(
    run: Run, shard_pictures: Path, tmp_path: Path
) -> None:
    table = tmp_path / "slices.csv"
    table.write_text(
        "slice_id,path,label,group,source\n"
        "a,pictures/00.png,pneumonia,p1,site\n"
        "b,pictures/44.png,cancer,p2,site\n"
    )
    write_predictions(run, [table, shard_pictures / "44.png"], out=tmp_path / "p.csv")
    rows = list(csv.DictReader((tmp_path / "p.csv").read_text().splitlines()))
    assert list(rows[0])[:7] == [
        "slice_id", "path", "label", "group", "source", "frame", "predicted",
    ]  # fmt: skip
    assert [tuple(row.values())[:5] for row in rows] == [
        ("a", "pictures/00.png", "pneumonia", "p1", "site"),
        ("b", "pictures/44.png", "cancer", "p2", "site"),
        ("", str(shard_pictures / "44.png"), "", "", ""),
    ]
    assert [row["predicted"] for row in rows] == ["pneumonia", "cancer", "cancer"]
    assert {row["verdict"] for row in rows} == {"not evaluated"}


def test_a_missing_file_of_a_table_is_refused_and_the_rest_go_on(
    run: Run, shard_pictures: Path, tmp_path: Path
) -> None:
    table = tmp_path / "slices.csv"
    table.write_text(
        "slice_id,path,label,group,source\na,pictures/00.png,c,g,s\nb,pictures/gone.png,c,h,s\n"
    )
    log = Log()
    summary = write_predictions(run, table, out=tmp_path / "p.csv", progress=log)
    assert summary is not None
    assert (sum(summary.called.values()), summary.refused) == (1, 1)
    assert log.sentences == [f"refused: {shard_pictures / 'gone.png'}: there is no such file."]


def test_no_input_and_no_file_of_the_run_is_overwritten(
    run: Run, shard_pictures: Path, tmp_path: Path
) -> None:
    before = (shard_pictures / "00.png").read_bytes()
    for paths, out, words in (
        (shard_pictures, shard_pictures / "00.png", "where slices are searched for"),
        (shard_pictures / "00.png", shard_pictures / "00.png", "is one of the inputs"),
        (shard_pictures, run.weights_file, "is a file of the run"),
    ):
        with pytest.raises(UsageError, match=words):
            write_predictions(run, paths, out=out, force=True)
    assert (shard_pictures / "00.png").read_bytes() == before
    assert run.weights_file.read_bytes() == b"weights"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pictures", "run"]


def test_counts_of_notes_and_links_are_those_of_all_shards(
    run: Run, shard_pictures: Path, tmp_path: Path
) -> None:
    for number in range(12):
        (shard_pictures / f"n{number}.dat").write_bytes((shard_pictures / "00.png").read_bytes())
    (shard_pictures / "linked").symlink_to(tmp_path, target_is_directory=True)
    summary = write_predictions(run, shard_pictures, out=tmp_path / "p.csv")
    alone = PredictionSummary()
    list(predict(run, shard_pictures, summary=alone))
    assert summary is not None
    assert summary == alone
    assert summary.linked_folders == 1
    assert sum(summary.called.values()) == 56
