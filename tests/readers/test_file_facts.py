"""Facts of files: format, mode, depth, JPEG quality, orientation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hilum.errors import ReadError, UsageError
from hilum.readers.file_facts import read_file_facts


def picture(mode: str = "L") -> Image.Image:
    grey = np.random.default_rng(0).integers(0, 256, (40, 60), dtype=np.uint8)
    return Image.fromarray(grey).convert(mode)


@pytest.mark.parametrize("quality", [1, 25, 50, 75, 90, 95, 100])
def test_the_quality_of_a_jpeg_is_read_from_its_tables(quality: int, tmp_path: Path) -> None:
    picture("RGB").save(tmp_path / "a.jpg", quality=quality)
    facts = read_file_facts(tmp_path / "a.jpg")
    assert (facts.quality, facts.compression) == (quality, "baseline")


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "LA", "1"])
def test_the_mode_is_the_files_own(mode: str, tmp_path: Path) -> None:
    picture(mode).save(tmp_path / "a.png")
    facts = read_file_facts(tmp_path / "a.png")
    assert (facts.format, facts.mode, facts.rows, facts.columns) == ("PNG", mode, 40, 60)
    assert facts.bits == (1 if mode == "1" else 8)
    assert facts.bytes == (tmp_path / "a.png").stat().st_size
    assert (facts.quality, facts.turned) == (None, 1)


def test_sixteen_bits_and_exif_are_told(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((8, 8), dtype=np.uint16)).save(tmp_path / "wide.png")
    assert read_file_facts(tmp_path / "wide.png").bits == 16
    exif = Image.Exif()
    exif[0x0112] = 6
    picture().save(tmp_path / "turned.jpg", exif=exif, progressive=True)
    facts = read_file_facts(tmp_path / "turned.jpg")
    assert (facts.turned, facts.compression) == (6, "progressive")


def test_what_is_no_slice_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(ReadError, match=r"a\.txt: its content is of no known format"):
        read_file_facts(tmp_path / "a.txt")
    with pytest.raises(UsageError, match="there is no such file"):
        read_file_facts(tmp_path / "gone.png")


def test_broken_headers_and_files_that_can_not_be_opened_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = tmp_path / "cut.png"
    picture().save(cut)
    cut.write_bytes(cut.read_bytes()[:20])
    with pytest.raises(ReadError, match="its PNG header is broken"):
        read_file_facts(cut)
    with pytest.raises(ReadError, match="can't be opened"):
        read_file_facts(tmp_path)
