"""Writes src/hilum/fetch/lung_pet_ct_dx.csv from the index that idc-index packages.

Needs pyarrow and idc-index-data, which hilum itself does not: pip install both, then
`python tests/fetch/write_idc_list.py`. A newer index may give newer versions of series; the
old ones stay in the bucket, so that the list needs no haste.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pandas as pd

__all__ = ["LIST", "series_of_index"]

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "src" / "hilum" / "fetch" / "lung_pet_ct_dx.csv"
COLUMNS = [
    "PatientID", "SeriesInstanceUID", "Modality", "sop_class_name", "instanceCount",
    "series_size_MB", "crdc_series_uuid", "aws_bucket", "analysis_result_id",
]  # fmt: skip


def series_of_index() -> pd.DataFrame:
    """Return the collection's own series (no later analyses), as the list has them, sorted."""
    index = import_module("idc_index_data").IDC_INDEX_PARQUET_FILEPATH
    table = import_module("pyarrow.parquet").read_table(
        index, columns=COLUMNS, filters=[("collection_id", "=", "lung_pet_ct_dx")]
    )
    rows = table.to_pandas()
    rows = rows[rows["analysis_result_id"].isna()]
    assert set(rows["aws_bucket"]) == {"idc-open-data"}
    fused = rows["sop_class_name"].str.startswith("Secondary Capture")
    kind = rows["Modality"].map({"CT": "ct", "PT": "pet"}).mask(fused, "fused")
    listed = pd.DataFrame(
        {
            "patient": rows["PatientID"],
            "series": rows["SeriesInstanceUID"],
            "kind": kind,
            "images": rows["instanceCount"].astype(int),
            "kilobytes": (rows["series_size_MB"].astype(float) * 1000).round().astype(int),
            "folder": rows["crdc_series_uuid"],
        }
    )
    return listed.sort_values(["series"]).reset_index(drop=True)


if __name__ == "__main__":
    series_of_index().to_csv(LIST, index=False, lineterminator="\n")
