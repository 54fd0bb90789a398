"""The DICOM files and NIfTI volumes of a path: a folder, a zip, a DICOMDIR, or a file."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hilum.errors import ReadError, UsageError
from hilum.readers.series import LeftOutFiles
from hilum.readers.series.archive import unpack_archive
from hilum.readers.series.media_index import missing_files
from hilum.steps.predict.holds_series import INDEX, is_volume, kind_of
from hilum.steps.predict.inputs import InputFiles

__all__ = ["SeriesFiles", "opened"]


@dataclass
class SeriesFiles:
    """The files of one path.

    Attributes:
        dicom: DICOM files.
        volumes: NIfTI volumes.
        skipped: other files, counted by what they are.
        left_out: files that are refused, with reasons.
        names: of a zip's files, which lie in a temporary folder: path there -> zip and entry.
    """

    dicom: list[Path] = field(default_factory=list)
    volumes: list[Path] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    left_out: list[LeftOutFiles] = field(default_factory=list)
    names: dict[Path, Path] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to answer or to refuse."""
        return not (self.dicom or self.volumes or self.left_out)

    def others(self) -> str:
        """Return what was skipped, counted, in words."""
        return ", ".join(f"{n} {kind}" for kind, n in sorted(self.skipped.items()))

    def emptiness(self) -> str:
        """Return what is missing, in words, and what was found instead."""
        skipped = f" (skipped: {self.others()})" if self.skipped else ""
        return f"no DICOM series and no NIfTI volume{skipped}"

    def name(self, path: Path) -> Path:
        """Return how a file is called in an answer."""
        return self.names.get(path, path)


@contextmanager
def opened(path: Path) -> Iterator[SeriesFiles]:
    """Yield the files of a path; those of a zip are there until the block ends.

    Raises:
        UsageError: there is no such path, or it is a slice table.
        ReadError: it is a zip that is damaged or exceeds a limit: one sentence without the path.
    """
    if path.suffix == ".csv" and path.is_file():
        raise UsageError(
            f"{path} is a slice table, whose slices are predicted by slice (--by slice); metrics "
            f"per series are in metrics.json after `hilum evaluate`."
        )
    if path.is_file() and zipfile.is_zipfile(path):
        with TemporaryDirectory(prefix="hilum-") as folder:
            files = SeriesFiles()
            for entry in unpack_archive(path, Path(folder)):
                files.names[entry.path] = path / entry.name
                if entry.refusal:
                    files.left_out.append(LeftOutFiles.damaged(path / entry.name, entry.refusal))
            _list(Path(folder), files)
            yield files
        return
    if path.suffix.lower() == ".zip" and path.is_file():
        raise ReadError("the zip is damaged or none at all.")
    files = SeriesFiles()
    _list(path.parent if path.name.upper() == INDEX and path.is_file() else path, files)
    yield files


def _list(path: Path, files: SeriesFiles) -> None:
    """Add the files of a folder, or one file."""
    for found in InputFiles([path]):
        file = found.path
        if found.problem or found.refusal():
            files.left_out.append(LeftOutFiles.damaged(file, found.problem or found.refusal()))
        elif is_volume(file):
            files.volumes.append(file)
        elif not file.is_file():
            files.skipped["not regular files"] += 1
        elif file.name.upper() == INDEX:
            files.skipped["DICOMDIR index"] += 1
            files.left_out += missing_files(file)
        else:
            _add(file, files, named=found.named)


def _add(file: Path, files: SeriesFiles, *, named: bool) -> None:
    """Add a file by its first bytes."""
    try:
        kind = kind_of(file)
    except OSError as error:
        files.left_out.append(
            LeftOutFiles.damaged(file, f"can't be opened ({error.strerror or error}).")
        )
        return
    if kind == "DICOM":
        files.dicom.append(file)
    elif named:
        what = f"a {kind} picture" if kind else "of no known format"
        reason = f"it is {what}, not DICOM or NIfTI, so it is no series."
        files.left_out.append(LeftOutFiles.damaged(file, reason))
    elif kind is None and file.suffix.lower() == ".dcm":
        reason = "named like a DICOM file, but its content is not DICOM."
        files.left_out.append(LeftOutFiles.damaged(file, reason))
    else:
        files.skipped[f"{kind} pictures" if kind else file.suffix or "no suffix"] += 1
