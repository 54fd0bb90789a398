"""The notebook runs from its first cell to its last, and shows what is stored in it."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def runner() -> ModuleType:
    """The script that runs the notebook."""
    spec = importlib.util.spec_from_file_location("run_notebook", HERE / "run_notebook.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def notebook(runner: ModuleType) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(runner.NOTEBOOK.read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Networks this small are slower on several threads, which wait for each other."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def _kinds(outputs: list[list[dict[str, Any]]]) -> list[list[list[str]]]:
    """Return what each output of each cell is: printed, or the representations of an object."""
    return [[sorted(shown.get("data", ["printed"])) for shown in cell] for cell in outputs]


def _shortened(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return the notebook with fewer patients and epochs, all else as it stands."""
    text = json.dumps(notebook)
    for long, short in (("patients=60", "patients=24"), ("training.epochs=8", "training.epochs=1")):
        assert text.count(long) == 1
        text = text.replace(long, short)
    content: dict[str, Any] = json.loads(text)
    return content


def test_the_notebook_runs_and_shows_the_kinds_of_output_that_are_stored(
    runner: ModuleType, notebook: dict[str, Any], one_thread: None, tmp_path: Path
) -> None:
    stored = [cell["outputs"] for cell in runner.code_cells(notebook)]
    assert _kinds(runner.run_cells(_shortened(notebook), tmp_path)) == _kinds(stored)
    assert (tmp_path / "run" / "report.html").is_file()


def test_table_run_metrics_and_pictures_are_stored_inline(
    runner: ModuleType, notebook: dict[str, Any]
) -> None:
    shown = [o for cell in runner.code_cells(notebook) for o in cell["outputs"]]
    html = "".join("".join(o.get("data", {}).get("text/html", [])) for o in shown)
    assert all(
        word in html for word in ("120 slices (60 groups)", "auc of the border alone", "Run")
    )
    assert sum("image/png" in o.get("data", {}) for o in shown) == 2
    assert sum("image/svg+xml" in o.get("data", {}) for o in shown) == 1


def test_the_notebook_names_no_folder_of_the_machine_it_ran_on(runner: ModuleType) -> None:
    text = runner.NOTEBOOK.read_text(encoding="utf-8")
    assert not re.search(r"/(?:home|tmp|Users|root|work)/", text)


def test_links_of_the_notebook_lead_somewhere(runner: ModuleType, notebook: dict[str, Any]) -> None:
    text = "".join(line for cell in notebook["cells"] for line in cell["source"])
    links = re.findall(r"\]\((\.\.[^)#]+)\)", text)
    assert len(links) == 3
    assert [link for link in links if not (runner.NOTEBOOK.parent / link).is_file()] == []


def test_a_cell_that_raises_is_named(runner: ModuleType, tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": ["1 / 0"]}]
    with pytest.raises(RuntimeError, match="cell 1 failed"):
        runner.run_cells({"cells": cells}, tmp_path)
