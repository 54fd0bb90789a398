"""What is refused before anything is read: foreign hosts and origins, tokens, sizes, silence."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from serving import Served
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from hilum.server import Limits
from hilum.server.guard import CONTENT_SECURITY_POLICY, Guard

TOKEN = "a-token-of-some-length"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the length of the body."""
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


def ask(
    guard: Guard, path: str = "/predict", *, method: str = "POST",
    pieces: tuple[bytes, ...] = (b"",), silent: bool = False, **headers: str,
) -> tuple[int, dict[str, str], bytes]:  # fmt: skip
    """Send a request through the guard; a silent client stops before its last piece."""
    sent: list[dict[str, Any]] = []
    queue = [
        {"type": "http.request", "body": piece, "more_body": number + 1 < len(pieces) or silent}
        for number, piece in enumerate(pieces)
    ]

    async def receive() -> dict[str, Any]:
        if queue:
            return queue.pop(0)
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    named = {"host": "127.0.0.1:8000"} | {k.replace("_", "-"): v for k, v in headers.items()}
    scope = {
        "type": "http", "method": method, "path": path, "query_string": b"", "http_version": "1.1",
        "headers": [(k.encode(), v.encode()) for k, v in named.items() if v],
    }  # fmt: skip
    asyncio.run(guard(scope, receive, send))  # type: ignore[arg-type]
    found = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(one.get("body", b"") for one in sent[1:])


def guard(token: str = "", names: tuple[str, ...] = (), idle: float = 5.0) -> Guard:
    limits = Limits(slice_bytes=100, idle_seconds=idle)
    return Guard(echo, names=names, token=token, limits=limits, body_bytes={"/predict": 100})


def kind(answer: tuple[int, dict[str, str], bytes]) -> str:
    content = json.loads(answer[2])
    assert content["status"] == answer[0]
    return str(content["type"].removeprefix("/problems/"))


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1", "[::1]:8000", "10.1.2.3", "Reading-Room"]
)
def test_own_names_and_addresses_are_answered(host: str) -> None:
    assert ask(guard(names=("reading-room",)), host=host)[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "[", "a@b"]
)
def test_other_names_are_refused(host: str) -> None:
    """A page that had its name rebound to this machine's address still sends its name."""
    assert kind(ask(guard(), host=host)) == "wrong-host"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9000"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_pages_of_other_sites_are_refused(headers: dict[str, str]) -> None:
    assert kind(ask(guard(), **headers)) == "foreign-origin"


def test_the_own_page_is_answered() -> None:
    own = {"origin": "http://127.0.0.1:8000", "sec_fetch_site": "same-origin"}
    assert ask(guard(), **own)[0] == 200
    assert ask(guard(), "/", method="GET", sec_fetch_site="cross-site")[0] == 200  # a link


@pytest.mark.parametrize("sent", ["", "Bearer wrong", f"Basic {TOKEN}", f"bearer{TOKEN}", "é"])
def test_without_the_token_nothing_of_a_patient_is_answered(sent: str) -> None:
    for path, method in (("/predict", "POST"), ("/models", "GET"), ("/jobs/x", "DELETE")):
        answer = ask(guard(TOKEN), path, method=method, authorization=sent)
        assert kind(answer) == "no-token"
        assert answer[1]["www-authenticate"] == "Bearer"


def test_with_the_token_and_on_open_pages_it_answers() -> None:
    assert ask(guard(TOKEN), authorization=f"Bearer {TOKEN}")[0] == 200
    assert ask(guard(TOKEN), "/viewer/main.js", method="GET")[0] == 200
    assert kind(ask(guard(TOKEN), "/viewer/main.js", method="POST")) == "no-token"


def test_a_body_is_cut_off_at_its_limit_whatever_its_header_says() -> None:
    assert ask(guard(), pieces=(b"x" * 60, b"x" * 40))[2] == b"100"
    assert kind(ask(guard(), pieces=(b"x" * 60, b"x" * 41))) == "too-large"
    assert kind(ask(guard(), content_length=str(4 * 2**30))) == "too-large"
    assert kind(ask(guard(), "/models", content_length="100000")) == "too-large"


def test_a_client_that_falls_silent_is_given_up() -> None:
    answer = ask(guard(idle=0.05), pieces=(b"x",), silent=True)
    assert kind(answer) == "slow-upload" and answer[1]["connection"] == "close"


def test_every_answer_has_its_safe_headers() -> None:
    for answer in (ask(guard()), ask(guard(), host="evil.example")):
        assert answer[1]["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert answer[1]["x-content-type-options"] == "nosniff"
        assert answer[1]["cache-control"] == "no-store"
    assert "unsafe" not in CONTENT_SECURITY_POLICY


def test_a_length_of_four_gigabytes_is_refused_before_a_byte_comes(served: Served) -> None:
    for path in ("/predict", "/jobs"):
        answer = served.ask(path, method="POST", headers={"Content-Length": str(4 * 2**30)})
        assert answer.kind == "too-large"
    for length in ("-1", "1e9", "12, 13"):
        answer = served.ask("/predict", method="POST", headers={"Content-Length": length})
        assert answer.status == 400


def test_a_body_that_says_it_is_packed_is_not_unpacked(served: Served) -> None:
    import gzip

    headers = {"Content-Encoding": "gzip", "Content-Type": "multipart/form-data; boundary=x"}
    body = gzip.compress(bytes(50_000_000))
    assert served.ask("/predict", method="POST", body=body, headers=headers).status == 400
