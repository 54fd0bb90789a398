"""Checks that doubt: one file a check, each gives a Concern; none changes anything."""

from hilum.audit.agreement import agreement_concern
from hilum.audit.border import PIXELS, Features, border_features, probe_border, probe_concern
from hilum.audit.concern import Concern
from hilum.audit.design import judge_design
from hilum.audit.localisation import REQUIRED_CONTROLS, localisation_concern
from hilum.audit.random_labels import LEAKS, REAL_LABEL, random_labels_concern
from hilum.audit.randomisation import STAYS, randomisation_concern
from hilum.audit.removal import removal_concern

__all__ = [
    "LEAKS",
    "PIXELS",
    "REAL_LABEL",
    "REQUIRED_CONTROLS",
    "STAYS",
    "Concern",
    "Features",
    "agreement_concern",
    "border_features",
    "judge_design",
    "localisation_concern",
    "probe_border",
    "probe_concern",
    "random_labels_concern",
    "randomisation_concern",
    "removal_concern",
]
