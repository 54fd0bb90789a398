"""What `hilum train` refuses: one sentence, the right exit code, nothing half-written."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import struct
import time
import zlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pydicom
import pytest
from PIL import Image
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from .conftest import SMALL, ChangeTable, Hilum, Untouched
