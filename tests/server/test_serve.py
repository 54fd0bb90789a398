"""A server as a user starts it: slices in, answers out, a clear sentence for everything else."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from made_dicom import png_file
from serving import Served, serving
from uvicorn.server import ServerState

from hilum.errors import RunError, UsageError
from hilum.server import ServeOptions, serve
from hilum.server.connection import ImpatientProtocol
from hilum.server.serve import CONNECTIONS

MIB = 2**20


def test_a_token_is_needed_where_others_can_reach_it(
    runs: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    uploads = tmp_path_factory.mktemp("uploads")
    with serving(runs[0], "--host", "0.0.0.0", "--workers", "1", uploads=uploads) as server:
        assert len(server.token) >= 40
        assert server.predict(png_file()).kind == "no-token"
        assert server.ask("/models").kind == "no-token"
        wrong = {"Authorization": "Bearer " + "x" * 43}
        assert server.ask("/models", headers=wrong).kind == "no-token"
        right = {"Authorization": f"Bearer {server.token}"}
        assert server.ask("/models", headers=right).status == 200
        for path in ("/", "/health", "/api", "/viewer/main.js", "/openapi.json"):
            assert server.ask(path).status == 200, path


def test_a_port_in_use_is_one_sentence(runs: list[Path], served: Served) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hilum", "serve", str(runs[0]), "--port", str(served.port)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert f"port {served.port}: Address already in use" in done.stderr


def test_what_can_not_be_served_is_one_sentence(runs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no run folder"):
        serve([tmp_path / "none"])
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    (unfinished / "recipe.toml").write_text("")
    with pytest.raises(RunError, match="was not finished"):
        serve([unfinished])
    with pytest.raises(UsageError, match="at least one run"):
        serve([])
    with pytest.raises(UsageError, match="engine must be one of"):
        serve(runs, options=ServeOptions(engine="steam"))
    with pytest.raises(UsageError, match="can't listen on no\\.such\\.name\\.invalid"):
        serve(runs, options=ServeOptions(host="no.such.name.invalid"))


def test_connections_that_never_finish_their_headers_keep_nobody_out(served: Served) -> None:
    """Slow loris: uvicorn alone answers 503 to all others for as long as they are open."""
    with ExitStack() as stack:
        for _ in range(CONNECTIONS + 20):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", served.port)))
            one.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        assert served.ask("/health").status == 200
        assert served.predict(png_file()).status == 200


def test_headers_that_do_not_come_in_time_end_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hilum.server.connection.HEAD_SECONDS", 0.2)

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.5)  # longer than a head may take
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    async def work() -> list[bytes]:
        config = uvicorn.Config(answer, log_config=None, timeout_keep_alive=60)
        config.load()
        server = await asyncio.get_running_loop().create_server(
            lambda: ImpatientProtocol(config, ServerState(), {}), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        got = []
        request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for sent in (b"", request[:20], request, request + request[:20]):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            if sent == request:
                got.append(await reader.readuntil(b"ok"))
                writer.write(request[:20])  # a second one that stops in the middle
            got.append(await reader.read())
            writer.close()
        server.close()
        return got

    silent, partial, answered, then, both = asyncio.run(work())
    assert silent == partial == then == b""
    assert answered.startswith(b"HTTP/1.1 200") and both.count(b"200") == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"port": 70_000}, "port is a number"),
        ({"workers": 0}, "at least one worker"),
        ({"token": "short"}, "at least 16"),
    ],
)
def test_wrong_settings_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ServeOptions(**options)  # type: ignore[arg-type]
