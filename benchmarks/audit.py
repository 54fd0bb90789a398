"""What `hilum audit` says of phantoms with a planted shortcut, dose by dose, and of their link.

    python benchmarks/audit.py [--patients 60] [--doses 0 0.25 0.5 0.75 1]
    python benchmarks/audit.py --count 1000 10000 100000 [--place FOLDER]

Draws phantoms whose sources and labels are independent, plants one shortcut at a time (window,
crop, noise, JPEG quality, colour mode, file size, orientation) into so many groups that it tells
nothing of the label (dose 0) to everything (dose 1), and prints the utility of the first attribute
of the right kind, whether the audit names it, and what else it names. Then the whole audit over the
phantoms' own dial, the link of source and class.

With --count: time and peak memory of `hilum audit` of so many slices, each a process of its own
with an empty cache. The slices are the random fields of elsewhere.py: drawing so many phantoms
would take longer than the audit. `own`, `resident` and `above bare` as in memory.py; Linux only.
Prints Markdown tables.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from _machine import describe, row
from elsewhere import HEADING, fields
from memory import hilum, watched

from hilum.progress import SILENT
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.steps.audit import AuditOptions, audit_table
from hilum.steps.audit.facts import attributes_of, read_facts
from hilum.steps.audit.ranking import rank_attributes
from hilum.table import SliceTable

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from planted_shortcuts import SHORTCUTS, plant

SIZE = 128
FOUND = 1
"""Exit code of an audit that finds something."""


def drawn(folder: Path, patients: int, *, link: float = 0.0) -> SliceTable:
    """Return phantoms, drawn into `folder`."""
    settings = PhantomSettings(
        patients=patients, slices_per_patient=2, size=SIZE, link=link, seed=1
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


def measure(location: Path, counts: Sequence[int]) -> Iterator[str]:
    """Yield a row for the audit of each number of slices, and how memory grows with them."""
    imported = "import hilum.cli.app, hilum.steps.audit.step, hilum.report.audit.page, cv2"
    bare = watched([sys.executable, "-c", f"{imported}; import time; time.sleep(1)"], location)
    yield row("bare", "", "", f"{bare.resident:,.0f} MB", f"{bare.own:,.0f} MB", "0 MB")
    peaks = {}
    for count in sorted(counts):
        table = fields(location, count)
        with tempfile.TemporaryDirectory() as folder:
            command = hilum("audit", table, "--weights", "none", "--out", Path(folder) / "audit")
            peaks[count] = one = watched(command, Path(folder) / "cache", fine=(0, FOUND))
        yield row(
            f"{count:,}", f"{one.seconds:,.0f} s", f"{one.seconds / count * 1000:.1f} ms",
            f"{one.resident:,.0f} MB", f"{one.own:,.0f} MB", f"{one.own - bare.own:,.0f} MB",
        )  # fmt: skip
    few, many = min(peaks), max(peaks)
    if few < many:
        grown = peaks[many].own - peaks[few].own
        per_slice = grown / (many - few) * 1000
        yield f"\n- from {few:,} to {many:,} slices {grown:+,.0f} MB, {per_slice:.1f} kB a slice"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=60)
    parser.add_argument("--doses", type=float, nargs="*", default=[0, 0.25, 0.5, 0.75, 1])
    parser.add_argument("--count", type=int, nargs="+", help="measure audits of so many slices")
    parser.add_argument("--place", type=Path, help="with --count: keep the slices here")
    given = parser.parse_args()
    print(describe())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.count:
            location = given.place or folder
            location.mkdir(parents=True, exist_ok=True)
            print(f"\n{HEADING}\n{row(*['---'] * 6)}", flush=True)
            for line in measure(location, given.count):
                print(line, flush=True)
            return
        print("\n| planted | dose | attribute | utility | p (Holm) | named | first | also named |")
        print("|---|---|---|---|---|---|---|---|")
        for line in doses(folder, given.patients, given.doses):
            print(line, flush=True)
        print("\n| link | utility of source | border | file | lungs blacked out | found |")
        print("|---|---|---|---|---|---|")
        for line in links(folder, given.patients, given.doses):
            print(line, flush=True)


if __name__ == "__main__":
    main()
