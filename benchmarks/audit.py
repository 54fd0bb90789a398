"""What `hilum audit` says of phantoms with a planted shortcut, dose by dose, and of their link.

    python benchmarks/audit.py [--patients 60] [--doses 0 0.25 0.5 0.75 1]
    python benchmarks/audit.py --count 100000 [--size 64]

Draws phantoms whose sources and labels are independent, plants one shortcut at a time (window,
crop, noise, JPEG quality, colour mode, file size, orientation) into so many groups that it tells
nothing of the label (dose 0) to everything (dose 1), and prints the utility of the first attribute
of the right kind, whether the audit names it, and what else it names. Then the whole audit over the
phantoms' own dial, the link of source and class. With --count: seconds and peak memory of an audit
of so many phantom slices. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from _machine import describe

from hilum.progress import SILENT
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.steps.audit import AuditOptions, audit_table
from hilum.steps.audit.facts import attributes_of, read_facts
from hilum.steps.audit.ranking import rank_attributes
from hilum.table import SliceTable

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from planted_shortcuts import SHORTCUTS, plant

SIZE = 128


def drawn(
    folder: Path, patients: int, *, link: float = 0.0, slices: int = 2, size: int = SIZE
) -> SliceTable:
    """Return phantoms, drawn into `folder`."""
    settings = PhantomSettings(
        patients=patients, slices_per_patient=slices, size=size, link=link, seed=1
    )
    options = BuildOptions(phantom=settings)
    return build_table([("phantom", folder)], out=folder / "slices.csv", options=options).table


def doses(folder: Path, patients: int, levels: Sequence[float]) -> Iterator[str]:
    """Yield a row for each shortcut and dose."""
    table = drawn(folder / "crossed", patients)
    for shortcut, kind in SHORTCUTS.items():
        for dose in levels:
            planted = plant(
                table, folder / f"{shortcut}-{dose}".replace(" ", "-"), shortcut, dose=dose
            )
            ranked = rank_attributes(
                planted, attributes_of(planted, read_facts(planted, SILENT))[0]
            )
            own = next(row for row in ranked if row["kind"] == kind)
            others = sorted({row["kind"] for row in ranked if row["tells"]} - {kind})
            first = ranked[0]["kind"] if ranked[0]["tells"] else "none"
            yield (
                f"| {shortcut} | {dose:g} | {own['name']} | {own['utility']:.2f} | "
                f"{own['p_holm']:.3f} | {'yes' if own['tells'] else 'no'} | {first} | "
                f"{', '.join(others) or '–'} |"
            )


def links(folder: Path, patients: int, levels: Sequence[float]) -> Iterator[str]:
    """Yield a row for each link of source and class: the whole audit."""
    for link in levels:
        table = drawn(folder / f"link-{link}", patients, link=link)
        content = audit_table(
            table, out=folder / f"audit-{link}", options=AuditOptions(weights="none")
        )
        checks = content["checks"]
        source = next(r for r in checks["attributes"]["ranked"] if r["name"] == "source")
        probes = checks["probes"]["auc"]
        no_lungs = checks["masking"]["auc"]["no_lungs"]["no_lungs"]
        yield (
            f"| {link:g} | {source['utility']:.2f} | {_auc(probes['border'])} | "
            f"{_auc(probes['file'])} | {_auc(no_lungs)} | {', '.join(content['found']) or 'none'} |"
        )


def _auc(figure: dict[str, Any]) -> str:
    return f"{figure['value']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}]"


def measure(folder: Path, count: int, size: int) -> str:
    """Return a row of what an audit of so many slices takes; drawing them is not timed."""
    table = drawn(folder / "many", count // 10, slices=10, size=size)
    before, cores = time.perf_counter(), time.process_time()
    audit_table(table, out=folder / "audit-many", options=AuditOptions(weights="none"))
    seconds, of_core = time.perf_counter() - before, time.process_time() - cores
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"| {len(table):,} | {seconds:.0f} | {of_core:.0f} | {peak:.0f} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=60)
    parser.add_argument("--doses", type=float, nargs="*", default=[0, 0.25, 0.5, 0.75, 1])
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--size", type=int, default=SIZE, help="pixels a side, with --count")
    given = parser.parse_args()
    print(describe())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.count:
            print("\n| slices | seconds | seconds of a core | peak MB |\n|---|---|---|---|")
            print(measure(folder, given.count, given.size), flush=True)
            return
        print("\n| planted | dose | attribute | utility | p (Holm) | named | first | also named |")
        print("|---|---|---|---|---|---|---|---|")
        for row in doses(folder, given.patients, given.doses):
            print(row, flush=True)
        print("\n| link | utility of source | border | file | lungs blacked out | found |")
        print("|---|---|---|---|---|---|")
        for row in links(folder, given.patients, given.doses):
            print(row, flush=True)


if __name__ == "__main__":
    main()
