"""hilum: from a folder of chest CT slices to a network, honest metrics, heatmaps and a report.

Importing hilum imports no torch; what needs it is loaded when it is first asked for.
Research use only; not a medical device.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "AuditOptions": "hilum.steps.audit.options",
    "BuildOptions": "hilum.sources",
    "ElsewhereOptions": "hilum.steps.evaluate.elsewhere",
    "FetchOptions": "hilum.fetch",
    "FigureOptions": "hilum.steps.figure.step",
    "HilumError": "hilum.errors",
    "PredictOptions": "hilum.steps.predict.options",
    "PlannedTraining": "hilum.steps.train.dry_run",
    "Predicted": "hilum.steps.predict.outcome",
    "PhantomSettings": "hilum.sources",
    "Progress": "hilum.progress",
    "Recipe": "hilum.recipe",
    "Refused": "hilum.steps.predict.outcome",
    "SeriesAnswer": "hilum.steps.series.answer",
    "SeriesOptions": "hilum.steps.series.answer",
    "SeriesSlice": "hilum.steps.series.answer",
    "TopSlice": "hilum.steps.series.answer",
    "LeftOutFiles": "hilum.readers.series",
    "predict_series": "hilum.steps.series.step",
    "write_series": "hilum.steps.series.write",
    "SeriesOutput": "hilum.steps.series.write",
    "SeriesSummary": "hilum.steps.series.write",
    "Run": "hilum.run.folder",
    "SanityOptions": "hilum.steps.sanity.step",
    "SliceImage": "hilum.readers",
    "SliceTable": "hilum.table",
    "TrainOptions": "hilum.steps.train.options",
    "Window": "hilum.readers",
    "audit_table": "hilum.steps.audit.step",
    "build_table": "hilum.sources",
    "build_cleaned": "hilum.steps.clean.build",
    "clean": "hilum.steps.clean.step",
    "compare": "hilum.steps.compare.step",
    "cross_validate": "hilum.steps.train.cross_validate",
    "deal_folds": "hilum.splits",
    "describe": "hilum.steps.describe.step",
    "describe_listed": "hilum.steps.describe.step",
    "draw_figure": "hilum.steps.figure.step",
    "ensemble": "hilum.steps.ensemble",
    "evaluate": "hilum.steps.evaluate.step",
    "evaluate_elsewhere": "hilum.steps.evaluate.elsewhere",
    "explain": "hilum.steps.explain.step",
    "export": "hilum.steps.export",
    "find_duplicates": "hilum.steps.duplicates.step",
    "fetch_collection": "hilum.fetch",
    "load_recipe": "hilum.recipe",
    "localise": "hilum.steps.localise.step",
    "open_run": "hilum.run.folder",
    "plan_training": "hilum.steps.train.dry_run",
    "predict": "hilum.steps.predict.step",
    "random_labels": "hilum.steps.train.random_labels",
    "read_maps": "hilum.cam_maps",
    "read_slice": "hilum.readers",
    "read_table": "hilum.table",
    "repeat_training": "hilum.steps.train.repeat_training",
    "resume": "hilum.steps.train.resume",
    "sanity": "hilum.steps.sanity.step",
    "split_table": "hilum.splits",
    "tracked": "hilum.learn.trackers.tracked",
    "train": "hilum.steps.train.step",
    "tune": "hilum.steps.tune.step",
    "write_predictions": "hilum.steps.predict.write",
    "write_report": "hilum.report",
    "write_table": "hilum.table",
}
"""Public name -> the module that holds it."""

__all__ = sorted(_PUBLIC)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("hilum")
    elif name in _PUBLIC:
        value = _public(getattr(import_module(_PUBLIC[name]), name))
    else:
        raise AttributeError(f"module 'hilum' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return ["__version__", *__all__]


class _Unquoted(str):
    """An annotation whose repr is its text, so that `help` shows it without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _public(value: Any) -> Any:
    """Return a public name's value as users get it: functions take `progress="bar"`."""
    from inspect import isfunction

    if isfunction(value):
        from hilum.bars import with_bar

        value = with_bar(value)
    _unquote_annotations(value)
    return value


def _unquote_annotations(value: Any) -> None:
    """Give a function or dataclass a signature that reads as it was written.

    Annotations are text here (PEP 563), and `inspect` quotes text.
    """
    from inspect import Signature, isfunction, signature

    if not (isfunction(value) or hasattr(value, "__dataclass_fields__")):
        return
    written = signature(value)
    parameters = [
        parameter.replace(annotation=_unquoted(parameter.annotation))
        for parameter in written.parameters.values()
    ]
    returned = Signature.empty if isinstance(value, type) else _unquoted(written.return_annotation)
    value.__signature__ = written.replace(parameters=parameters, return_annotation=returned)


def _unquoted(annotation: Any) -> Any:
    return _Unquoted(annotation) if isinstance(annotation, str) else annotation
