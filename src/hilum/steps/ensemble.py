"""Ensemble: finished runs in, one run out whose probabilities are the mean of theirs."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hilum.errors import RunError, UsageError
from hilum.run import RUN_MARKS, Run, as_run, write_json
from hilum.run.environment import describe_environment
from hilum.run.network import REPEATED, NetworkFacts, network_facts
from hilum.steps.same_slices import check_same_slices
from hilum.storage.atomic import new_folder, refuse_existing
from hilum.storage.file_hash import hash_of
from hilum.table import SliceTable, refuse_own_slices, write_table

__all__ = ["ensemble"]

FEWEST = 2
"""Runs that an ensemble needs."""


@dataclass(frozen=True)
class _Candidate:
    """A candidate for a member, with its facts.

    Attributes:
        run: its folder.
        table: its slices.
        facts: its classes and input.
        network, environment: the content of its JSON files.
    """

    run: Run
    table: SliceTable
    facts: NetworkFacts
    network: dict[str, Any]
    environment: dict[str, Any]


def ensemble(runs: Iterable[Run | Path | str], *, out: Path | str, force: bool = False) -> Run:
    """Create a run whose probabilities are the mean of its members'; nothing is trained.

    The members are copied into the new run, which then does not need the old folders. An ensemble
    or repeated training among `runs` is replaced by its members, each with the same weight as any
    other.

    Args:
        runs: at least two finished runs or their folders, trained on the same slices with the
            same labels and splits; their networks, input sizes and scalings may differ.
        out: the run folder to create.
        force: replace an existing run at `out`.

    Returns:
        the ensemble, which can be evaluated, explained and used like any run.

    Raises:
        UsageError: fewer than two runs, one of them twice, a cross-validation, runs that don't
            match, or `out` exists.
        RunError: a run is incomplete.
        StorageError: the disk refused; nothing is left behind.
    """
    folder = Path(out)
    refuse_existing(folder, force=force, marks=RUN_MARKS)
    members = [_candidate(run, table) for run, table in _networks(runs)]
    if len(members) < FEWEST:
        raise UsageError(f"an ensemble averages at least {FEWEST} runs; got {len(members)}.")
    first = members[0]
    for other in members[1:]:
        check_same_slices(
            (first.run, first.facts, first.table), (other.run, other.facts, other.table)
        )
    _refuse_twice(members)
    _refuse_seen_otherwise(members)
    _refuse_inside(folder, members)
    names = _names(members)
    with new_folder(folder, force=force, marks=RUN_MARKS) as draft:
        made = Run(draft)
        write_json(_network_json(members, names), made.network_file)
        write_json(_environment_json(members), made.environment_file)
        for member, name in zip(members, names, strict=True):
            _copy(member, made.members / name)
        write_table(first.table, made.table_file)
    return Run(folder)


def _networks(runs: Iterable[Run | Path | str]) -> Iterable[tuple[Run, SliceTable]]:
    """Yield the runs of one network each, with their slices; others yield their members."""
    for given in runs:
        run = as_run(given)
        if run.kind == "cross-validation":
            raise UsageError(
                f"{run.folder} is a cross-validation: each of its folds was tested on slices that "
                f"the others were trained on, so no test slice is left for an ensemble of them; "
                f"give runs of `hilum train` without --folds."
            )
        table = run.table()
        for one in _of_one_network(run):
            yield one, table


def _of_one_network(run: Run) -> list[Run]:
    """Return the run itself, an ensemble's members, or the trainings of a repeated one."""
    if run.kind == REPEATED:
        return run.seed_runs()
    return run.member_runs() if run.kind == "ensemble" else [run]


def _candidate(run: Run, table: SliceTable) -> _Candidate:
    """Return the facts of a run; RunError where one is missing."""
    found = _Candidate(run, table, network_facts(run), run.network(), run.environment())
    try:
        _ = found.network["parameters"]["total"], found.network["parameters"]["trained"]
        _ = found.environment["weights"]["pretrained"]
    except (KeyError, TypeError) as error:
        raise RunError(
            f"{run.folder} is not a complete run: network.json or environment.json lacks {error}."
        ) from None
    return found


def _refuse_twice(members: list[_Candidate]) -> None:
    """Refuse a network that is given twice: it would count twice."""
    seen: dict[str, Run] = {}
    for member in members:
        key = hash_of(member.run.weights_file)
        if key in seen:
            raise UsageError(
                f"{seen[key].folder} and {member.run.folder} hold the same network, and each may "
                f"be given once."
            )
        seen[key] = member.run


def _refuse_seen_otherwise(members: list[_Candidate]) -> None:
    """Refuse networks of which some see slices harmonised and some as they are."""
    alike = {member.run.description.harmonise: member.run for member in members}
    if len(alike) > 1:
        raise UsageError(
            f"the network of {alike[True].folder} sees slices harmonised, and that of "
            f"{alike[False].folder} as they are; give runs of one kind."
        )


def _refuse_inside(folder: Path, members: list[_Candidate]) -> None:
    """Refuse a folder that holds a member or slices: replacing it would remove them."""
    target = folder.resolve()
    if any(member.run.folder.resolve().is_relative_to(target) for member in members):
        raise UsageError(f"{folder} holds one of the runs; choose another folder.")
    for member in members:
        refuse_own_slices(member.table, folder)


def _names(members: list[_Candidate]) -> list[str]:
    """Return a folder name for each member: its own, with a number if that is taken."""
    names: list[str] = []
    for member in members:
        name, number = member.run.folder.resolve().name, 2
        free = name
        while free in names:
            free, number = f"{name}-{number}", number + 1
        names.append(free)
    return names


def _copy(member: _Candidate, folder: Path) -> None:
    """Copy the files that make a run into a new run folder, without results derived from it."""
    folder.mkdir(parents=True)
    run, copy = member.run, Run(folder)
    for source, target in (
        (run.recipe_file, copy.recipe_file), (run.network_file, copy.network_file),
        (run.environment_file, copy.environment_file), (run.history_file, copy.history_file),
        (run.weights_file, copy.weights_file),
    ):  # fmt: skip
        if not source.is_file():
            raise RunError(f"{run.folder} has no {source.name}: it is not a complete run folder.")
        shutil.copyfile(source, target)
    if run.onnx_file.is_file():
        shutil.copyfile(run.onnx_file, copy.onnx_file)
    write_table(member.table, copy.table_file)


def _title(member: _Candidate) -> str:
    """Return a member's title, marked if it started from random weights."""
    title = str(member.network.get("title", member.run.folder.name))
    return title if member.environment["weights"]["pretrained"] else f"{title} (random weights)"


def _network_json(members: list[_Candidate], names: list[str]) -> dict[str, Any]:
    """Return network.json of the ensemble: what prediction needs, and the members."""
    first, titles = members[0], Counter(map(_title, members))
    counted = ", ".join(f"{count} x {title}" if count > 1 else title
                     for title, count in titles.items())  # fmt: skip
    parameters = [member.network["parameters"] for member in members]
    return {
        "kind": "ensemble",
        "title": f"Ensemble of {len(members)}: {counted}",
        "class_names": first.facts.class_names,
        "positive": first.facts.positive,
        "input": {
            "size": first.facts.size,
            **({"harmonise": True} if first.run.description.harmonise else {}),
        },
        "windows": sorted({window for one in members for window in one.network.get("windows", ())}),
        "parameters": {key: sum(part[key] for part in parameters) for key in ("total", "trained")},
        "cam_layer": "",
        "members": [_member_json(one, name) for one, name in zip(members, names, strict=True)],
    }


def _member_json(member: _Candidate, name: str) -> dict[str, Any]:
    """Return the entry of one member; the rest is in its own network.json."""
    weights, parameters = member.environment["weights"], member.network["parameters"]
    return {
        "name": name,
        "title": str(member.network.get("title", name)),
        "origin": weights.get("origin", ""),
        "pretrained": bool(weights["pretrained"]),
        "size": member.facts.size,
        "parameters": {key: parameters[key] for key in ("total", "trained")},
    }


def _environment_json(members: list[_Candidate]) -> dict[str, Any]:
    """Return versions, machine, command, the members' weights and their time of training."""
    weights = [member.environment["weights"] for member in members]
    licences = {str(one.get("licence", "")) for one in weights} - {""}
    return {
        **describe_environment(),
        "weights": {
            "network": ", ".join(dict.fromkeys(str(one.get("network", "")) for one in weights)),
            "origin": ", ".join(dict.fromkeys(str(one.get("origin", "")) for one in weights)),
            "sha256": "",
            "pretrained": all(one["pretrained"] for one in weights),
            "licence": ", ".join(sorted(licences)),
        },
        "seconds": round(sum(float(one.environment.get("seconds", 0)) for one in members), 1),
    }
