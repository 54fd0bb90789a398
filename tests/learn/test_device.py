"""Device and precision."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys

import pytest
import torch

from hilum.learn.device import (
    autocast,
    choose_precision,
    computes_bfloat16,
    device_name,
    keep_memory,
    make_accelerator,
)

COUNT_FAULTS = """
import resource
import torch
from hilum.learn.device import keep_memory
if {keep}:
    assert keep_memory()
for _ in range(3):
    torch.ones({numbers})
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    torch.ones({numbers})
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


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
    for precision in ("float32", "bfloat16", "float32"):
        accelerator = make_accelerator()
        assert accelerator.mixed_precision == "no"
        weight = torch.ones(2, 2, device=accelerator.device)
        with autocast(accelerator.device, choose_precision(precision)):
            product = weight @ weight
        assert product.dtype == getattr(torch, precision)


def test_the_state_of_a_caller_who_uses_accelerate_is_left_alone() -> None:
    code = (
        "import accelerate, hilum.errors, hilum.learn.device as device\n"
        "own = accelerate.Accelerator(mixed_precision='bf16')\n"
        "try:\n"
        "    device.make_accelerator()\n"
        "except hilum.errors.UsageError as error:\n"
        "    print(own.mixed_precision, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == (
        "bf16 accelerate is already set up in this process with mixed precision or another "
        "device, and hilum sets both itself; train in a separate process.\n"
    )


def test_a_machine_without_gpu_computes_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device_name() == "cpu"


def faults(*, keep: bool, numbers: int) -> int:
    """Return how often a process waits for pages while it makes ten tensors one after another."""
    code = COUNT_FAULTS.format(keep=keep, numbers=numbers)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives memory back so")
def test_the_memory_of_a_freed_tensor_serves_the_next_one() -> None:
    numbers = 10 << 20  # 40 MB: up to 32 MB glibc learns by itself to keep
    assert faults(keep=True, numbers=numbers) < 100 < faults(keep=False, numbers=numbers)


@pytest.mark.parametrize(("system", "library"), [("Darwin", ("", "")), ("Linux", ("musl", "1"))])
def test_elsewhere_nothing_happens(
    system: str, library: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "libc_ver", lambda: library)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: pytest.fail("called"))
    assert keep_memory() is False


def test_an_older_glibc_gets_the_most_that_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        def mallopt(self, parameter: int, value: int) -> int:
            requested.append((parameter, value))
            return int(parameter != -3 or value <= 32 << 20)

    requested: list[tuple[int, int]] = []
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.31"))
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Old())
    assert keep_memory() is True
    assert requested == [(-3, 1 << 30), (-3, 32 << 20), (-1, 2**31 - 1)]
