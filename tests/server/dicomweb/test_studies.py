"""Studies that come in pieces: gathered, predicted once, and answered when they are."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from hilum.server import Limits
from hilum.server.dicomweb.studies import WebStudies
from hilum.server.jobs import Jobs
from hilum.server.problems import Problem
from hilum.server.series import objects_list

IDS = {"study_instance_uid": "1.2", "series_instance_uid": "1.3", "sop_class_uid": "1.5"}


class FakePool:
    """Notes how many files a study is predicted from, and writes one result."""

    def __init__(self) -> None:
        self.files: list[int] = []

    async def answer_job(self, content: dict[str, Any], *_: Any) -> bytes:
        self.files.append(len(content["files"]))
        listed = [{**IDS, "sop_instance_uid": "1.9", "file": "report.dcm", "metadata": {}}]
        objects_list(Path(content["folder"])).write_text(json.dumps(listed))
        return b"{}"


def test_a_study_is_predicted_once_all_of_it_has_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hilum.server.dicomweb.studies.QUIET_SECONDS", 0.05)

    async def work() -> list[int]:
        pool = FakePool()
        (tmp_path / "jobs").mkdir()
        jobs = Jobs(tmp_path / "jobs", most=8, minutes=15)
        studies = WebStudies(jobs, pool, "run", Limits(files=3))  # type: ignore[arg-type]
        wanted = {"study_instance_uid": "1.2"}
        with pytest.raises(Problem, match="no such study"):
            studies.objects(wanted)
        for number in (1, 2, 3, 3):  # the last one comes twice
            (tmp_path / "part").write_bytes(b"x")
            studies.add({**IDS, "sop_instance_uid": f"1.4.{number}"}, tmp_path / "part")
            with pytest.raises(Problem) as waiting:
                studies.objects(wanted)
            assert waiting.value.headers == {"Retry-After": "2"}
        while pool.files == [] or studies._studies["1.2"].job.status != "done":
            await asyncio.sleep(0.01)
        assert [one["sop_instance_uid"] for one in studies.objects(wanted)] == ["1.9"]
        with pytest.raises(Problem, match="no results of that kind"):
            studies.objects({**wanted, "series_instance_uid": "1.7"})
        (tmp_path / "part").write_bytes(b"x")
        with pytest.raises(Problem, match="at most 3 instances"):
            studies.add({**IDS, "sop_instance_uid": "1.4.4"}, tmp_path / "part")
        await jobs.close()
        return pool.files

    assert asyncio.run(work()) == [3]
