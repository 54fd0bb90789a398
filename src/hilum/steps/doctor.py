"""Checks of this machine: versions, decoders, weights, cache."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from hilum.catalogue.networks import WEIGHTS_VARIABLE
from hilum.readers import transfer_syntaxes
from hilum.run.environment import package_versions, processor_name, version
from hilum.storage.cache import PLACE_VARIABLE
from hilum.storage.cache_summary import describe_cache

__all__ = ["examine"]


def examine(weights: Path | str | None = None) -> dict[str, dict[str, Any]]:
    """Return what is installed and works: versions, machine, DICOM decoders, weights, cache.

    Args:
        weights: a folder of timm local-dir models; by default that of HILUM_WEIGHTS.
    """
    return {
        "versions": {"hilum": version(), "python": platform.python_version(), **package_versions()},
        "machine": {"processor": processor_name(), "cores": os.cpu_count() or 1, **_torch()},
        "DICOM transfer syntaxes": transfer_syntaxes(),
        "weights": _weights(weights or os.environ.get(WEIGHTS_VARIABLE)),
        "cache": _cache(),
    }


def _torch() -> dict[str, Any]:
    """Return the device that torch uses, or how to install torch."""
    try:
        from hilum.learn.device import computes_bfloat16, device_name
    except ImportError as error:
        return {"torch": f"can't be imported ({error}); install hilum[train]"}
    return {"device": device_name(), "bfloat16 in hardware": computes_bfloat16()}


def _cache() -> dict[str, Any]:
    """Return the location and size of the cache, as one line."""
    cache = describe_cache()
    if cache["place"] is None:
        return {PLACE_VARIABLE: "off: everything is computed again each time"}
    state = f"{cache['size'] / 1e9:.1f} of {cache['limit'] / 1e9:.1f} GB"
    return {cache["place"]: state if cache["writable"] else "not writable: nothing is cached"}


def _weights(folder: Path | str | None) -> dict[str, Any]:
    """Return the models in a weights folder."""
    if folder is None:
        return {WEIGHTS_VARIABLE: "not set: timm downloads weights"}
    models = sorted(path.parent.name for path in Path(folder).glob("*/model.safetensors"))
    return dict.fromkeys(models, "available") or {str(folder): "contains no local-dir model"}
