"""Export to ONNX: verified against torch, and one sentence where it fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from settled_runs import SIZE, slices

from hilum.learn.onnx.export import write_run_onnx
from hilum.run import Run


def test_an_export_that_differs_from_torch_is_not_kept(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    run.onnx_file.unlink()
    before = sorted(path.name for path in run.folder.iterdir())
    monkeypatch.setattr("hilum.learn.onnx.export.TOLERANCE", 0.0)
    probabilities = write_run_onnx(run, slices(4, SIZE))
    assert probabilities.startswith(
        "No network.onnx; prediction will need torch. Its logits in onnxruntime"
    )
    assert sorted(path.name for path in run.folder.iterdir()) == before


def test_an_export_that_fails_is_one_sentence(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    run.onnx_file.unlink()

    def fail(*_: object, **__: object) -> None:
        raise TypeError("no such operator\nat line 3")

    monkeypatch.setattr(torch.onnx, "export", fail)
    assert write_run_onnx(run, slices(4, SIZE)) == (
        "No network.onnx; prediction will need torch. torch can't export the network to ONNX: "
        "no such operator"
    )
    assert not run.onnx_file.exists()
