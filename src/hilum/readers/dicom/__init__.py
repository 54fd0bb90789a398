"""Reading DICOM files: header, pixels, Hounsfield units, orientation, notes."""
