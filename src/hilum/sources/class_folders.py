"""The files below class folders: slices by class, split and patient, and what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hilum.errors import SourceError
from hilum.readers import is_candidate

__all__ = ["ClassFile", "LeftOut", "find_class_files"]

SPLIT_NAMES = {
    "training": "train",
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "testing": "test",
    "test": "test",
}
"""Names of sub-folders for splits, in lower case."""


@dataclass(frozen=True)
class ClassFile:
    """One file: its path, label as written, split (or empty), and patient folder (or empty)."""

    file: Path
    label: str
    split: str
    patient: str


@dataclass
class LeftOut:
    """Files below class folders that are no slices, by suffix, and symbolic links to folders."""

    suffixes: Counter[str] = field(default_factory=Counter)
    links: int = 0

    def notes(self, name: str) -> Iterator[str]:
        """Yield a sentence for each kind; hidden files are not counted."""
        if total := self.suffixes.total():
            kinds = ", ".join(f"{count} {suffix}" for suffix, count in self.suffixes.most_common())
            are = "file is not a slice and was" if total == 1 else "files are not slices and were"
            yield f"folder {name}: {total} {are} left out ({kinds})."
        if self.links:
            links = "link to a folder is" if self.links == 1 else "links to folders are"
            yield f"folder {name}: {self.links} symbolic {links} not followed."


def find_class_files(root: Path) -> tuple[list[ClassFile], LeftOut]:
    """Return every slice below the class folders of `root`, class by class, and what is left out.

    Raises:
        SourceError: there is no class folder, one has no slice, or classes and splits are mixed.
    """
    left_out = LeftOut()
    files = [
        found
        for folder, split in _classes(root)
        for found in _files_of_class(root, folder, split, left_out)
    ]
    return files, left_out


def _classes(root: Path) -> list[tuple[Path, str]]:
    """Return class folders, each with its split (or empty text)."""
    tops = _folders(root)
    splits = [top for top in tops if top.name.strip().lower() in SPLIT_NAMES]
    if splits and len(splits) < len(tops):
        other = next(top for top in tops if top not in splits)
        raise SourceError(
            f"{root} mixes split folders such as {splits[0].name!r} with others such as "
            f"{other.name!r}; give either classes or splits with classes in them."
        )
    classes = [
        (folder, SPLIT_NAMES[split.name.strip().lower()])
        for split in splits
        for folder in _folders(split)
    ] or ([] if splits else [(top, "") for top in tops])
    if not classes:
        raise SourceError(
            f"{root} has no class folders; looked for <class>/ and for "
            "Training|Validation|Testing/<class>/."
        )
    return classes


def _files_of_class(root: Path, folder: Path, split: str, left_out: LeftOut) -> Iterator[ClassFile]:
    """Yield the slices of one class folder; count other files."""
    slices = 0
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder).parts
        if any(part.startswith((".", "__")) for part in inside):
            continue
        if file.is_dir():
            left_out.links += file.is_symlink()
        elif not file.is_file() or not is_candidate(file):
            left_out.suffixes[file.suffix.lower() or "without suffix"] += 1
        else:
            slices += 1
            yield ClassFile(file, folder.name.strip(), split, inside[0] if len(inside) > 1 else "")
    if not slices:
        raise SourceError(
            f"class folder {folder.relative_to(root).as_posix()!r} of {root} has no slice "
            "(a picture or a DICOM file); fill it or remove it."
        )


def _folders(root: Path) -> list[Path]:
    return sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith((".", "__")))
