"""A file of `hilum export`, which holds all that predicting needs, as a run that can be asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hilum.engines.onnx_network import OnnxNetwork, open_onnx
from hilum.run.network import RunNetwork

__all__ = ["ExportedRun"]


@dataclass(frozen=True)
class ExportedRun:
    """A network with class names, windows, thresholds and temperature in one ONNX file.

    Attributes:
        path: the file.
        opened: the network in it.
    """

    path: Path
    opened: OnnxNetwork

    @classmethod
    def open(cls, path: Path) -> ExportedRun:
        """Read a file of `hilum export`.

        Raises:
            RunError: it is none.
        """
        return cls(path, open_onnx(path))

    @property
    def folder(self) -> Path:
        """What messages call it."""
        return self.path

    @property
    def network_file(self) -> Path:
        """The file that describes the network."""
        return self.path

    @property
    def description(self) -> RunNetwork:
        """The content of the run's network.json when it was exported."""
        return RunNetwork.of(self.opened.card, file=self.path)
