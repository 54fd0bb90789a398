"""Export: a run in, one self-contained file for prediction out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.engines import OnnxNetwork, mean_probabilities, open_onnx
from hilum.engines.onnx_network import CARD
from hilum.errors import RunError, UsageError
from hilum.learn.onnx.export import describe, difference_to_torch, onnx_model
from hilum.learn.onnx.quantise import quantise
from hilum.learn.predict import load_network
from hilum.prepare import BATCH, Pictures, decode_table
from hilum.progress import SILENT, Progress
from hilum.run import Run, as_run
from hilum.run.environment import version
from hilum.run.network import NetworkFacts, network_facts
from hilum.scores import compute_metrics
from hilum.steps.evaluate.metrics import labelled, predictions_frame
from hilum.steps.predict.formats import NOTICE
from hilum.storage.atomic import new_file, refuse_existing
from hilum.table import SliceTable

__all__ = ["PRECISIONS", "Exported", "export"]

PRECISIONS = ("float32", "int8")
CHECKED = 5
"""Random slices on which the file must agree with torch, in batches of two sizes."""
CALIBRATION = 128
"""Training slices for calibrating the range of every activation; more hardly change it."""


@dataclass(frozen=True)
class Exported:
    """The exported file, and measurements on it.

    Attributes:
        file: the ONNX file.
        precision: one of `PRECISIONS`.
        bytes: size of the file; `float32_bytes`: that of the same network in float32.
        logit_difference: the largest difference to torch's logits (float32), on random slices.
        validation: only of int8: `slices`, `calibrated_on`, and for `float32` and `int8` the `auc`
            (value, low, high; 95 % interval over groups) and `slices_a_second`; and the largest
            `probability_difference` between the two.
    """

    file: Path
    precision: str
    bytes: int
    float32_bytes: int
    logit_difference: float
    validation: dict[str, Any] | None = None


def export(
    run: Run | Path | str,
    *,
    out: Path | str,
    precision: str = "float32",
    force: bool = False,
    progress: Progress = SILENT,
) -> Exported:
    """Write the network of a run as one self-contained ONNX file, and check it.

    Its input `grey` is (slices, 1, size, size) float32, grey levels 0..255; its output `logits` is
    (slices, classes) float32. Its metadata contain network.json: class names, windows, thresholds,
    temperature.

    Args:
        run: a finished run of one network, or its folder.
        out: the file to write, `*.onnx`.
        precision: "float32", verified against torch; or "int8", calibrated on training slices and
            refused if its AUC on the validation slices is outside of float32's interval.
        force: replace an existing file at `out`.
        progress: receives the number of slices read.

    Raises:
        UsageError: `out` exists or isn't called .onnx, no such precision, or the run has no
            network of its own.
        RunError: the network can't be exported, or the file does not agree with the network;
            nothing is written then.
        ReadError: a slice that int8 needs can no longer be read.
    """
    run, path = as_run(run), Path(out)
    if precision not in PRECISIONS:
        raise UsageError(f"precision must be one of {', '.join(PRECISIONS)}; got {precision!r}.")
    if path.suffix != ".onnx":
        raise UsageError(f"an exported network is called FILE.onnx; got {path}.")
    refuse_existing(path, force=force)
    network, facts = load_network(run).cpu(), network_facts(run)
    model = onnx_model(network, size=facts.size)
    describe(model, _metadata(run, facts, precision))
    drawn = np.random.default_rng(0).integers(0, 256, (CHECKED, facts.size, facts.size), np.uint8)
    with new_file(path) as draft:
        draft.write_bytes(model.SerializeToString())
        difference, size = difference_to_torch(network, draft, drawn), draft.stat().st_size
        content = None
        if precision == "int8":
            content = _to_int8(run, facts, model, draft, progress)
        written = draft.stat().st_size
    return Exported(path, precision, written, size, difference, content)


def _metadata(run: Run, facts: NetworkFacts, precision: str) -> dict[str, Any]:
    """Return the metadata of the file."""
    content = run.network()
    return {
        CARD: content,
        "notice": NOTICE,
        "hilum": version(),
        "title": str(content.get("title", "")),
        "precision": precision,
        "input": f"grey: (slices, 1, {facts.size}, {facts.size}) float32, grey levels 0..255 of "
        f"whole slices; scaling is part of the network",
        "output": f"logits: (slices, {len(facts.class_names)}) float32, before softmax",
        "class_names": facts.class_names,
        "positive": facts.positive,
        "size": facts.size,
        "windows": content.get("windows", []),
    }


def _to_int8(
    run: Run, facts: NetworkFacts, model: Any, draft: Path, progress: Progress
) -> dict[str, Any]:
    """Replace the float32 network at `draft` by its 8-bit version; return measurements on both."""
    table = run.table()
    chosen, validation = _calibration(table, run), table.part("validation")
    if validation.rows["label"].eq(facts.positive).nunique() < 2:
        raise RunError(
            f"{run.table_file}: int8 is compared with float32 by its AUC on the validation "
            "slices, which lack a class; export float32."
        )
    with decode_table(validation, size=facts.size, progress=progress) as decoded:
        agreement, auc, speed = _measure(open_onnx(draft), validation, decoded.grey, facts)
        with decode_table(chosen, size=facts.size, progress=progress) as seen:
            small = quantise(model, seen.grey[:])
        describe(small, _metadata(run, facts, "int8"))
        draft.write_bytes(small.SerializeToString())
        eight, auc8, speed8 = _measure(open_onnx(draft), validation, decoded.grey, facts)
    if auc8["value"] < auc["low"]:
        raise RunError(
            f"in 8 bits the validation AUC falls from {auc['value']:.3f} to {auc8['value']:.3f}, "
            f"below float32's own interval ({auc['low']:.3f} to {auc['high']:.3f}); export float32."
        )
    return {
        "slices": len(validation),
        "calibrated_on": len(chosen),
        "float32": {"auc": auc, "slices_a_second": speed},
        "int8": {"auc": auc8, "slices_a_second": speed8},
        "probability_difference": float(np.abs(agreement - eight).max()),
    }


def _calibration(table: SliceTable, run: Run) -> SliceTable:
    """Return training slices, classes balanced as far as possible, drawn by the recipe's seed."""
    part = table.part("train")
    chance = np.random.default_rng(run.recipe().training.seed)
    share = CALIBRATION // part.rows["label"].nunique()
    drawn: list[int] = []
    for _, own in part.rows.groupby("label", sort=True):
        drawn += list(chance.permutation(own.index.to_numpy())[:share])
    return part.where(part.rows.index.to_series().isin(drawn))


def _measure(
    network: OnnxNetwork, table: SliceTable, grey: Pictures, facts: NetworkFacts
) -> tuple[npt.NDArray[np.float64], dict[str, Any], float]:
    """Return probabilities (n, classes), the AUC with its interval, and slices per second."""
    network.logits(grey[:BATCH])  # the first batch allocates memory
    began, outputs = time.perf_counter(), []
    for first in range(0, len(grey), BATCH):
        outputs.append(mean_probabilities([network], {facts.size: grey[first : first + BATCH]}))
    speed = len(grey) / (time.perf_counter() - began)
    probabilities = np.concatenate(outputs)
    rows: pd.DataFrame = predictions_frame(table, probabilities, facts.class_names)
    area = compute_metrics(labelled(rows, facts.class_names, facts.positive))["auc"].as_json()
    return probabilities, area, speed
