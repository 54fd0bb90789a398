"""The benchmark that computes the published first loss by hand agrees with the training."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.splits import split_table
from hilum.table import SliceTable


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "first_loss.py"
    spec = importlib.util.spec_from_file_location("first_loss", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> SliceTable:
    """Phantoms: 16 slices and more in train, so that there is a whole batch."""
    folder = tmp_path_factory.mktemp("phantoms")
    options = BuildOptions(phantom=PhantomSettings(patients=24, slices_per_patient=2, size=96))
    built = build_table([("phantom", folder)], out=folder / "slices.csv", options=options)
    return split_table(built.table)


@pytest.mark.parametrize(
    "network", ["mobilenetv2", pytest.param("vgg16", marks=[pytest.mark.slow])]
)
def test_the_first_loss_is_the_one_by_hand(
    benchmark: ModuleType, table: SliceTable, network: str, quick_initialisation: None
) -> None:
    first, hand, line = benchmark.one_epoch(network, table, None, ["input.size=80"])
    assert first == pytest.approx(hand, abs=2e-6)
    assert 0.1 < hand < 5
    assert line.startswith(f"| `paper/{network}` | random, whole network | 80 | ")


def test_a_part_of_a_table_holds_whole_groups_of_every_label(
    benchmark: ModuleType, table: SliceTable
) -> None:
    part = benchmark.part_of(table, 2)
    sizes = table.rows.groupby("group").size()
    taken = part.rows.groupby("group").size()
    assert taken.tolist() == sizes[taken.index].tolist()
    assert len(table) / 2 <= len(part) < len(table)
    assert set(part.labels) == set(table.labels)
