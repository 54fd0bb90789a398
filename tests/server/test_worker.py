"""Hostile and broken files: each gets one sentence, and the next request is served."""

from __future__ import annotations

import asyncio
import re
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest
from made_dicom import ct_file, png_file
from serving import Served

from hilum.server.answers import Prediction
from hilum.server.pool import Pool, WorkerSettings
from hilum.server.problems import Problem

MIB = 2**20


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"no slice, but text\n" * 9, "named|content is text"),
        (png_file()[:200], "cut short"),
        (ct_file()[:-3000], "cut short"),
        (b"\0" * 128 + b"DICM" + b"\xff" * 500, "Dicom|DICOM|broken|begins"),
    ],
)
def test_what_is_no_slice_is_refused_in_one_sentence(
    served: Served, content: bytes, words: str
) -> None:
    refused = served.predict(content, name="secret-name.dcm")
    assert refused.kind == "not-a-slice"
    detail = refused.json["detail"]
    assert re.search(words, detail) and str(served.uploads) not in detail and "/" not in detail


def deflated_bomb(size: int) -> bytes:
    """Return a DICOM file whose data set unpacks to `size` zeros (Deflated Explicit VR)."""
    uid = b"1.2.840.10008.1.2.1.99"
    stated = ct_file(syntax=uid.decode())
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = compressor.compress(b"\x08\x00\x08\x00UN\0\0" + size.to_bytes(4, "little"))
    head += compressor.flush(zlib.Z_FULL_FLUSH)
    block = compressor.compress(bytes(MIB)) + compressor.flush(zlib.Z_FULL_FLUSH)
    end = stated.index(uid) + len(uid)
    return stated[:end] + head + block * (size // MIB) + compressor.flush()


def nested(depth: int) -> bytes:
    """Return a DICOM file with sequences of undefined length within sequences, never closed."""
    level = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    stated = ct_file()
    return stated[: 144 + int.from_bytes(stated[140:144], "little")] + level * depth


HOSTILE = {
    "rows of the wrong representation": lambda: ct_file(Rows=("UL", 2**31 + 64)),
    "columns of the wrong representation": lambda: ct_file(Columns=("UL", 2**32 - 1)),
    "rows as text": lambda: ct_file(Rows=("LO", "64\\64")),
    "no pixels for the rows": lambda: ct_file(Rows=60_000, Columns=60_000),
    "two thousand million frames": lambda: ct_file(NumberOfFrames=("IS", 2**31 - 1)),
    "negative frames": lambda: ct_file(NumberOfFrames=("IS", -5)),
    "a private codec": lambda: ct_file(syntax="1.2.840.113619.5.2"),
    "a codec that isn't there": lambda: ct_file(syntax="1.2.840.10008.1.2.4.100"),
    "a palette that is too short": lambda: ct_file(
        np.full((64, 64), 250, np.uint8), PhotometricInterpretation="PALETTE COLOR",
        RedPaletteColorLookupTableDescriptor=("US", [4, 0, 16]),
        GreenPaletteColorLookupTableDescriptor=("US", [4, 0, 16]),
        BluePaletteColorLookupTableDescriptor=("US", [4, 0, 16]),
        RedPaletteColorLookupTableData=("OW", b"\0" * 8),
        GreenPaletteColorLookupTableData=("OW", b"\0" * 8),
        BluePaletteColorLookupTableData=("OW", b"\0" * 8),
    ),
    "more bits than a pixel has": lambda: ct_file(BitsAllocated=64_000, BitsStored=64_000),
    "sequences in sequences": lambda: nested(3000),
    "a data set that unpacks to 768 MiB": lambda: deflated_bomb(768 * MIB),
    "a picture of 100,000 x 100,000": lambda: png_file()[:16]
    + (100_000).to_bytes(4, "big") * 2 + png_file()[24:],
}  # fmt: skip
"""After CVE-2026-5437 to 5445 (Orthanc), CVE-2026-32711 (pydicom) and their kin."""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_get_an_answer_and_harm_nobody(served: Served, name: str) -> None:
    answer = served.predict(HOSTILE[name]())
    assert answer.status in (200, 422), answer.body
    if answer.status == 422:
        assert answer.kind in ("not-a-slice", "too-much")
        assert answer.json["detail"].endswith(".")
    assert served.predict(png_file()).status == 200


def test_a_decompression_bomb_is_stopped_by_the_limit_on_memory(served: Served) -> None:
    assert served.predict(deflated_bomb(768 * MIB)).kind in ("too-much", "not-a-slice")
    children = subprocess.run(
        ["pgrep", "-P", str(served.process.pid)], capture_output=True, text=True, check=False
    ).stdout.split()
    sizes = [int(Path(f"/proc/{child}/statm").read_text().split()[1]) for child in children]
    assert max(sizes) * 4096 < 2048 * MIB


def environment_of(process: int) -> list[str]:
    return Path(f"/proc/{process}/environ").read_text().split("\0")


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path, runs: list[Path]) -> None:
    """With a limit of next to nothing: the worker is ended with what it unpacked, and replaced."""

    async def answer() -> tuple[str, bytes]:
        settings = WorkerSettings([("run", str(runs[0]))], tmp_path / "up", "onnx", 512 * MIB)
        settings.folder.mkdir()
        (settings.folder / "slice").write_bytes(png_file())
        pool = Pool(settings, count=1, waiting=1)
        await pool.open()
        (worker,) = pool._workers
        assert f"TMPDIR={worker.scratch}" in environment_of(worker.process.pid)
        (worker.scratch / "unpacked.dcm").write_bytes(b"of a patient")
        content = {
            "work": "slice", "models": ["run"], "files": [str(settings.folder / "slice")],
            "frames": 1, "window": None, "threshold": None, "pixels": False, "map": None,
        }  # fmt: skip
        try:
            with pytest.raises(Problem) as refused:
                await pool.answer(content, 0.0)
            assert not worker.scratch.exists()
            return refused.value.name, await pool.answer(content, 60.0)
        finally:
            await pool.close()

    name, body = asyncio.run(answer())
    assert name == "too-much"
    assert Prediction.model_validate_json(body).model == "run"
