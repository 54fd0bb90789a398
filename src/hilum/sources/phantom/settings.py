"""The settings of phantoms: how many, which classes, and the two dials."""

from __future__ import annotations

from dataclasses import dataclass

from hilum.errors import UsageError

__all__ = ["CLASSES", "PhantomSettings"]

CLASSES = ("cancer", "pneumonia", "normal")
"""The classes that phantoms can show."""

SMALLEST_SIZE = 64
"""Fewer pixels a side, and ribs and small nodules are lost between two pixels."""

LARGEST_SIZE = 1024
"""Twice the side of a clinical CT slice: more shows nothing new and fills memory."""


@dataclass(frozen=True)
class PhantomSettings:
    """What to draw.

    Attributes:
        patients: synthetic patients, each a group with one label and one source.
        slices_per_patient: slices of each, at levels from the aortic arch to the heart.
        classes: some of CLASSES, balanced.
        lesions: 0 draws no lesion whatever the label (the label is then pure chance; box and mask
            say where a tumour would be, so that maps can be compared with nothing), 1 draws it
            clearly; in between its contrast is scaled.
        link: 0 makes the source independent of the class, 1 gives each class sources of its
            own; in between this share of the patients is tied.
        size: pixels a side.
        seed: the same seed draws the same patients, however many are asked for.
    """

    patients: int = 120
    slices_per_patient: int = 3
    classes: tuple[str, ...] = ("cancer", "pneumonia")
    lesions: float = 1.0
    link: float = 0.0
    size: int = 256
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse settings out of range with UsageError."""
        for name, low, high in (
            ("patients", 1, 10_000_000),
            ("slices_per_patient", 1, 100),
            ("size", SMALLEST_SIZE, LARGEST_SIZE),
            ("seed", 0, 2**32 - 1),
        ):
            value = getattr(self, name)
            if not isinstance(value, int) or not low <= value <= high:
                raise UsageError(
                    f"phantoms: {name} must be a whole number from {low} to {high}; got {value!r}."
                )
        for name in ("lesions", "link"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise UsageError(f"phantoms: {name} must lie between 0 and 1; got {value!r}.")
        unknown = [label for label in self.classes if label not in CLASSES]
        if unknown or not self.classes or len(set(self.classes)) < len(self.classes):
            raise UsageError(
                f"phantoms: classes must be some of {', '.join(CLASSES)}, each once; "
                f"got {', '.join(self.classes) or 'none'}."
            )
