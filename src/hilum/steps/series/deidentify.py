"""De-identified copies of the slices of an answer, and the list of what was done."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydicom import dcmread

from hilum.dicom_out.deidentify import Deidentifier, what_may_identify
from hilum.errors import ReadError
from hilum.readers.dicom.header import BROKEN
from hilum.readers.quiet import WITHOUT_WARNINGS
from hilum.readers.series import SliceHeader
from hilum.run import write_json
from hilum.steps.series.answer import SeriesAnswer

__all__ = ["DeidentifiedCopies"]

LIST = "deidentified.json"
ALWAYS = (
    "The pixels are unchanged: the body's surface can be rendered from a whole series.",
    "Sizes and positions of the patient's anatomy are unique, and can be matched to other images.",
)
"""What no profile removes."""


class DeidentifiedCopies:
    """Copies slices into a folder without what identifies the patient.

    Args:
        folder: that the list is written into.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._deidentifier = Deidentifier()
        self._left: Counter[str] = Counter()

    def copy(self, answer: SeriesAnswer, folder: Path) -> SeriesAnswer:
        """Write the slices of an answer as `0001.dcm` and so on, and return it about the copies.

        Raises:
            ReadError: a file can't be read any more.
        """
        assert answer.source is not None, "a NIfTI volume has no headers"
        folder.mkdir(parents=True)
        headers: list[SliceHeader] = []
        copied: dict[str, Path] = {}
        for header in answer.source.slices:
            if header.sop not in copied:
                copied[header.sop] = folder / f"{len(copied) + 1:04d}.dcm"
                self._copy_file(header.path, copied[header.sop])
            uid = self._deidentifier.uid
            headers.append(
                replace(
                    header, path=copied[header.sop], sop=uid(header.sop), patient="",
                    series=uid(header.series), study=uid(header.study),
                )
            )  # fmt: skip
        source = replace(answer.source, slices=tuple(headers))
        slices = tuple(
            replace(one, path=header.path, sop_instance_uid=header.sop)
            for one, header in zip(answer.slices, headers, strict=True)
        )
        return replace(
            answer, source=source, slices=slices, series_instance_uid=headers[0].series,
            path=headers[0].path,
        )  # fmt: skip

    def _copy_file(self, path: Path, target: Path) -> None:
        """Write one file without what identifies."""
        try:
            with WITHOUT_WARNINGS:
                dataset = self._deidentifier.apply(dcmread(path, force=True))
                self._left.update(what_may_identify(dataset))
                dataset.save_as(target, enforce_file_format=True)
        except BROKEN as error:
            raise ReadError(f"{path}: it can't be de-identified; its header is broken.") from error

    def finish(self) -> list[str]:
        """Write the list of what was done and what may still identify; return the latter."""
        left = [f"{text} ({count} files)" for text, count in self._left.most_common()]
        content: dict[str, Any] = self._deidentifier.as_json()
        write_json(content | {"may_still_identify": [*left, *ALWAYS]}, self._folder / LIST)
        return [*left, *ALWAYS]
