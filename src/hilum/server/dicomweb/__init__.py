"""DICOMweb: studies in by STOW-RS, result objects out by WADO-RS."""
