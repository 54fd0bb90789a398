"""Train, validation and test, and folds: who goes where, and what a split leaks."""

from hilum.splits.assign import DEFAULT_FRACTIONS, split_table
from hilum.splits.folds import FEWEST_FOLDS, deal_folds
from hilum.splits.leak import (
    Leak,
    SplitRules,
    check_splits,
    count_splits,
    find_leak,
    merge_identities,
    unknown_patients,
)
from hilum.splits.leave_out import LeftOutFold, leave_out_folds

__all__ = [
    "DEFAULT_FRACTIONS",
    "FEWEST_FOLDS",
    "Leak",
    "LeftOutFold",
    "SplitRules",
    "check_splits",
    "count_splits",
    "deal_folds",
    "find_leak",
    "leave_out_folds",
    "merge_identities",
    "split_table",
    "unknown_patients",
]
