"""A server as a user starts it: slices in, answers out, a clear sentence for everything else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from made_dicom import png_file
from serving import Served, serving

from hilum.errors import RunError, UsageError
from hilum.server import ServeOptions, serve

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
