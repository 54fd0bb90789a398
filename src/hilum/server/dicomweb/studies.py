"""Studies that come by DICOMweb: gathered until no instance follows, then predicted as a job.

Clients send a series in many requests (Orthanc: ten instances each), and say nowhere that it is
complete.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hilum.server.jobs import Job, Jobs
from hilum.server.limits import Limits
from hilum.server.pool import Pool
from hilum.server.problems import Problem
from hilum.server.series import objects_list

__all__ = ["WebStudies"]

QUIET_SECONDS = 3.0
"""Without a further instance, a study is taken to be complete."""
COME_AGAIN_SECONDS = 2
TOP = 4


@dataclass
class WebStudy:
    """A study and the job that predicts it.

    Attributes:
        job: with all its files; made again when further instances come.
        files: SOP Instance UID -> file.
        waiting: for further instances.
    """

    job: Job
    files: dict[str, Path] = field(default_factory=dict)
    waiting: asyncio.Task[None] | None = None


class WebStudies:
    """The studies by their Study Instance UID.

    Args:
        jobs: in which each study has one.
        pool: that works on them.
        model: that predicts them.
        limits: on the number of files and the time.
    """

    def __init__(self, jobs: Jobs, pool: Pool, model: str, limits: Limits) -> None:
        self.jobs, self.pool, self.model, self.limits = jobs, pool, model, limits
        self._studies: dict[str, WebStudy] = {}

    def add(self, ids: dict[str, str], path: Path) -> None:
        """Take in an instance, whose file is moved.

        Raises:
            Problem: there is no room for another study, or its study has too many instances.
        """
        study = self._study(ids["study_instance_uid"])
        known = study.files.get(ids["sop_instance_uid"])
        if known is None and len(study.files) >= self.limits.files:
            raise Problem("too-large", f"A study may have at most {self.limits.files:,} instances.")
        target = known or study.job.folder / "files" / f"upload-{len(study.files):06d}"
        target.parent.mkdir(exist_ok=True)
        shutil.move(path, target)
        study.files[ids["sop_instance_uid"]] = target
        self._wait_and_predict(study)

    def _study(self, uid: str) -> WebStudy:
        """Return the study of an UID, a new one where it isn't known or its job is over."""
        study = self._studies.get(uid)
        if study is None or not study.job.folder.is_dir():
            study = self._studies[uid] = WebStudy(self.jobs.add())
        study.job.seen = time.monotonic()
        return study

    def _wait_and_predict(self, study: WebStudy) -> None:
        """Begin the job when no instance has come for a while."""
        if study.waiting is not None:
            study.waiting.cancel()
        job = study.job
        job.status, job.problem = "waiting", None

        async def later() -> None:
            await asyncio.sleep(QUIET_SECONDS)
            for name in ("objects", "series-0"):
                await asyncio.to_thread(shutil.rmtree, job.folder / name, ignore_errors=True)
            self.jobs.start(job, lambda: self._predict(study))

        study.waiting = asyncio.create_task(later())

    async def _predict(self, study: WebStudy) -> bytes:
        job, files = study.job, list(map(str, study.files.values()))
        content: dict[str, Any] = {
            "work": "series", "models": [self.model], "files": files, "names": files,
            "folder": str(job.folder), "most": self.limits.files, "window": None,
            "threshold": None, "top": TOP, "dicom": True, "pixels": False,
        }  # fmt: skip
        return await self.pool.answer_job(content, self.limits.job_seconds, job.report)

    def objects(self, uids: dict[str, str]) -> list[dict[str, Any]]:
        """Return the descriptions of the result objects that have all these identifiers.

        Raises:
            Problem: the study isn't known, has no such object, or isn't predicted yet.
        """
        uid = uids["study_instance_uid"]
        study = self._studies.get(uid)
        if study is None or not study.job.folder.is_dir():
            raise Problem("not-found", "There is no such study, or it is over.")
        job = study.job
        job.seen = time.monotonic()
        if job.status in ("waiting", "running"):
            raise Problem(
                "busy", "The study is not predicted yet.",
                {"Retry-After": str(COME_AGAIN_SECONDS)},
            )  # fmt: skip
        if job.problem is not None:
            raise Problem(job.problem.name, str(job.problem.detail))
        listed: list[dict[str, Any]] = json.loads(objects_list(job.folder).read_text("utf-8"))
        found = [one for one in listed if all(one[name] == value for name, value in uids.items())]
        if not found:
            raise Problem("not-found", "There are no results of that kind in the study.")
        return found
