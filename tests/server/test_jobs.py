"""Jobs: found by name and key alone, limited in number, and gone when nobody asks for them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hilum.server.jobs import Jobs
from hilum.server.problems import Problem


def test_a_job_is_found_with_its_key_alone(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, most=8, minutes=15)
    first, second = jobs.add(), jobs.add()
    assert jobs.find(first.name, first.key) is first
    for name, key in ((first.name, second.key), (first.name, ""), ("none", first.key)):
        with pytest.raises(Problem) as refused:
            jobs.find(name, key)
        assert refused.value.name == "not-found"
        assert refused.value.detail.startswith("There is no such job")
    assert len({first.name, first.key, second.name, second.key}) == 4
    assert min(len(first.name), len(first.key)) >= 24
    assert first.answer(with_key=True).key == first.key and first.answer().key is None
    assert first.folder.stat().st_mode & 0o077 == 0


def test_more_jobs_than_may_be_stored_are_refused(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, most=2, minutes=15)
    jobs.add(), jobs.add()
    with pytest.raises(Problem) as refused:
        jobs.add()
    assert refused.value.name == "busy" and refused.value.headers == {"Retry-After": "30"}


def test_a_result_a_refusal_and_a_bug_are_told_apart(tmp_path: Path) -> None:
    async def work() -> list[str]:
        jobs = Jobs(tmp_path, most=8, minutes=15)

        async def well() -> bytes:
            return b"{}"

        async def badly() -> bytes:
            raise Problem("not-a-slice", "It is none.")

        made = []
        for one in (well, badly):
            job = jobs.add()
            jobs.start(job, one)
            assert job.task is not None
            await job.task
            made.append(job.status)
        assert job.answer().problem is not None
        return made

    assert asyncio.run(work()) == ["done", "failed"]


def test_a_job_that_nobody_asks_for_is_removed_with_its_files(tmp_path: Path) -> None:
    async def work() -> None:
        jobs = Jobs(tmp_path, most=8, minutes=15)
        old, new = jobs.add(), jobs.add()
        (old.folder / "file").write_text("x")
        stopped = asyncio.Event()

        async def long() -> bytes:
            try:
                await asyncio.sleep(60)
            finally:
                stopped.set()
            return b""

        jobs.start(old, long)
        await asyncio.sleep(0)
        old.seen -= 60 * 15 + 1
        await jobs.remove_old()
        assert stopped.is_set() and not old.folder.exists() and new.folder.is_dir()
        await jobs.close()
        assert list(tmp_path.iterdir()) == []

    asyncio.run(work())
