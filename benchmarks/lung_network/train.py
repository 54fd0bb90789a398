"""Train the network that finds lungs, on masks that can be made, and write it as ONNX.

python benchmarks/lung_network/train.py --msd msd-lung-slices/slices.csv --out lungs.onnx
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import torch
from chests import Chest, load_phantoms, load_slices
from disease import paint_disease
from looks import couch, degraded, fleshed, framing, placed, shown
from network import SIDE, LungNetwork
from others import draw_other
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

BATCH = 12
PEAK_RATE, WARM = 3e-3, 200
MOST_GRADIENT = 1.0
MEMORY = 0.998
"""Of the running mean of the weights, which is what is exported: about the last 500 steps."""
REPORT = 100
OTHERS, PHANTOMS = 0.15, 0.25
"""Shares of the pictures that are no chest, and of the chests that are phantoms."""
OUTSIDE_HU = -1024.0

Grey = npt.NDArray[np.uint8]
Random = np.random.Generator


@dataclass(frozen=True)
class Example:
    """A picture (SIDE, SIDE) uint8, its lungs (bool), whether it is a chest, its quarter turns."""

    picture: Grey
    lungs: npt.NDArray[np.bool_]
    is_chest: bool
    turns: int


def draw_example(pool: tuple[list[Chest], list[Chest]], rng: Random) -> Example:
    """Draw a picture with its lungs."""
    slices, phantoms = pool
    chosen = phantoms if rng.random() < PHANTOMS else slices
    chest = chosen[int(rng.integers(len(chosen)))]
    if rng.random() < OTHERS:
        picture = degraded(draw_other(chest, SIDE, rng), rng)
        return Example(picture, np.zeros((SIDE, SIDE), bool), is_chest=False, turns=0)
    return draw_chest(chest, rng)


def draw_chest(chest: Chest, rng: Random) -> Example:
    """Draw a look at one chest, with disease."""
    hu = fleshed(chest.hu, rng) if chest.saturated else chest.hu
    if rng.random() < 0.5:
        hu = couch(hu, rng)
    hu = paint_disease(hu, chest.lungs, rng)
    rows, columns = (np.flatnonzero(chest.lungs.any(axis=axis)) for axis in (1, 0))
    box = int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
    matrix, turns = framing((hu.shape[0], hu.shape[1]), box, SIDE, rng)
    picture = degraded(shown(placed(hu, matrix, SIDE, OUTSIDE_HU).astype(np.float32), rng), rng)
    lungs = placed(chest.lungs.astype(np.float32), matrix, SIDE, 0.0) > 0.5
    return Example(picture, np.asarray(lungs), is_chest=True, turns=turns)


def batch_of(examples: list[Example]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return pictures (n, 1, SIDE, SIDE) 0 to 1, lungs, whether chests, and turns."""
    pictures = torch.from_numpy(np.stack([one.picture for one in examples]))[:, None]
    return (
        (pictures.float() / 255).contiguous(memory_format=torch.channels_last),
        torch.from_numpy(np.stack([one.lungs for one in examples])).float(),
        torch.tensor([float(one.is_chest) for one in examples]),
        torch.tensor([one.turns for one in examples]),
    )


def loss_of(outputs: tuple[Tensor, Tensor], batch: tuple[Tensor, ...]) -> Tensor:
    """Cross-entropy and soft Dice of the pixels, cross-entropies of the picture's facts."""
    logits, facts = outputs[0].float()[:, 0], outputs[1].float()
    _, lungs, is_chest, turns = batch
    pixels = binary_cross_entropy_with_logits(logits, lungs)
    p = torch.sigmoid(logits)
    overlap = (2 * (p * lungs).sum((1, 2)) + 50) / ((p + lungs).sum((1, 2)) + 50)
    chest = binary_cross_entropy_with_logits(facts[:, 0], is_chest)
    turned = cross_entropy(facts[:, 1:], turns, reduction="none") * is_chest
    return 2 * pixels + (1 - overlap).mean() + 0.3 * chest + 0.2 * turned.mean()


def train(pool: tuple[list[Chest], list[Chest]], checked: list[Example],
          args: argparse.Namespace) -> LungNetwork:  # fmt: skip
    """Train by AdamW, the rate falling as a cosine; return the running mean of the weights."""
    network = LungNetwork().to(memory_format=torch.channels_last)
    if args.state:
        network.load_state_dict(torch.load(args.state, weights_only=True))
    optimiser = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=1e-3)
    averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(MEMORY), use_buffers=True)
    rng = np.random.default_rng(args.seed)
    started, losses, step, done = time.monotonic(), [], 0, 0.0
    network.train()
    while done < 1:
        minutes = (time.monotonic() - started) / 60
        done = min(1.0, max(step / args.steps, minutes / args.minutes))
        rate = args.rate * min(1, step / WARM) * (0.5 + 0.5 * np.cos(np.pi * done))
        for group in optimiser.param_groups:
            group["lr"] = rate
        batch = batch_of([draw_example(pool, rng) for _ in range(BATCH)])
        loss = loss_of(network(batch[0]), batch)  # bfloat16 is slower in a network this narrow
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), MOST_GRADIENT)
        optimiser.step()
        averaged.update_parameters(network)
        losses.append(float(loss.detach()))
        step += 1
        if step % REPORT == 0:
            print(f"{step} {minutes:.1f} min loss {np.mean(losses[-REPORT:]):.4f} "
                  f"{check(averaged.module, checked)}", flush=True)  # fmt: skip
            torch.save(averaged.module.state_dict(), args.out.with_suffix(".pt"))
    return averaged.module


@torch.no_grad()
def check(network: LungNetwork, examples: list[Example]) -> str:
    """Return mean and worst Dice of patients kept aside, and how often the facts are right."""
    network.eval()
    dice, chests, turns = [], [], []
    for one in examples:
        picture, lungs, _, _ = batch_of([one])
        logits, facts = network(picture)
        found = logits[0, 0] > 0
        if one.is_chest and one.lungs.sum() > 100:
            dice.append(float(2 * (found & (lungs[0] > 0)).sum() / (found.sum() + lungs.sum())))
            turns.append(int(facts[0, 1:].argmax()) == one.turns)
        chests.append((float(facts[0, 0]) > 0) == one.is_chest)
    network.train()
    return (f"dice {np.mean(dice):.4f}, tenth percentile {np.percentile(dice, 10):.3f}; "
            f"chest {np.mean(chests):.3f}; turn {np.mean(turns):.3f}")  # fmt: skip


class _Probabilities(torch.nn.Module):
    """The network with probabilities as its outputs."""

    def __init__(self, network: LungNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        lungs, facts = self.network(x)
        chest, turns = torch.sigmoid(facts[:, :1]), torch.softmax(facts[:, 1:], dim=1)
        return torch.sigmoid(lungs), torch.cat([chest, turns], dim=1)


def export(network: LungNetwork, out: Path) -> None:
    """Write the network as ONNX, in half precision, with probabilities as its outputs."""
    torch.onnx.export(
        _Probabilities(network).eval(), (torch.zeros(1, 1, SIDE, SIDE),), out,
        input_names=["picture"], output_names=["lungs", "facts"], opset_version=17, dynamo=False,
    )  # fmt: skip
    halve(out)
    print(f"{out}: {out.stat().st_size} bytes, "
          f"{sum(p.numel() for p in network.parameters())} parameters")  # fmt: skip


def halve(path: Path) -> None:
    """Keep an ONNX file in half precision: OpenCV computes in single precision all the same."""
    model = onnx.load(path)
    constants = [a.t for node in model.graph.node for a in node.attribute if a.HasField("t")]
    for tensor in (*model.graph.initializer, *constants):
        if tensor.data_type == onnx.TensorProto.FLOAT:
            values = onnx.numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def main() -> None:
    """Parse, train, export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--msd", type=Path, required=True, help="slices.csv of msd-lung")
    parser.add_argument("--out", type=Path, required=True, help="ONNX file to write")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--minutes", type=float, default=1e9, help="end the schedule by then")
    parser.add_argument("--state", type=Path, help="weights to go on from (.pt)")
    parser.add_argument("--rate", type=float, default=PEAK_RATE)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    learnt, kept_aside = load_slices(args.msd)
    pool = learnt, load_phantoms()
    rng = np.random.default_rng((args.seed, 1))
    checked = [draw_chest(chest, rng) for chest in kept_aside]
    checked += [draw_example(pool, rng) for _ in range(60)]
    print(f"{len(learnt)} slices, {len(kept_aside)} kept aside", flush=True)
    export(train(pool, checked, args), args.out)


if __name__ == "__main__":
    main()
