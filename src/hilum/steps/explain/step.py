"""Explain: raw maps of every slice of a split, and pictures of the most informative ones."""

from __future__ import annotations

from pathlib import Path

from hilum.errors import UsageError
from hilum.learn.maps import LAST
from hilum.learn.predict import load_networks
from hilum.progress import SILENT, Progress
from hilum.run import Run, as_run
from hilum.run.network import network_facts
from hilum.steps.explain.pictures import show_maps
from hilum.steps.explain.write_maps import PREDICTED, MapsWanted, write_maps
from hilum.storage.atomic import new_folder
from hilum.table import SPLITS

__all__ = ["POSITIVE", "PREDICTED", "explain"]

POSITIVE = "positive"
"""Target: the positive class of the run's metrics, so that all maps explain the same class."""


def explain(
    run: Run | Path | str,
    *,
    split: str = "test",
    target: str = POSITIVE,
    method: str = "gradcam",
    layer: str = LAST,
    full_size: bool = False,
    progress: Progress = SILENT,
) -> Path:
    """Write the folder `maps/` of a run and return it.

    It holds `maps-*.npz` (arrays `slice_id`, `target`, and `cam_map` (n, rows, columns) float32 at
    the layer's resolution, not scaled; of an ensemble the mean of its members' maps, see
    `hilum.learn.maps.mean_of_maps`), `maps.json` (facts about them), `index.csv` (one row per
    slice: file and row of its map, its largest value, its state: ok, zero map, not finite),
    `shown.csv` and `pictures/`. Results of `localise` on older maps are removed.

    Args:
        run: a finished run or its folder.
        split: which slices.
        target: the class that the maps are for, "positive" or "predicted".
        method: "gradcam", "hirescam", "gradcam++", "layercam", "xgradcam" or "eigencam".
        layer: "last" (the network's last convolution), a timm path, or the mean over the
            convolutions that are "frozen", "trainable", or "all".
        full_size: write `full-*.npz` too: every map in its slice's own pixels, float16.
        progress: receives messages and progress.

    Raises:
        UsageError: there is no such split, class or method, or the run is a cross-validation.
        RunError: the run lacks something, or the network has no such layer.
    """
    run = as_run(run)
    facts = network_facts(run)
    if split not in SPLITS:
        raise UsageError(f"split must be one of {', '.join(SPLITS)}; got {split!r}.")
    known = (POSITIVE, PREDICTED, *facts.class_names)
    if target not in known:
        raise UsageError(f"target must be one of {', '.join(known)}; got {target!r}.")
    of_class = target if target in (PREDICTED, *facts.class_names) else facts.positive
    wanted = MapsWanted(facts.class_names, of_class, method, layer, full_size=full_size)
    full_table, members = run.table(), load_networks(run)
    table = full_table.part(split)
    with new_folder(run.maps, force=True) as draft:
        write_maps(members, table, draft, wanted=wanted, full_table=full_table, progress=progress)
        show_maps(table, draft)
        run.remove_localisation()  # not before: a failure leaves everything as it was
    return run.maps
