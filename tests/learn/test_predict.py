"""Networks of a run on torch: their precision, and what the compiled engine needs."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import numpy as np
import pytest
from settled_runs import SIZE, slices

from hilum.errors import UsageError
from hilum.learn.predict import open_torch
from hilum.run import Run, write_json
from hilum.steps.predict.engine import open_engine


def test_without_a_compiler_the_compiled_engine_is_refused(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UsageError, match=r"needs a C\+\+ compiler, and neither g\+\+"):
        open_engine(run, "compiled")


def test_a_network_trained_in_bfloat16_computes_in_it_only_where_the_machine_does(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    for able, trained_in, expected in (
        (True, "bfloat16", "bfloat16"), (False, "bfloat16", "float32"),
        (True, "float32", "float32"),
    ):  # fmt: skip
        monkeypatch.setattr("hilum.learn.predict.computes_bfloat16", lambda able=able: able)
        write_json({**run.environment(), "precision": trained_in}, run.environment_file)
        (member,) = open_torch(run)
        assert member.precision == expected
        assert member.logits(slices(2, SIZE)).dtype == np.float32
