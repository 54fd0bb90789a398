"""Rows of a cohort."""

from __future__ import annotations

import pandas as pd
import pytest


@pytest.fixture
def rows() -> pd.DataFrame:
    """Three pneumonias of two groups, two cancers of one patient."""
    return pd.DataFrame(
        {
            "slice_id": ["a", "b", "c", "d", "e"],
            "label": ["pneumonia"] * 3 + ["cancer"] * 2,
            "group": ["g1", "g1", "g2", "p1", "p1"],
            "source": ["articles"] * 3 + ["trial"] * 2,
            "article": ["10.1/a", "10.1/a", "10.1/b", "", ""],
            "patient_id": ["", "", "", "p1", "p1"],
            "sex": ["male", "male", "", "female", "female"],
            "age": ["30", "30", "14 months", "061Y", "061Y"],
            "weight": ["", "", "", "70.5", "70.5"],
            "organism": ["H1N1", "h1n1", "H1N1", "", ""],
            "exclusion": ["", "cop; lung cancer", "lung cancer", "", ""],
            "format": ["JPEG", "PNG", "JPEG", "PNG", "PNG"],
            "size": ["10 x 20", "10 x 21", "10 x 22", "256 x 256", "256 x 256"],
        }
    )
