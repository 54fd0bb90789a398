"""The package itself: what `import hilum` shows of names, version and signatures."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Iterable
from importlib.metadata import distribution, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import hilum
from tests.check_dist import DATA, TRACKED

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
PREDICT_MEGABYTES = 400
"""What an environment that only predicts may take; `make dist` measures a fresh one."""
FUNCTIONS = sorted(name for name in hilum.__all__ if name.islower())


def test_dir_lists_the_public_names_and_the_version_alone() -> None:
    assert dir(hilum) == sorted(["__version__", *hilum.__all__])


def test_the_version_is_that_of_the_installed_package() -> None:
    assert hilum.__version__ == version("hilum")


def test_the_signature_of_train_reads_as_it_was_written() -> None:
    shown = str(inspect.signature(hilum.train))
    assert "(table: SliceTable | Path | str, recipe: Recipe | Path | str, *, out:" in shown
    assert shown.endswith('progress: Progress | "bar" = SILENT) -> Run')


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_signature_shows_quotes_or_addresses(name: str) -> None:
    written = inspect.signature(getattr(hilum, name))
    annotations = [p.annotation for p in written.parameters.values()]
    assert not [a for a in [*annotations, written.return_annotation] if repr(a).startswith("'")]
    assert " at 0x" not in str(written)


def test_a_signature_keeps_defaults_and_kinds() -> None:
    parameters = inspect.signature(hilum.BuildOptions).parameters
    assert parameters["slices_per_patient"].default == 10
    assert str(parameters["labels"]) == "labels: tuple[str, ...] = ()"


def needed(requirements: Iterable[str], extras: Iterable[str], found: dict[str, int]) -> None:
    """Add the distributions that requirements lead to, with the bytes of their installed files."""
    for requirement in map(Requirement, requirements):
        marker = requirement.marker
        if marker and not any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            continue
        one = distribution(requirement.name)
        if one.name in found and not requirement.extras:
            continue
        files = [Path(str(file.locate())) for file in one.files or ()]
        found[one.name] = sum(file.stat().st_size for file in files if file.is_file())
        needed(one.requires or (), requirement.extras, found)


def test_what_predicting_needs_is_small_and_holds_neither_torch_nor_opencv() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    found: dict[str, int] = {}
    needed([*project["dependencies"], *project["optional-dependencies"]["predict"]], (), found)
    own = [
        file for file in Path(hilum.__file__).parent.rglob("*") if "__pycache__" not in str(file)
    ]
    size = (sum(found.values()) + sum(file.stat().st_size for file in own if file.is_file())) / 1e6
    assert {"numpy", "pandas", "onnxruntime", "pydicom"} <= set(found)
    assert not {"torch", "opencv-python-headless", "scipy", "matplotlib"} & set(found)
    assert 200 < size <= PREDICT_MEGABYTES, sorted(found.items(), key=lambda one: -one[1])[:8]


def test_make_dist_looks_for_files_that_are_here() -> None:
    looked_for = [*(f"src/hilum/{name}" for name in DATA), *TRACKED]
    assert [name for name in looked_for if not (PROJECT.parent / name).is_file()] == []
