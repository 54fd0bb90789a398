"""A worker: the process that decodes files and computes networks, within limits.

It is started by `pool` as `python -m hilum.server.worker` and speaks over stdin and stdout (see
`channel`). It ends with stdin, and then removes the server's folder of uploads: so nothing is left
of a server that was killed.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from hilum.errors import HilumError, UsageError
from hilum.server.answering import NO_MAPS, AnsweringRun
from hilum.server.channel import Message, pack, read_message, trace_of
from hilum.server.dicomweb.headers import identify
from hilum.server.memory import limit_memory, limit_rest, unlimited
from hilum.server.models import ServedRun
from hilum.server.series import Report, SeriesJob
from hilum.steps.predict.step import open_source

__all__ = ["main"]

ALL = "'hilum[analysis,dicom]'"
OBJECT_MAPS = {"method": "gradcam", "layer": "last"}
"""Those that DICOM objects hold."""
TOO_MUCH_MEMORY = "it takes more memory than this server gives to one file."


def main() -> None:
    """Answer requests from stdin until it ends."""
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # libraries that print must not write into the channel
    requests = sys.stdin.buffer
    settings = read_message(requests)
    if settings is None:
        return
    folder = Path(settings.head["folder"])
    try:
        _serve(settings.head, requests, channel)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve(settings: dict[str, Any], requests: BinaryIO, channel: BinaryIO) -> None:
    """Load the networks, report ready, and answer one request after another."""
    runs, failure = _load(settings)
    if failure is not None:
        _send(channel, failure)
        return
    described = [run.describe().model_dump(mode="json") for run in runs.values()]
    _send(channel, Message({"state": "ready", "models": described}))

    def report(task: str, done: int, total: int) -> None:
        progress = {"state": "progress", "task": task, "done": done, "total": total}
        _send(channel, Message(progress))

    limit_rest()
    limit_memory(int(settings["memory_bytes"]))
    while (message := read_message(requests)) is not None:
        answer = _answer(runs, message.head, int(settings["memory_bytes"]), report)
        _send(channel, answer)
        if answer.head["state"] in ("bug", "memory"):
            os._exit(1)  # its state is unknown; the server starts another one


def _load(settings: dict[str, Any]) -> tuple[dict[str, AnsweringRun], Message | None]:
    """Return the runs by name, or the message that tells why one can't be loaded."""
    try:
        return {
            name: AnsweringRun(ServedRun(name, open_source(path)), engine=settings["engine"])
            for name, path in settings["runs"]
        }, None
    except HilumError as error:
        return {}, Message({"state": "refused", "kind": "run", "sentence": str(error)})
    except ModuleNotFoundError as error:
        return {}, Message({"state": "missing", "module": error.name or ""})


def _answer(
    runs: dict[str, AnsweringRun], request: dict[str, Any], memory: int, report: Report
) -> Message:
    """Return the answer to one request; whatever a file makes the libraries do, there is one."""
    try:
        wanted = request.get("map") or (OBJECT_MAPS if request.get("dicom") else None)
        if wanted:
            with unlimited(memory):  # torch and its networks are not the file's doing
                for run in [runs[name] for name in request["models"]]:
                    if run.can_explain:
                        run.load_maps(wanted)
        return Message({"state": "answer"}, _work(runs, request, report))
    except MemoryError:
        return Message({"state": "memory", "kind": "too-much", "sentence": TOO_MUCH_MEMORY})
    except UsageError as error:
        kind = "no-maps" if str(error) == NO_MAPS else "wrong-option"
        return _refusal(kind, error, request)
    except HilumError as error:
        return _refusal("not-a-slice", error, request)
    except ModuleNotFoundError as error:
        sentence = (
            f"this server lacks {error.name}, which reads such files; install 'hilum[train]'."
        )
        return Message({"state": "refused", "kind": "not-a-slice", "sentence": sentence})
    except Exception as error:  # a bug, or damage that no reader foresaw: the server goes on
        return Message({"state": "bug", "trace": trace_of(error)})


def _work(runs: dict[str, AnsweringRun], request: dict[str, Any], report: Report) -> bytes:
    """Return the body of the answer: of a slice, a map of a job's slice, or a job."""
    chosen = [runs[name] for name in request["models"]]
    match request["work"]:
        case "slice":
            return chosen[0].predict(request)
        case "map":
            return chosen[0].map_of_stored(request)
        case "map picture":
            return chosen[0].draw_map_of_stored(request)
        case "identify":
            found = [identify(Path(path)) for path in request["files"]]
            return json.dumps(found).encode()
        case "series":
            return SeriesJob(chosen, request, report).answer()
        case work:
            raise ValueError(work)


def _refusal(kind: str, error: HilumError, request: dict[str, Any]) -> Message:
    """Return a refusal without the path, which is the server's own."""
    sentence = str(error)
    for path in request["files"]:
        sentence = sentence.removeprefix(f"{path}: ").replace(path, "the upload")
    sentence = sentence.replace(str(Path(request["files"][0]).parent), "the upload")
    return Message({"state": "refused", "kind": kind, "sentence": sentence})


def _send(channel: BinaryIO, message: Message) -> None:
    with suppress(BrokenPipeError):
        channel.write(pack(message))
        channel.flush()


if __name__ == "__main__":
    main()
