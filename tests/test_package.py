"""The package itself: what `import hilum` shows of names, version and signatures."""

from __future__ import annotations

import inspect
from importlib.metadata import version

import pytest

import hilum

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
