"""Reading one slice of any format: the only entry point for files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hilum.errors import HilumError, ReadError, UsageError
from hilum.readers.limits import check_file_size
from hilum.readers.slice_image import SliceImage
from hilum.readers.sniff import HEAD_BYTES, Format, sniff
from hilum.readers.window import LUNG, Window

__all__ = ["count_frames", "read_ids", "read_in_colour", "read_slice", "transfer_syntaxes"]

_SUFFIX_OF: dict[str, Format] = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF",
    ".bmp": "BMP", ".webp": "WebP", ".dcm": "DICOM",
}  # fmt: skip


def read_slice(path: Path | str, *, window: Window = LUNG, frame: int | None = None) -> SliceImage:
    """Read one slice of a DICOM or picture file; its content decides the format, not its name.

    Args:
        path: the file.
        window: applied to files in Hounsfield units only.
        frame: 0-based frame of a multi-frame DICOM file; not needed for a single frame.

    Returns:
        grey levels (rows, columns) uint8 and, for CT in DICOM, float32 Hounsfield units, not
        resized; `notes` list everything unusual.

    Raises:
        UsageError: the file or frame does not exist.
        ReadError: the file is not a slice, is broken or too large: `PATH: sentence`.
    """
    path = Path(path)
    try:
        kind = _format(path)
        if kind == "DICOM":
            from hilum.readers.dicom.read import read_dicom  # importing pydicom is slow

            image = read_dicom(path, window=window, frame=frame)
        else:
            from hilum.readers.picture import read_picture

            _check_picture_frame(frame)
            image = read_picture(path, kind=kind)
    except (ReadError, UsageError) as error:
        raise type(error)(f"{path}: {error}") from error.__cause__
    except OSError as error:
        raise _open_error(path, error) from error
    return _with_name_note(path, image)


def read_in_colour(path: Path | str) -> npt.NDArray[np.uint8] | None:
    """Return the colours of a picture, of which `read_slice` returns the grey levels.

    Returns:
        (rows, columns, 3) uint8, red green blue, of the same size; None if no pixel has a colour,
        and for DICOM.

    Raises:
        UsageError: there is no such file.
        ReadError: the file is not a slice, is broken or too large: `PATH: sentence`.
    """
    path = Path(path)
    try:
        kind = _format(path)
        if kind == "DICOM":
            return None
        from hilum.readers.picture import read_colours

        return read_colours(path, kind=kind)
    except (ReadError, UsageError) as error:
        raise type(error)(f"{path}: {error}") from error.__cause__
    except OSError as error:
        raise _open_error(path, error) from error


def count_frames(path: Path | str) -> int:
    """Return the number of frames of a file, 1 for pictures, without decoding it.

    Raises:
        UsageError: there is no such file.
        ReadError: the file is not a slice, is broken or too large: `PATH: sentence`.
    """
    path = Path(path)
    try:
        if _format(path) != "DICOM":
            return 1
        from hilum.readers.dicom.read import count_dicom_frames

        return count_dicom_frames(path)
    except (ReadError, UsageError) as error:
        raise type(error)(f"{path}: {error}") from error.__cause__
    except OSError as error:
        raise _open_error(path, error) from error


def read_ids(path: Path | str) -> dict[str, str]:
    """Return the identifiers of a DICOM file as in `SliceImage.ids`; empty for pictures.

    Raises:
        UsageError: there is no such file.
        ReadError: the file is not a slice or is broken: `PATH: sentence`.
    """
    path = Path(path)
    try:
        if _format(path) != "DICOM":
            return {}
        from hilum.readers.dicom.read import read_dicom_ids

        return read_dicom_ids(path)
    except (ReadError, UsageError) as error:
        raise type(error)(f"{path}: {error}") from error.__cause__
    except OSError as error:
        raise _open_error(path, error) from error


def transfer_syntaxes() -> dict[str, bool]:
    """Return the DICOM transfer syntaxes of images by name, and whether each decodes here."""
    from hilum.readers.dicom.pixels import transfer_syntaxes as decodable_syntaxes

    return decodable_syntaxes()


def _format(path: Path) -> Format:
    """Return the format of the file's content, after checking its size."""
    if not path.exists():
        raise UsageError("there is no such file.")
    if not path.is_file():
        raise UsageError("this is a folder, not a file; pass its files one by one.")
    check_file_size(path.stat().st_size)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    kind = sniff(head)
    if kind is None:
        named = _SUFFIX_OF.get(path.suffix.lower())
        start = f"named like a {named} file, but its content is" if named else "its content is"
        raise ReadError(
            f"{start} {_kind_of_content(head)}; hilum reads DICOM, PNG, JPEG, TIFF, BMP and WebP."
        )
    return kind


def _kind_of_content(head: bytes) -> str:
    """Return what the content of a file that is not a slice seems to be."""
    is_text = not any(byte < 9 or 13 < byte < 27 for byte in head)
    return "text" if is_text else "of no known format"


def _check_picture_frame(frame: int | None) -> None:
    if frame not in (None, 0):
        raise UsageError(f"there is no frame {frame}; a picture has a single frame, number 0.")


def _open_error(path: Path, error: OSError) -> HilumError:
    """Return the error for a file that the operating system can't open."""
    return ReadError(f"{path}: can't be opened ({error.strerror or error}).")


def _with_name_note(path: Path, image: SliceImage) -> SliceImage:
    """Return the slice with a note if the file name suggests another format."""
    named = _SUFFIX_OF.get(path.suffix.lower())
    if named is None or named == image.format:
        return image
    kind = image.format
    note = f"Its name suggests {named}, but its content is {kind}; it was read as {kind}."
    return replace(image, notes=(*image.notes, note))
