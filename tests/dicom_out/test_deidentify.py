"""What is left in a header is named, never shown; UIDs stay consistent within one use."""

from __future__ import annotations

from pydicom import Dataset

from hilum.dicom_out.deidentify import Deidentifier, what_may_identify

SECRET = "Smith"


def test_what_may_still_identify_is_named_without_its_value() -> None:
    header = Dataset()
    header.BurnedInAnnotation = "YES"
    header.SeriesDate, header.ImageComments = "20240301", f"of {SECRET}"
    header.private_block(0x0019, "maker", create=True).add_new(1, "LO", SECRET)
    header.add_new(0x60003000, "OW", b"\0\0")
    found = what_may_identify(header)
    assert found == [
        "Text may be burned into the pixels: the header says so.",
        "Private attributes are left: (0019,0010), (0019,1001).",
        "Dates or times are left: SeriesDate.",
        "Free text is left: (0019,0010), (0019,1001), ImageComments.",
        "Overlays are left, which may hold text.",
    ]
    assert SECRET not in " ".join(found)


def test_a_derived_image_that_says_nothing_of_burned_in_text_is_named() -> None:
    header = Dataset()
    header.ImageType = ["DERIVED", "SECONDARY"]
    assert what_may_identify(header) == [
        "Text may be burned into the pixels: a derived image, and its header doesn't say."
    ]


def test_one_uid_becomes_one_new_uid_and_another_time_another() -> None:
    first = Deidentifier()
    new = first.uid("1.2.3")
    assert (first.uid("1.2.3"), new != "1.2.3") == (new, True)
    assert Deidentifier().uid("1.2.3") != new
