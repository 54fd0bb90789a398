"""Workers that fail, clients that go away, and more clients than workers."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_dicom import png_file
from serving import Served, form
from waiting import wait_until

from hilum.server.pool import Worker

MIB = 2**20


def test_a_worker_that_is_killed_is_replaced(served: Served) -> None:
    children = subprocess.run(
        ["pgrep", "-P", str(served.process.pid), "-f", "hilum.server.worker"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert len(children) == 2
    for child in children:
        subprocess.run(["kill", "-9", child], check=True)
    answers = [served.predict(png_file()) for _ in range(3)]
    assert answers[-1].status == 200  # the first two may tell that their worker ended


def test_a_client_that_goes_away_leaves_nothing(served: Served) -> None:
    headers, body = form([("file", "a.png", png_file() * 200)])
    head = "POST /predict HTTP/1.1\r\nHost: localhost\r\n" + "".join(
        f"{name}: {value}\r\n"
        for name, value in {**headers, "Content-Length": str(len(body))}.items()
    )
    for sent in (body[:1000], body[: MIB // 2], body):
        with socket.create_connection(("127.0.0.1", served.port)) as connection:
            connection.sendall(head.encode() + b"\r\n" + sent)
    wait_until(lambda: not served.left_on_disk(), 30, what="nothing is left on disk")


@pytest.mark.parametrize("end", [Worker.kill, Worker.end])
def test_a_worker_whose_answer_nobody_reads_ends(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    end: Callable[[Worker], Coroutine[Any, Any, None]],
) -> None:
    monkeypatch.setattr("hilum.server.pool.END_SECONDS", 0.5)
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    async def ended() -> int | None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", f"import sys; sys.stdout.buffer.write(bytes({4 * MIB}))",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        await process.stdout.readexactly(1)  # further bytes are taken until the buffer is full
        await asyncio.wait_for(end(Worker(process, scratch)), 20)
        return process.returncode

    assert asyncio.run(ended()) == -9
    assert not scratch.exists()


def test_many_clients_get_their_own_answers_or_hear_when_to_come_again(served: Served) -> None:
    pictures = [png_file(np.full((64, 64), 8 * n, np.uint8)) for n in range(30)]
    alone = [served.predict(picture).json["slices"] for picture in pictures]
    together: dict[int, object] = {}
    refused: list[int] = []

    def ask(number: int) -> None:
        while number not in together:
            answer = served.predict(pictures[number])
            if answer.status == 200:
                together[number] = answer.json["slices"]
            else:
                assert answer.kind == "busy"
                refused.append(int(answer.headers["retry-after"]))
                time.sleep(0.05)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[number] for number in range(30)] == alone
    assert all(seconds >= 1 for seconds in refused)
