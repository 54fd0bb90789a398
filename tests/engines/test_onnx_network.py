"""All engines say the same of the same slices, and a file that is not the run's is not used."""

from __future__ import annotations

import copy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import pytest
import torch
from deeper_networks import DEEPER, quick_and_slow
from settled_runs import SIZE, slices

from hilum.catalogue.networks import known_networks
from hilum.engines import (
    as_probabilities,
    mean_probabilities,
    open_onnx,
    open_run_onnx,
)
from hilum.errors import RunError, UsageError
from hilum.learn.checkpoint import save_weights
from hilum.learn.data import as_batch
from hilum.learn.fuse_batchnorm import fold_batchnorm
from hilum.learn.networks import Classifier
from hilum.learn.predict import load_network, load_networks
from hilum.prepare import BATCH
from hilum.processes import share_of_cores
from hilum.run import Run, write_json
from hilum.steps.ensemble import ensemble
from hilum.steps.predict.engine import open_engine
from hilum.storage.file_hash import hash_of

PROBABILITY = 1e-4
"""How far probabilities may lie apart: other orders of summing up."""
EXACT = 1e-9
"""The same in float64: what is folded is the same function."""
OTHERS = {
    "tf_efficientnet_lite0": 96, "convnext_atto": 96, "vit_tiny_patch16_224": 64,
}  # fmt: skip


@pytest.mark.parametrize(
    "backbone", quick_and_slow([*known_networks(), *OTHERS], slow={*DEEPER, "vgg16", "xception"})
)
def test_all_engines_say_what_torch_says(
    backbone: str, make_run: Callable[..., Run], quick_initialisation: None
) -> None:
    size = OTHERS.get(backbone, SIZE)
    known = known_networks().get(backbone)
    run = make_run(known.timm if known else backbone, size)
    grey, (member,) = slices(5, size), load_networks(run)
    plain = mean_probabilities([member], {size: grey})
    assert np.ptp(plain[:, 0]) > 0.05
    probabilities = mean_probabilities([open_run_onnx(run)], {size: grey})
    assert np.abs(probabilities - plain).max() < PROBABILITY
    assert run.onnx_file.stat().st_size < 2e6  # the weights lie in weights.safetensors alone
    exact = in_float64(member.network, grey)
    fold_batchnorm(member.network)
    probabilities = mean_probabilities([member], {size: grey})
    assert np.abs(probabilities - plain).max() < PROBABILITY
    folded = copy.deepcopy(load_networks(run)[0].network).double()
    fold_batchnorm(folded)
    assert np.abs(in_float64(folded, grey) - exact).max() < EXACT


def in_float64(network: Classifier, grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return the probabilities of a copy of `network` that computes in float64."""
    with torch.no_grad():
        logits = copy.deepcopy(network).double()(as_batch(grey, "cpu").double())
    return torch.softmax(logits, dim=1).numpy()


def test_the_engines_by_name_say_the_same(make_run: Callable[..., Run]) -> None:
    run, grey = make_run(), slices(5, SIZE)
    plain = mean_probabilities(load_networks(run), {SIZE: grey})
    for engine, name in (("auto", "onnx"), ("onnx", "onnx"), ("torch", "torch")):
        opened = open_engine(run, engine)
        assert (opened.name, opened.remark) == (name, "")
        probabilities = mean_probabilities(opened.networks, {SIZE: grey})
        assert np.abs(probabilities - plain).max() < PROBABILITY


@pytest.mark.skipif(not (shutil.which("g++") or shutil.which("clang++")), reason="no compiler")
def test_the_compiled_engine_says_the_same_of_batches_of_any_size(
    make_run: Callable[..., Run],
) -> None:
    run, grey = make_run("test_resnet"), slices(BATCH + 3, SIZE)
    plain = mean_probabilities(load_networks(run), {SIZE: grey})
    opened = open_engine(run, "compiled")
    assert opened.name == "compiled"
    for part in (slice(None), slice(0, 2)):
        probabilities = mean_probabilities(opened.networks, {SIZE: grey[part]})
        assert np.abs(probabilities - plain[part]).max() < PROBABILITY


def test_an_unknown_engine_is_refused(make_run: Callable[..., Run]) -> None:
    with pytest.raises(UsageError, match="one of auto, onnx, torch, compiled; got 'jax'"):
        open_engine(make_run(), "jax")


def test_weights_that_were_exchanged_are_not_used_in_the_old_ones_network(
    make_run: Callable[..., Run],
) -> None:
    run, grey = make_run(), slices(3, SIZE)
    network = load_network(run)
    with torch.no_grad():
        network.head[-1].bias[0] += 1
    save_weights(network, run.weights_file)
    with pytest.raises(RunError, match=r"does not belong to the weights\.safetensors next to it"):
        open_run_onnx(run)
    plain = mean_probabilities(load_networks(run), {SIZE: grey})
    probabilities = mean_probabilities(open_engine(run).networks, {SIZE: grey})
    assert np.abs(probabilities - plain).max() < PROBABILITY


def test_a_run_without_the_file_is_computed_with_torch_and_onnx_is_refused(
    make_run: Callable[..., Run],
) -> None:
    run = make_run()
    run.onnx_file.unlink()
    opened = open_engine(run)
    assert (opened.name, opened.remark) == ("torch", "")
    with pytest.raises(RunError, match=r"no network\.onnx\. `hilum export .* --engine torch"):
        open_engine(run, "onnx")


def test_a_broken_file_or_one_of_another_network_is_said_and_torch_computes(
    make_run: Callable[..., Run],
) -> None:
    run = make_run()
    content = run.network()
    write_json({**content, "input": {**content["input"], "mean": [0.1] * 3}}, run.network_file)
    remark = open_engine(run).remark
    assert remark.startswith("Computed with torch: ")
    assert remark.endswith("network.onnx and network.json differ in input.")
    run.onnx_file.write_bytes(b"no network")
    assert "can't be read by onnxruntime" in open_engine(run).remark
    with pytest.raises(RunError, match="can't be read by onnxruntime"):
        open_engine(run, "onnx")


def test_weights_of_another_user_are_named_where_torch_can_not_help(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container: the run's folder is mounted, its user is another one, torch is missing."""
    run = make_run()
    monkeypatch.setattr("os.access", lambda file, right: file != run.weights_file)
    monkeypatch.setattr(
        "hilum.steps.predict.engine.find_spec", lambda name: None if name == "torch" else name
    )
    with pytest.raises(RunError, match=r"weights\.safetensors may not be read by this user; `ch"):
        open_engine(run)


def test_a_foreign_network_is_refused(tmp_path: Path) -> None:
    value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    out = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])
    graph = onnx.helper.make_graph([node], "g", [value], [out])
    model = onnx.helper.make_model(
        graph, ir_version=8, opset_imports=[onnx.helper.make_opsetid("", 18)]
    )
    (tmp_path / "other.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(RunError, match="is not a network that hilum wrote"):
        open_onnx(tmp_path / "other.onnx")


def test_an_ensemble_is_computed_by_its_members_files(
    make_run: Callable[..., Run], tmp_path: Path
) -> None:
    first, second = make_run(folder="first"), make_run("mobilenetv2_050", 64, "second")
    both = ensemble([first, second], out=tmp_path / "both")
    opened = open_engine(both)
    assert [network.size for network in opened.networks] == [SIZE, 64]
    assert opened.name == "onnx"
    grey = {size: slices(3, size) for size in (SIZE, 64)}
    plain = mean_probabilities(load_networks(both), grey)
    assert np.abs(mean_probabilities(opened.networks, grey) - plain).max() < PROBABILITY
    (both.members / "second" / "network.onnx").unlink()
    assert open_engine(both).name == "torch"
    assert "second has no network.onnx" in open_engine(both).remark


def test_a_diverged_network_is_refused() -> None:
    with pytest.raises(RunError, match="gives no numbers"):
        as_probabilities(np.array([[0.0, np.nan]], dtype=np.float32))


def test_probabilities_are_the_softmax_of_the_logits() -> None:
    probabilities = as_probabilities(
        np.array([[0.0, np.log(3.0)], [1000.0, 0.0]], dtype=np.float32)
    )
    assert probabilities == pytest.approx(np.array([[0.25, 0.75], [1.0, 0.0]]), abs=1e-7)


def test_predicting_with_onnx_loads_no_torch(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run()
    cv2.imwrite(str(tmp_path / "slice.png"), slices(1, SIZE)[0])
    code = (
        "import sys\nfrom hilum.steps.predict.step import predict\n"
        f"print(len(list(predict({str(run.folder)!r}, {str(tmp_path / 'slice.png')!r}))))\n"
        "print(sorted({'torch', 'timm', 'onnx', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("1\n['pandas']\n", "")


@pytest.mark.parametrize(
    ("set_to", "expected"),
    [
        ({}, 8),
        ({"LOCAL_WORLD_SIZE": "2"}, 4),
        ({"LOCAL_WORLD_SIZE": "32"}, 1),
        ({"OMP_NUM_THREADS": "3", "LOCAL_WORLD_SIZE": "2"}, 3),
        ({"OMP_NUM_THREADS": "2,1"}, 2),
        ({"OMP_NUM_THREADS": "0"}, 8),
    ],
)
def test_processes_share_the_cores(
    set_to: dict[str, str], expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOCAL_WORLD_SIZE", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in set_to.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert share_of_cores() == expected


def test_the_hash_of_a_missing_file_is_empty(tmp_path: Path) -> None:
    assert hash_of(tmp_path / "gone") == ""
