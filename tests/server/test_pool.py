"""Workers that fail, clients that go away, and more clients than workers."""

from __future__ import annotations

import socket
import subprocess
import threading
import time

import numpy as np
from made_dicom import png_file
from serving import Served, form

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
    until = time.monotonic() + 30
    while served.left_on_disk() and time.monotonic() < until:
        time.sleep(0.05)
    assert served.left_on_disk() == []


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
