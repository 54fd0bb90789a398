"""Modality and VOI look-up tables of DICOM files (PS3.3 C.11.1 and C.11.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from hilum.readers.dicom.header import BROKEN

__all__ = ["Table", "read_table"]


@dataclass(frozen=True)
class Table:
    """A look-up table; values outside its range get its first or last entry.

    pydicom's own functions wrap around if an index exceeds the type of the entries.
    """

    entries: npt.NDArray[np.float64]
    first: int
    top: float

    @property
    def inputs(self) -> tuple[float, float]:
        """The values of the first and the last entry."""
        return float(self.first), float(self.first + len(self.entries) - 1)

    def apply(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return the entries for `values` (any shape), from 0 to `top`."""
        index = np.clip(np.rint(values.astype(np.float64)) - self.first, 0, len(self.entries) - 1)
        entries: npt.NDArray[np.float64] = self.entries[np.nan_to_num(index).astype(np.intp)]
        return entries


def read_table(header: Dataset, keyword: str, *, is_little_endian: bool) -> Table | None:
    """Return the first table of a sequence such as VOILUTSequence; None if missing or broken."""
    try:
        item = header[keyword][0]
        count, first, bits = (int(number) for number in item["LUTDescriptor"].value)
        count = count or 2**16  # 0 means 65,536, which 16 bits can't hold
        entries = _entries(item["LUTData"].value, count, is_little_endian=is_little_endian)
    except BROKEN:
        return None
    return Table(entries[:count], first, float(2**bits - 1)) if 8 <= bits <= 16 else None


def _entries(data: Any, count: int, *, is_little_endian: bool) -> npt.NDArray[np.float64]:
    """Return at least `count` entries, given as numbers, 16-bit words or bytes.

    Raises:
        ValueError: there are fewer entries.
    """
    if isinstance(data, bytes):
        wide = len(data) >= 2 * count
        data = np.frombuffer(data, ("<u2" if is_little_endian else ">u2") if wide else np.uint8)
    entries = np.atleast_1d(np.asarray(data, np.float64))
    if len(entries) < count:
        raise ValueError(f"{count} entries promised, {len(entries)} there")
    return entries
