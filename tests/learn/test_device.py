"""Device and precision."""

from __future__ import annotations

import pytest
import torch

from hilum.learn.device import choose_precision, computes_bfloat16, device_name, make_accelerator


@pytest.mark.parametrize(
    ("able", "expected"),
    [
        ({"avx512_bf16": True}, True),
        ({"amx_bf16": True, "avx512_bf16": False}, True),
        ({"avx2": True}, False),
    ],
)
def test_bfloat16_is_used_where_the_processor_multiplies_it(
    monkeypatch: pytest.MonkeyPatch, able: dict[str, bool], expected: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    assert computes_bfloat16() is expected
    assert choose_precision("auto") == ("bfloat16" if expected else "float32")


def test_what_was_asked_is_what_is_used() -> None:
    assert choose_precision("float32") == "float32"
    assert choose_precision("bfloat16") == "bfloat16"


def test_one_session_may_train_in_one_precision_and_then_in_another() -> None:
    for precision, mixed in (("float32", "no"), ("bfloat16", "bf16"), ("float32", "no")):
        accelerator = make_accelerator(precision)
        assert accelerator.mixed_precision == mixed
        weight = torch.ones(2, 2, device=accelerator.device)
        with accelerator.autocast():
            product = weight @ weight
        assert product.dtype == (torch.bfloat16 if mixed == "bf16" else torch.float32)


def test_a_machine_without_gpu_computes_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device_name() == "cpu"
