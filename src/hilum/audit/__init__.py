"""Checks that doubt: one file a check, each gives a Concern; none mends anything."""

from hilum.audit.border import PIXELS, Features, border_features, probe_border, probe_concern
from hilum.audit.concern import Concern
from hilum.audit.design import judge_design
from hilum.audit.localisation import ASKED, localisation_concern
from hilum.audit.random_labels import LEAKS, REAL_LABEL, random_labels_concern

__all__ = [
    "ASKED",
    "LEAKS",
    "PIXELS",
    "REAL_LABEL",
    "Concern",
    "Features",
    "border_features",
    "judge_design",
    "localisation_concern",
    "probe_border",
    "probe_concern",
    "random_labels_concern",
]
