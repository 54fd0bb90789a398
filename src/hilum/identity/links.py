"""Links between rows of a slice table that show one patient, or one file, under several names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.errors import TableError
from hilum.identity.files import find_copies
from hilum.table import SliceTable

__all__ = ["MEANINGS", "Identities", "Link", "find_identities", "refuse_conflicts"]

IDENTIFIERS = ("patient_id", "study_instance_uid", "series_instance_uid", "sop_instance_uid")
"""Columns with an identifier of one patient, from the widest to the narrowest."""

MEANINGS = {
    "group": "group names that differ in case or white space only",
    **{column: f"equal {column}" for column in IDENTIFIERS},
    "file": "one file under several paths",
    "content": "byte-equal files",
}
"""Kind of a link -> what its rows have in common."""

PLACEHOLDERS = {
    "anon", "anonym", "anonymised", "anonymized", "anonymous", "deidentified", "na", "nan", "noid",
    "none", "noname", "null", "patient", "removed", "test", "unknown", "unnamed", "xxx",
}  # fmt: skip
"""Values of patient_id that identify nobody, in lower case and letters only."""

REAL_LABEL = "real_label"
"""Column with the labels of the data where `label` is random (see `hilum random-labels`)."""

SHOWN = 3
"""Links that a message names by their rows."""

GROUP_BEFORE = "group_before"
"""Column of a table with merged groups: the previous group of each slice."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Link:
    """Rows that have one identity.

    Attributes:
        kind: a key of MEANINGS; of a conflict "label", or "file", "content", "sop_instance_uid".
        rows: 0-based rows of the table, ascending; at least two.
    """

    kind: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Identities:
    """What links the groups of a table.

    Attributes:
        table: the table that was searched.
        links: rows of one patient or file in several groups.
        conflicts: one file with several labels, and labels that differ in case or white space only.
        groups: (n,) object, the group of each row after linked groups were merged; a merged group
            has the name of the one that comes first.
    """

    table: SliceTable
    links: tuple[Link, ...]
    conflicts: tuple[Link, ...]
    groups: npt.NDArray[np.object_]

    def merge(self) -> SliceTable:
        """Return the table with linked groups merged; their previous names are in `group_before`.

        The table is returned unchanged if no groups are linked.
        """
        if not self.links:
            return self.table
        rows = self.table.rows
        before = rows.get(GROUP_BEFORE, rows["group"])
        return replace(self.table, rows=rows.assign(group=self.groups, **{GROUP_BEFORE: before}))

    def notes(self) -> list[str]:
        """Return a sentence for each kind of link, with the rows of the first ones."""
        groups, names = self.table.rows["group"].to_numpy(), self.table.name
        notes = []
        for kind, meaning in MEANINGS.items():
            links = [link for link in self.links if link.kind == kind]
            if links:
                linked = np.array([row for link in links for row in link.rows])
                before, after = len(set(groups[linked])), len(set(self.groups[linked]))
                notes.append(
                    f"{names}: {meaning} in {before} groups ({self.rows_of(links)}); merged into "
                    f"{after} group{'' if after == 1 else 's'}."
                )
        return notes

    def crossing(self) -> tuple[Link, ...]:
        """Return the links between rows of different splits."""
        splits = self.table.rows["split"].to_numpy()
        return tuple(
            link for link in self.links if len({splits[row] for row in link.rows} - {""}) > 1
        )

    def rows_of(self, links: Sequence[Link], column: str = "group") -> str:
        """Return the rows of the first links, for messages: "rows 2 and 7, 3 and 9, and 4 more".

        Args:
            links: of this table, at least one.
            column: of each link two rows are named that differ in this column.
        """
        values, lines = self.table.rows[column].to_numpy(), self.table.lines
        pairs = []
        for link in links[:SHOWN]:
            first = link.rows[0]
            second = next((row for row in link.rows if values[row] != values[first]), link.rows[1])
            pairs.append(f"{lines[first]} and {lines[second]}")
        more = f", and {len(links) - SHOWN} more" if len(links) > SHOWN else ""
        return f"rows {', '.join(pairs)}{more}"


def find_identities(table: SliceTable, *, files: bool = True) -> Identities:
    """Find what shows one patient under several groups, or one file with several labels.

    Linked are rows with an equal identifier (IDENTIFIERS), with group names that differ in case or
    white space only, with the same file under several paths, and with byte-equal files. Values of
    `patient_id` that identify nobody, such as `ANONYMOUS`, are ignored, as are missing files.

    Args:
        table: any slice table.
        files: look at the files too: their attributes, and the contents of those of equal size.
    """
    rows = table.rows
    keys = {"group": _names(rows), **dict(_identifiers(rows))}
    if files:
        same_file, same_content = find_copies(table.paths())
        keys["file"] = pd.Series(same_file, index=rows.index)
        keys["content"] = pd.Series(same_content, index=rows.index)
    links: list[Link] = []
    groups = rows["group"]
    for kind, key in keys.items():
        found = list(_links(kind, key, groups))  # of groups that no wider kind has merged
        links += found
        groups = _merged(groups, found)
    conflicts = tuple(_conflicts(rows, keys))
    return Identities(table, tuple(links), conflicts, groups.to_numpy(dtype=object))


def refuse_conflicts(identities: Identities) -> None:
    """Refuse one file with several labels, and labels that differ in case or white space only.

    Raises:
        TableError: as above; the message names the rows.
    """
    name, conflicts = identities.table.name, identities.conflicts
    spellings = [link for link in conflicts if link.kind == "label"]
    if spellings:
        labels = identities.table.rows["label"].to_numpy()
        first, second = (repr(labels[row]) for row in spellings[0].rows[:2])
        raise TableError(
            f"{name}: labels {first} and {second} differ in case or white space only "
            f"({identities.rows_of(spellings, 'label')}); give them one spelling."
        )
    for kind, links in _by_kind(conflicts).items():
        count = f"{len(links)} slice{' has' if len(links) == 1 else 's have'}"
        column = _labels(identities.table.rows).name
        raise TableError(
            f"{name}: {count} several labels: {MEANINGS[kind]} with different labels "
            f"({identities.rows_of(links, str(column))}; the first is "
            f"{identities.table.rows['path'].iloc[links[0].rows[0]]}); keep the right label only."
        )


def _by_kind(links: Sequence[Link]) -> dict[str, list[Link]]:
    found: dict[str, list[Link]] = {}
    for link in links:
        found.setdefault(link.kind, []).append(link)
    return found


def _labels(rows: pd.DataFrame) -> pd.Series:
    """Return the labels of the data, not random ones."""
    return rows[REAL_LABEL if REAL_LABEL in rows.columns else "label"]


def _plain(values: pd.Series) -> pd.Series:
    """Return values in lower case without any white space."""
    plain = {value: "".join(value.split()).casefold() for value in values.unique()}
    return values.map(plain)


def _names(rows: pd.DataFrame) -> pd.Series:
    """Return a key for each group name; empty for groups named after a slice, which have none."""
    named = ~rows["group"].isin(set(rows["slice_id"]))
    return _plain(rows["group"]).where(named, "")


def _identifiers(rows: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """Yield the name and the values of each column of identifiers."""
    for column in IDENTIFIERS:
        if column not in rows.columns:
            continue
        values = _plain(rows[column])
        if column == "patient_id":
            nobody = {value for value in values.unique() if _is_placeholder(value)}
            values = values.mask(values.isin(nobody), "")
        yield column, values


def _is_placeholder(value: str) -> bool:
    """Whether a patient_id (in lower case) identifies nobody: zeros only, or a common word."""
    text = "".join(character for character in value if character.isalnum())
    return not text.strip("0") or text in PLACEHOLDERS


def _links(kind: str, key: pd.Series, column: pd.Series) -> Iterator[Link]:
    """Yield a link for each value of `key` (not "" or -1) whose rows differ in `column`."""
    known = ~key.isin(["", -1])
    frame = pd.DataFrame({"key": key[known], "value": column[known]})
    several = frame[frame["key"].duplicated(keep=False)]
    counts = several.groupby("key", sort=False)["value"].nunique()
    several = several[several["key"].isin(counts.index[counts > 1])]
    positions = pd.Series(np.arange(len(key)), index=key.index)[several.index]
    for _, rows in positions.groupby(several["key"], sort=False):
        yield Link(kind, tuple(rows.tolist()))


def _conflicts(rows: pd.DataFrame, keys: dict[str, pd.Series]) -> Iterator[Link]:
    """Yield labels with several spellings, and slices with several labels; frames are slices."""
    labels = _labels(rows)
    plain = _plain(labels)
    for link in _links("label", plain, labels):
        yield Link("label", tuple(_first_rows(labels, link.rows)))
    frame = rows["frame"] if "frame" in rows.columns else pd.Series("", index=rows.index)
    for kind in ("file", "content", "sop_instance_uid"):
        if kind in keys:
            key = keys[kind].astype(str)
            slices = (key + " " + frame).mask(key.isin(["", "-1"]), "")
            yield from _links(kind, slices, plain)


def _first_rows(labels: pd.Series, rows: Sequence[int]) -> list[int]:
    """Return the first row of each spelling."""
    values = labels.to_numpy()
    return sorted({values[row]: row for row in reversed(rows)}.values())


def _merged(groups: pd.Series, links: Sequence[Link]) -> pd.Series:
    """Return the group of each row after merging linked groups, named by the first one."""
    from scipy.sparse import coo_array  # splitting imports this module without scipy
    from scipy.sparse.csgraph import connected_components

    if not links:
        return groups
    codes, names = pd.factorize(groups)
    first = [codes[link.rows[0]] for link in links for _ in link.rows]
    other = [codes[row] for link in links for row in link.rows]
    size = (len(names), len(names))
    graph = coo_array((np.ones(len(first), dtype=np.int8), (first, other)), shape=size)
    _, component = connected_components(graph, directed=False)
    leaders = np.full(len(names), len(names), dtype=np.int64)
    np.minimum.at(leaders, component, np.arange(len(names)))
    return pd.Series(np.asarray(names, dtype=object)[leaders[component[codes]]], groups.index)
