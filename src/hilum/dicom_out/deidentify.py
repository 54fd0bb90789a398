"""Remove what identifies a patient from DICOM headers, by PS3.15 E.1, and check what may be left.

The actions are those of dicom-anonymizer, whose tables are generated from the standard's own table
E.1-1 and name its edition. dicognito invents consistent new values and keeps what the table takes
out, private attributes among them; deid leaves the table to a recipe that somebody must write.
dicom-anonymizer applies its table to the top of a header alone, so that it is called for every item
of a sequence here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from dicomanonymizer import anonymize_dataset
from dicomanonymizer.simpledicomanonymizer import (
    delete,
    dicom_anonymization_database_selector,
    dictionary,
    get_UID,
    initialize_actions,
)
from pydicom import DataElement, Dataset
from pydicom.sr.codedict import codes

__all__ = ["EDITION", "Deidentifier", "what_may_identify"]

EDITION = "2026c"
"""Of PS3.15 table E.1-1, as dicom-anonymizer names its newest."""
DUMMY_DATES = ("00010101", "00010101010101.000000+0000", "000000.00", "")
DATES = ("DA", "DT", "TM")
_NEEDED_DATES = {"ContentDate", "ContentTime", "PatientBirthDate", "StudyDate", "StudyTime"}
DUMMY_TEXT = ("ANONYMIZED", "")
_FREE_TEXT = ("LO", "LT", "PN", "SH", "ST", "UC", "UT")
_TECHNICAL = {
    "CodeMeaning", "CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "ContentLabel",
    "ConvolutionKernel", "DeidentificationMethod", "FilterType", "Manufacturer",
    "ManufacturerModelName", "PositionReferenceIndicator", "RescaleType", "SoftwareVersions",
    "WindowCenterWidthExplanation",
}  # fmt: skip
"""Text that says how an image was made."""
_MAY_BE_BURNED_IN = "Text may be burned into the pixels"


@dataclass
class Deidentifier:
    """Applies the basic profile to many headers; the same UID always becomes the same new one.

    Attributes:
        removed, replaced: keyword (private ones by their tag) -> how many headers had it.
        headers: how many were changed.
    """

    removed: Counter[str] = field(default_factory=Counter)
    replaced: Counter[str] = field(default_factory=Counter)
    headers: int = 0

    def __post_init__(self) -> None:
        """Forget the UIDs of earlier uses: the library keeps them for the process."""
        dictionary.clear()
        self._actions = _actions()

    def uid(self, old: str) -> str:
        """Return the new UID that stands for an old one."""
        return str(get_UID(old))

    def apply(self, header: Dataset) -> Dataset:
        """Change a header in place by the basic profile, and return it with a note of it."""
        before = {str(one.tag): (_name(one), _value(one)) for one in _elements(header)}
        for item in [header, *_items(header)]:
            anonymize_dataset(item, base_rules_gen=lambda: dict(self._actions))
            _drop_dummy_dates(item)
        header.remove_private_tags()
        if meta := getattr(header, "file_meta", None):
            meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
        after = {str(one.tag): _value(one) for one in _elements(header)}
        self.removed.update({name for tag, (name, _) in before.items() if tag not in after})
        self.replaced.update(
            {name for tag, (name, value) in before.items() if after.get(tag, value) != value}
        )
        self.headers += 1
        header.PatientIdentityRemoved = "YES"
        header.DeidentificationMethod = (
            f"PS3.15 E.1 basic profile {EDITION}, dicom-anonymizer {version('dicom-anonymizer')}"
        )
        code, item = codes.DCM.BasicApplicationConfidentialityProfile, Dataset()
        item.CodeValue, item.CodingSchemeDesignator = code.value, code.scheme_designator
        item.CodeMeaning = code.meaning
        header.DeidentificationMethodCodeSequence = [item]
        header.LongitudinalTemporalInformationModified = "REMOVED"
        return header

    def as_json(self) -> dict[str, Any]:
        """Return what was done: names of attributes and counts, no values."""
        return {
            "profile": f"DICOM PS3.15 E.1, basic application level confidentiality, {EDITION}",
            "library": f"dicom-anonymizer {version('dicom-anonymizer')}",
            "headers": self.headers,
            "removed": dict(sorted(self.removed.items())),
            "replaced": dict(sorted(self.replaced.items())),
        }


def _actions() -> dict[Any, Any]:
    """Return the library's actions by tag; of the table's "X/Z/U*", which leaves a choice, X.

    Those are references to other objects, which an image can do without.
    """
    edition = f"dicomfields_{EDITION}"
    references = dicom_anonymization_database_selector(edition)["X_Z_U_STAR_TAGS"]
    return {**initialize_actions(edition), **dict.fromkeys(references, delete)}


def _drop_dummy_dates(header: Dataset) -> None:
    """Empty the dates that must be there, and remove the others: the library's dummy is none."""
    for one in list(header):
        if one.VR in DATES and str(one.value) in DUMMY_DATES:
            if one.keyword in _NEEDED_DATES:
                one.value = ""
            else:
                del header[one.tag]


def what_may_identify(header: Dataset) -> list[str]:
    """Return what in a de-identified image may still identify its patient, in sentences.

    Names of attributes are given, never values.
    """
    found = []
    burned = str(header.get("BurnedInAnnotation", ""))
    if burned == "YES":
        found.append(f"{_MAY_BE_BURNED_IN}: the header says so.")
    elif burned != "NO" and "ORIGINAL" not in list(header.get("ImageType", [])):
        found.append(f"{_MAY_BE_BURNED_IN}: a derived image, and its header doesn't say.")
    private = sorted({str(one.tag) for one in _elements(header) if one.tag.is_private})
    if private:
        found.append(f"Private attributes are left: {', '.join(private)}.")
    dates = _names(header, DATES, dummies=DUMMY_DATES)
    if dates:
        found.append(f"Dates or times are left: {', '.join(dates)}.")
    texts = [name for name in _names(header, _FREE_TEXT, dummies=DUMMY_TEXT)
             if name not in _TECHNICAL]  # fmt: skip
    if texts:
        found.append(f"Free text is left: {', '.join(texts)}.")
    overlays = sorted({one.tag.group for one in header if 0x6000 <= one.tag.group <= 0x60FF})
    if overlays:
        found.append("Overlays are left, which may hold text.")
    return found


def _names(header: Dataset, kinds: tuple[str, ...], *, dummies: tuple[str, ...]) -> list[str]:
    """Return the keywords of attributes of some value representations that hold no dummy."""
    return sorted(
        {
            _name(one)
            for one in _elements(header)
            if one.VR in kinds and _value(one) not in dummies and one.value is not None
        }
    )


def _elements(header: Dataset) -> Iterator[DataElement]:
    """Yield all attributes, those in sequences too; the sequences themselves come first."""
    for one in header:
        yield one
        if one.VR == "SQ":
            for item in one.value:
                yield from _elements(item)


def _items(header: Dataset) -> Iterator[Dataset]:
    """Yield all items of all sequences."""
    for one in header:
        if one.VR == "SQ":
            for item in one.value:
                yield item
                yield from _items(item)


def _name(one: DataElement) -> str:
    return one.keyword or str(one.tag)


def _value(one: DataElement) -> str:
    return "" if one.VR == "SQ" else str(one.value)
