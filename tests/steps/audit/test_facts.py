"""What files tell: which columns are attributes, and which name or describe what is predicted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import MakeTable
from PIL import Image

from hilum.errors import ReadError
from hilum.progress import SILENT
from hilum.steps.audit.facts import TableFacts, attributes_of, file_features, read_facts
from hilum.table import SliceTable


@pytest.fixture
def slices(tmp_path: Path, make_table: MakeTable) -> SliceTable:
    """Two PNG of one shape and two JPEG of another."""
    grey = np.random.default_rng(0).integers(0, 255, (40, 60), dtype=np.uint8)
    for number in range(2):
        Image.fromarray(grey).save(tmp_path / f"{number}.png")
        Image.fromarray(grey.T).save(tmp_path / f"{number + 2}.jpg", quality=80)
    return make_table(4, folder=tmp_path, path=["0.png", "1.png", "2.jpg", "3.jpg"])


@pytest.fixture
def facts(slices: SliceTable) -> TableFacts:
    return read_facts(slices, SILENT)


def test_each_file_is_described_by_its_header(facts: TableFacts, slices: SliceTable) -> None:
    rows = facts.rows
    assert list(rows["format"]) == ["PNG", "PNG", "JPEG", "JPEG"]
    assert list(rows["rows"]) == [40, 40, 60, 60]
    assert list(rows["aspect"]) == pytest.approx([1.5, 1.5, 2 / 3, 2 / 3])
    assert list(rows["bytes"]) == [path.stat().st_size for path in slices.paths()]
    assert rows["bits_per_pixel"][0] == pytest.approx(8 * rows["bytes"][0] / 2400)
    assert list(rows["quality"].isna()) == [True, True, False, False]
    assert list(rows["quality"][2:]) == pytest.approx([80, 80], abs=1)


def test_features_of_files_stand_for_what_is_unknown_too(facts: TableFacts) -> None:
    features = file_features(facts)
    assert features.shape[0] == 4 and np.isfinite(features).all()
    assert (features[0] == features[1]).all() and (features[0] != features[2]).any()
    assert (features == -1).any()  # the JPEG quality of a PNG


def test_columns_that_name_or_describe_disease_are_no_attributes(
    facts: TableFacts, slices: SliceTable
) -> None:
    rows = slices.rows.assign(
        Stage_T="1", scanner=["A", "A", "B", "B"], operator=["a", "b", "c", "d"], kernel="",
        age=["61", "", "70", "55"], patient_id=["p1", "p2", "p3", "p4"], remark="x",
    )  # fmt: skip
    found, left_out = attributes_of(SliceTable(rows, slices.folder), facts, ignored=("remark",))
    names = {one.name: one for one in found}
    assert left_out == {
        "Stage_T": "describes the disease",
        "operator": "nearly every group has a value of its own",
        "remark": "left out by --ignore",
    }
    assert {"scanner", "age", "source", "jpeg_quality", "file_bytes"} <= set(names)
    assert not {"kernel", "patient_id", "label", "group"} & set(names)  # kernel: nothing is known
    assert (names["age"].is_number, names["scanner"].is_number) == (True, False)
    assert (names["source"].kind, names["scanner"].kind, names["rows"].kind) == (
        "source", "column", "size",
    )  # fmt: skip


def test_a_slice_that_cannot_be_read_is_named(slices: SliceTable) -> None:
    slices.paths()[3].write_bytes(b"no picture")
    with pytest.raises(ReadError, match=r"slices\.csv, row 5"):
        read_facts(slices, SILENT)


def test_facts_are_read_in_the_order_of_the_table(slices: SliceTable) -> None:
    turned = SliceTable(slices.rows.iloc[::-1].reset_index(drop=True), slices.folder)
    assert list(read_facts(turned, SILENT).rows["format"]) == ["JPEG", "JPEG", "PNG", "PNG"]
