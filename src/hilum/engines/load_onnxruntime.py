"""onnxruntime, loaded with its telemetry switched off."""

from __future__ import annotations

import os
from importlib import import_module
from types import ModuleType

__all__ = ["load_onnxruntime"]

TELEMETRY_VARIABLE = "ORT_DISABLE_TELEMETRY"


def load_onnxruntime() -> ModuleType:
    """Return the module onnxruntime, which reports nothing about this process to anybody.

    Since 1.32 its builds for Linux keep a device id and events (the program's path, the name of the
    model file, texts of errors) in the user's cache folder and send them to Microsoft. The variable
    must be set before the library is loaded; the call covers processes that loaded it themselves.

    Raises:
        ModuleNotFoundError: onnxruntime is not installed.
    """
    os.environ[TELEMETRY_VARIABLE] = "1"
    onnxruntime = import_module("onnxruntime")
    onnxruntime.disable_telemetry_events()
    return onnxruntime
