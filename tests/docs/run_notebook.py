"""Runs the notebook cell by cell and writes what the cells show back into it, pictures inline.

IPython alone runs the cells: no kernel, no server. After a change of the notebook, or of what its
cells show: `python tests/docs/run_notebook.py`.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from IPython.core.displayhook import CapturingDisplayHook
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

__all__ = ["NOTEBOOK", "run_cells", "with_outputs"]

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "notebooks" / "phantoms.ipynb"

Cell = dict[str, Any]


def run_cells(notebook: dict[str, Any], folder: Path) -> list[list[Cell]]:
    """Run the code cells of a notebook in `folder`; return the outputs of each, as nbformat does.

    Raises:
        RuntimeError: a cell raised.
    """
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(colors="nocolor")  # the one that `display` finds
    shell.display_formatter.active_types = shell.display_formatter.format_types  # not text alone
    shell.display_pub = CapturingDisplayPublisher()
    shell.display_trap.hook = CapturingDisplayHook(shell, displayed := [])
    outputs = []
    with contextlib.chdir(folder):
        for number, cell in enumerate(code_cells(notebook), start=1):
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                result = shell.run_cell("".join(cell["source"]), store_history=False)
            if not result.success:
                raise RuntimeError(f"cell {number} failed:\n{printed.getvalue()}")
            displays = [*shell.display_pub.outputs, *displayed]
            outputs.append(list(_outputs(printed.getvalue(), displays)))
            shell.display_pub.outputs.clear()
            displayed.clear()
    InteractiveShell.clear_instance()
    return outputs


def code_cells(notebook: dict[str, Any]) -> list[Cell]:
    """Return the cells of a notebook that hold code."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def _outputs(text: str, displayed: list[Any]) -> Iterator[Cell]:
    """Yield what was printed and displayed."""
    if text:
        yield {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}
    for output in displayed:
        yield {
            "output_type": "display_data",
            "metadata": {},
            "data": {kind: _as_text(value) for kind, value in output["data"].items()},
        }


def _as_text(value: bytes | str) -> str | list[str]:
    """Return one representation as nbformat stores it: text by lines, pictures as Base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value.splitlines(keepends=True)


def with_outputs(notebook: dict[str, Any], outputs: list[list[Cell]]) -> dict[str, Any]:
    """Return the notebook with new outputs."""
    for number, (cell, shown) in enumerate(
        zip(code_cells(notebook), outputs, strict=True), start=1
    ):
        cell["outputs"], cell["execution_count"] = shown, number
    return notebook


def main() -> None:
    """Run the notebook and write it back."""
    os.environ.setdefault("HILUM_CACHE", tempfile.mkdtemp())
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        notebook = with_outputs(notebook, run_cells(notebook, Path(folder)))
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    NOTEBOOK.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
