"""The training slices of a table as a stock of examples: classes, sources, where lesions are."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from hilum.errors import RecipeError
from hilum.learn.data import Slices
from hilum.learn.robust.examples import ANY, Cast, ExampleSource, Stock
from hilum.learn.robust.wide import changes_look
from hilum.prepare import Decoded
from hilum.prepare.harmonise import ShownPart
from hilum.prepare.lesions import has_lesion, lesion_regions
from hilum.recipe import Recipe
from hilum.table import SliceTable

__all__ = ["describe_sources", "example_source", "lesion_picture", "needs_examples"]

Mask = npt.NDArray[np.bool_]


def needs_examples(recipe: Recipe) -> bool:
    """Whether a recipe trains on more than slices and their classes."""
    training = recipe.training
    return bool(
        recipe.crossing.share
        or training.restricted
        or training.lesion_loss
        or training.sampling == "balanced"
        or changes_look(recipe.augmentation)
    )


def example_source(
    table: SliceTable, decoded: Decoded, slices: Slices, recipe: Recipe
) -> ExampleSource:
    """Return what examples are drawn from.

    Args:
        table: all slices of the training.
        decoded: the same slices, at the recipe's size.
        slices: those that are trained on.
        recipe: a complete one.

    Raises:
        TableError, ReadError: see `hilum.prepare.lesions.lesion_regions`.
    """
    names, sources = recipe.classes.names, sorted(set(table.rows["source"]))
    number = {name: index for index, name in enumerate(sources)}
    codes = table.rows["source"].map(number).to_numpy(dtype=np.int64)
    marked = has_lesion(table.rows).to_numpy()
    lesions = {
        index: np.packbits(region)
        for index, row in enumerate(slices.rows.tolist())
        if marked[row] and (region := lesion_picture(table, decoded, row)).any()
    }
    stock = Stock(slices.grey, slices.rows, slices.target, codes[slices.rows], lesions)
    return ExampleSource(stock, len(names), _cast(recipe), recipe.crossing)


def describe_sources(examples: ExampleSource, table: SliceTable, recipe: Recipe) -> str:
    """Return in words which classes each source holds, and what a training can't learn from that.

    Raises:
        RecipeError: the loss is restricted, and no source holds two classes to compare.
    """
    names, sources = recipe.classes.names, sorted(set(table.rows["source"]))
    parts, alone = [], []
    for code, source in enumerate(sources[: len(examples.holds)]):
        held = np.flatnonzero(examples.holds[code]).tolist()
        if not held:
            continue
        texts = [f"{names[k]}{'' if (code, k) in examples.own else ' (made)'}" for k in held]
        parts.append(f"{source} {', '.join(texts)}")
        if len(held) == 1:
            alone.append(source)
    restricted = recipe.training.restricted
    if restricted and len(alone) == len(parts):
        raise RecipeError(
            f"[training] restricted: no source holds two classes ({'; '.join(parts)}), so that "
            f"there is nothing to compare; add slices of another class to a source, set "
            f"crossing.share, or set training.restricted=false."
        )
    sentence = f"Sources hold: {'; '.join(parts)}."
    if restricted and alone:
        sentence += f" From {', '.join(alone)} only the map's loss learns: one class each."
    sentence += _not_made(examples, recipe)
    if len(parts) == 1:
        sentence += " With one source nothing shows whether the network holds on another."
    return sentence


def _not_made(examples: ExampleSource, recipe: Recipe) -> str:
    """Return in words which lesions the crossing can't make of these slices; "" if all."""
    crossing, cast, sentence = recipe.crossing, examples.cast, ""
    if crossing.share and (crossing.transplants or crossing.removals) and not len(examples.donors):
        made = "all made ones are drawn" if crossing.drawn else "none is made"
        lacking = [made] if crossing.transplants else []
        lacking += ["none is removed"] if crossing.removals else []
        lacking += ["no plain lung is moved"] if crossing.controls else []
        *others, last = lacking
        sentence = (
            f" No tumour is marked by a mask or a box, so that {', '.join(others)}"
            f"{' and ' if others else ''}{last}."
        )
    missing = ""
    if cast.opacity == ANY:
        missing = f"{crossing.opacity_class} (crossing.opacity_class)"
    if cast.healthy == ANY:
        missing = recipe.classes.healthy or "the healthy class (classes.healthy)"
    if crossing.share and crossing.opacities and missing:
        sentence += f" Without slices of {missing} no consolidation or ground glass is made."
    if crossing.share and crossing.removals and cast.healthy == ANY and len(examples.donors):
        sentence += " Without a healthy class no tumour is removed."
    return sentence


def lesion_picture(table: SliceTable, decoded: Decoded, row: int) -> Mask:
    """Return where the lesion of a slice is in its decoded picture, (size, size) bool.

    By its mask where it has one, else by ellipses in its boxes; all False where neither shows.

    Args:
        table: the slices.
        decoded: the same slices.
        row: 0-based.
    """
    size = decoded.grey.shape[-1]
    shape = (int(decoded.shapes[row][0]), int(decoded.shapes[row][1]))
    regions = lesion_regions(table, row, shape)
    if not regions:
        return np.zeros((size, size), dtype=bool)
    region = regions["mask"] if "mask" in regions else _ellipses(regions["boxes"])
    if decoded.placements[row]:
        region = ShownPart.of_text(decoded.placements[row]).mask(region)
    shares = cv2.resize(
        region.astype(np.uint8) * np.uint8(255), (size, size), interpolation=cv2.INTER_AREA
    )
    marked = shares > 127
    return np.asarray(marked if marked.any() else shares > 0, dtype=bool)


def _ellipses(boxes: Mask) -> Mask:
    """Return the largest ellipse in each separate box: tumours don't fill the corners."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(boxes.astype(np.uint8))
    drawn = np.zeros(boxes.shape, dtype=np.uint8)
    for left, top, width, height, _ in stats[1:count].tolist():
        centre = (left + width / 2 - 0.5, top + height / 2 - 0.5)
        cv2.ellipse(drawn, (centre, (width, height), 0.0), 1, thickness=cv2.FILLED)
    return drawn > 0


def _cast(recipe: Recipe) -> Cast:
    """Return which class is which."""
    names = list(recipe.classes.names)
    wanted = recipe.classes.positive, recipe.crossing.opacity_class, recipe.classes.healthy
    return Cast(*(names.index(name) if name in names else ANY for name in wanted))
