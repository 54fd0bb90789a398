"""Build a slice table from named sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hilum.catalogue.suggest import nearest_name
from hilum.errors import SourceError, UsageError
from hilum.identity import find_identities, refuse_conflicts
from hilum.sources.covid_ct import COVID_CT
from hilum.sources.ct_pneumonia import CT_PNEUMONIA
from hilum.sources.exclusions import leave_out
from hilum.sources.folder import FOLDER
from hilum.sources.iq_oth_nccd import IQ_OTH_NCCD
from hilum.sources.lung_pet_ct_dx import LUNG_PET_CT_DX
from hilum.sources.msd_lung import MSD_LUNG
from hilum.sources.options import BuildOptions, PictureFolder, Source
from hilum.sources.phantom_rows import PHANTOM
from hilum.sources.slice_table import TABLE
from hilum.storage.atomic import refuse_existing
from hilum.table import OPTIONAL_COLUMNS, SliceTable, check_rows, relative_to, write_table

__all__ = ["SOURCES", "BuildResult", "build_table", "gather_table"]

SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        COVID_CT,
        CT_PNEUMONIA,
        FOLDER,
        IQ_OTH_NCCD,
        LUNG_PET_CT_DX,
        MSD_LUNG,
        PHANTOM,
        TABLE,
    )
}
"""The sources that a build knows, by name."""

ORIGIN = "\0origin"
"""Temporary column (no table has this name): the source and path of each row."""


@dataclass(frozen=True)
class BuildResult:
    """The result of a build.

    Attributes:
        table: the table as written.
        counts: columns source, label, slices (int) and groups (int), one row for each pair of
            source and label, sorted.
        notes: sentences that a user should see.
    """

    table: SliceTable
    counts: pd.DataFrame
    notes: tuple[str, ...]


def build_table(
    sources: Sequence[tuple[str, Path]],
    *,
    out: Path,
    options: BuildOptions | None = None,
    force: bool = False,
) -> BuildResult:
    """Build the rows of each source, merge them, and write them to `out` atomically.

    Args:
        sources: (name, folder) of each source: a name in SOURCES, such as `folder` or `phantom`,
            and the folder that holds its files, or where phantoms are drawn.
        out: the CSV file to write; its paths are relative to its folder.
        options: which slices are chosen; None takes the defaults.
        force: replace a table that exists at `out`.

    Returns:
        the table as written (`table`), its counts and notes.

    Raises:
        HilumError: as `gather_table`.
        StorageError: the disk refused.
    """
    result = gather_table(sources, out=out, options=options, force=force)
    write_table(result.table, Path(out))
    return result


def gather_table(
    sources: Sequence[tuple[str, Path]],
    *,
    out: Path,
    options: BuildOptions | None = None,
    force: bool = False,
) -> BuildResult:
    """Build the rows of each source and merge them into the table for `out`.

    Args:
        sources: pairs of a name in SOURCES and the folder (or file) to read.
        out: path of the table, such as slices.csv; sources that render pictures write them
            below its folder. Those stay if a later source fails; the next build reuses them.
        options: how slices are chosen; None takes the defaults.
        force: `out` may exist; phantoms with other settings are replaced.

    Raises:
        UsageError: an unknown source, label or reason, a missing folder, `out` exists, or the
            slices are on another drive than `out`.
        SourceError: a folder is not laid out as its source should be, or two sources have a
            slice of the same slice_id or path.
        TableError: a merged table breaks its schema, or one file has several labels.
        StorageError: the disk refused.
    """
    out, options = Path(out), options or BuildOptions()
    if not sources:
        raise UsageError(f"a table needs at least one source; hilum knows {', '.join(SOURCES)}.")
    for name, path in sources:
        _check_source(name, Path(path))
    _check_names(sources)
    refuse_existing(out, force=force)
    pictures = PictureFolder(out.parent, force)
    frames: list[pd.DataFrame] = []
    notes: list[str] = []
    origins: list[str] = []
    for name, path in sources:
        built = SOURCES[name].build(Path(path), pictures, options)
        frames.append(built.rows)
        notes += built.notes
        origins += [f"{name}={path}"] * len(built.rows)
    rows = pd.concat(frames, ignore_index=True).fillna("").astype(str)
    _check_collisions(rows["slice_id"], origins)
    rows = _relative(rows, out.parent)
    _check_collisions(rows["path"], origins, frames=rows.get("frame"))
    rows, spelling_notes = _merge_spellings(rows)
    chosen = _keep(rows.assign(**{ORIGIN: origins}), options.labels)
    chosen, exclusion_notes = leave_out(chosen, options.exclude)
    origin = chosen.pop(ORIGIN)
    rows = check_rows(chosen, name=out.name)
    identities = find_identities(SliceTable(rows, out.parent, out.name))
    refuse_conflicts(identities)
    table = identities.merge()
    doubts = _doubts(table.rows, origin, chosen=bool(options.labels))
    notes += [*spelling_notes, *exclusion_notes, *identities.notes(), *doubts]
    return BuildResult(table, _counts(table.rows), tuple(notes))


def _check_source(name: str, path: Path) -> None:
    """Refuse an unknown source and a missing path."""
    if name not in SOURCES:
        near = nearest_name(name, SOURCES)
        hint = f"did you mean {near!r}? " if near else ""
        raise UsageError(f"unknown source {name!r}; {hint}hilum knows {', '.join(SOURCES)}.")
    if name != PHANTOM.name and not path.exists():
        raise UsageError(f"source {name}: there is no {path}; give where the collection lies.")


def _check_names(sources: Sequence[tuple[str, Path]]) -> None:
    """Refuse two folders with the same name: the design verdict compares classes by source name."""
    seen: dict[str, Path] = {}
    for name, path in sources:
        if name != FOLDER.name:
            continue
        known = seen.setdefault(Path(path).resolve().name, Path(path))
        if known != Path(path):
            raise UsageError(
                f"{known} and {path} would both be called {known.resolve().name!r}, and hilum "
                "compares classes by source; rename one folder."
            )


def _check_collisions(
    values: pd.Series[str], origins: Sequence[str], *, frames: pd.Series[str] | None = None
) -> None:
    """Refuse a slice_id, or a path (with one frame), that occurs twice, naming both origins."""
    keys = values if frames is None else values + "\0" + frames
    repeated = keys.duplicated().to_numpy()
    if repeated.any():
        second = int(repeated.argmax())
        first = int((keys == keys.iloc[second]).to_numpy().argmax())
        raise SourceError(
            f"{values.name} {values.iloc[second]!r} comes from {origins[first]} and from "
            f"{origins[second]}; {values.name} must be unique, so leave one of the two out."
        )


def _doubts(rows: pd.DataFrame, origins: pd.Series, *, chosen: bool) -> Iterator[str]:
    """Yield doubts: groups shared by sources or labels, and a single label that wasn't chosen."""
    labels = rows["label"].unique()
    both = int((rows.groupby("group")["label"].nunique() > 1).sum())
    if both:
        hold = "group holds" if both == 1 else "groups hold"
        yield (
            f"{both} {hold} slices of several labels, and each is taken for one patient; if "
            "patient numbers start again in each class folder, rename their folders."
        )
    if len(labels) == 1 and not chosen:
        advice = (
            "Is the folder of the classes one further down, or does another source follow?"
            if origins.str.startswith(f"{FOLDER.name}=").all()
            else "Build the table again with a second source, of another class, before training."
        )
        yield f"there is one label only, {labels[0]!r}: a network needs two. {advice}"
    shared = int((origins.groupby(rows["group"]).nunique() > 1).sum())
    if shared:
        have = "group has" if shared == 1 else "groups have"
        yield (
            f"{shared} {have} the same name in several sources, and each is taken for one "
            "patient; rename them if they are not."
        )


def _merge_spellings(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows with one spelling of each label (the first one), and notes."""
    spellings: dict[str, list[str]] = defaultdict(list)
    for label in rows["label"].unique():
        spellings["".join(label.split()).casefold()].append(label)
    notes = [
        f"labels {', '.join(map(repr, found))} differ in case or white space only and were merged "
        f"into {found[0]!r}."
        for found in spellings.values()
        if len(found) > 1
    ]
    merged = {label: found[0] for found in spellings.values() for label in found}
    return rows.assign(label=rows["label"].map(merged)), notes


def _keep(rows: pd.DataFrame, labels: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows of `labels`, or all where none are given."""
    there = sorted(rows["label"].unique())
    unknown = [label for label in labels if label not in there]
    if unknown:
        raise UsageError(
            f"no slice has the label {unknown[0]!r}; the labels there are {', '.join(there)}."
        )
    return rows[rows["label"].isin(labels)].reset_index(drop=True) if labels else rows


def _relative(rows: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Return `rows` with absolute paths made relative to `folder`, with forward slashes."""
    here, seen = folder.resolve(), {}

    def relative(text: str) -> str:
        if not text:
            return ""
        parent, _, name = text.rpartition("/")
        if parent not in seen:
            seen[parent] = relative_to(here, parent or "/")
        return name if seen[parent] == "." else f"{seen[parent]}/{name}"

    rows = rows.assign(**{c: "" for c in OPTIONAL_COLUMNS if c not in rows.columns})
    return rows.assign(path=rows["path"].map(relative), mask=rows["mask"].map(relative))


def _counts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return slices and groups for each source and label."""
    grouped = rows.groupby(["source", "label"], sort=True)["group"]
    return grouped.agg(slices="size", groups="nunique").reset_index()
