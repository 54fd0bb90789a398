"""Train the network of `hilum data clean` on annotations that are drawn, and write it as ONNX.

    torchrun --nproc_per_node 2 benchmarks/clean_network/train.py --msd msd-lung-slices/slices.csv \
        --dicom lung-pet-ct-dx --out marks.onnx

One process a core, each with one thread, draws its own examples; gradients are their mean.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import torch
from backgrounds import Pool, load_pool
from examples import Example, draw_example
from network import MarkNetwork
from resume import fill_from_onnx
from torch import Tensor, distributed
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from hilum.learn.device import computes_bfloat16

SIDES, BATCH = (256, 352), 3
"""Rows and columns, and examples a step of each process. A network that only saw small patches has
never been far from their borders, and finds little in a whole slice: at 160 pixels it did."""
PEAK_RATE = 3e-3
MOST_GRADIENT = 1.0
MEMORY = 0.998
"""Of the running mean of the weights, which is what is exported: about the last 500 steps."""
WARM, REPORT = 200, 100
RESUMED = 12
"""Batches on which the batch norms of exported weights are measured again."""

SMALL, MOST_SAY = 400, 4.0
"""Pixels of an annotation below which its pixels get a larger weight the smaller it is, and the
largest weight: otherwise the network learns only from a few large ones."""

Batch = tuple[Tensor, Tensor, Tensor]
"""Pictures, what is marked, and the weight of each pixel."""


@dataclass
class Recent:
    """How the network did on the examples since the last report, in training."""

    steps: int = 0
    loss: float = 0.0
    both: int = 0
    marked: int = 0
    found: int = 0

    def add(self, loss: Tensor, found: Tensor, marked: Tensor, counts: Tensor) -> None:
        """Count the pixels of one step: found, marked, and whether they have a say."""
        self.steps += 1
        self.loss += float(loss)
        self.both += int((found & marked & counts).sum())
        self.marked += int((marked & counts).sum())
        self.found += int((found & counts).sum())

    def text(self) -> str:
        """Return loss, and recall and precision of pixels at a probability of one half."""
        recall, precision = self.both / max(self.marked, 1), self.both / max(self.found, 1)
        return f"loss {self.loss / self.steps:.4f} recall {recall:.3f} precision {precision:.3f}"


def main() -> None:
    """Parse, train, export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--msd", type=Path, required=True, help="slices.csv of msd-lung")
    parser.add_argument("--dicom", type=Path, help="folder of Lung-PET-CT-Dx")
    parser.add_argument("--out", type=Path, required=True, help="ONNX file to write")
    parser.add_argument("--steps", type=int, default=20000)
    parser.add_argument("--minutes", type=float, default=1e9, help="end the schedule by then")
    parser.add_argument("--state", type=Path, help="weights to go on from (.pt or .onnx)")
    parser.add_argument("--rate", type=float, default=PEAK_RATE)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    rank = int(os.environ.get("RANK", "0"))
    if "RANK" in os.environ:
        distributed.init_process_group("gloo")
    network = MarkNetwork().to(memory_format=torch.channels_last)
    pool = load_pool(args.msd, args.dicom)
    rng = np.random.default_rng((args.seed, rank))
    if args.state and args.state.suffix == ".onnx":
        fill_from_onnx(network, args.state, [draw_batch(pool, rng)[0] for _ in range(RESUMED)])
    elif args.state:
        network.load_state_dict(torch.load(args.state, weights_only=True))
    averaged = train(network, pool, rng, args, speaks=rank == 0)
    if rank == 0:
        export(averaged, args.out)
    if "RANK" in os.environ:
        distributed.destroy_process_group()


def train(
    network: MarkNetwork,
    pool: Pool,
    rng: np.random.Generator,
    args: argparse.Namespace,
    *,
    speaks: bool,
) -> MarkNetwork:
    """Train by AdamW, the rate falling as a cosine; return the running mean of the weights."""
    shared = DistributedDataParallel(network) if distributed.is_initialized() else network
    optimiser = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=1e-3)
    averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(MEMORY), use_buffers=True)
    started, step, done = time.monotonic(), 0, 0.0
    recent = Recent()
    network.train()
    while done < 1:
        spent = (time.monotonic() - started) / 60
        done = _agreed(min(1.0, max(step / args.steps, spent / args.minutes)))
        for group in optimiser.param_groups:
            group["lr"] = args.rate * min(1, step / WARM) * (0.5 + 0.5 * np.cos(np.pi * done))
        picture, marked, weight = draw_batch(pool, rng)
        with torch.autocast("cpu", torch.bfloat16, enabled=computes_bfloat16()):
            logits = shared(picture)
        loss = loss_of(logits.float()[:, 0], marked, weight)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), MOST_GRADIENT)
        optimiser.step()
        averaged.update_parameters(network)
        recent.add(loss.detach(), logits.detach()[:, 0] > 0, marked > 0, weight > 0)
        step += 1
        if speaks and step % REPORT == 0:
            torch.save(averaged.module.state_dict(), args.out.with_suffix(".pt"))
            print(f"{step} {spent:.1f} min {recent.text()}", flush=True)
            recent = Recent()
    return averaged.module


def _agreed(done: float) -> float:
    """Return the furthest of all processes, so that they end together."""
    if not distributed.is_initialized():
        return done
    furthest = torch.tensor(done)
    distributed.all_reduce(furthest, op=distributed.ReduceOp.MAX)
    return float(furthest)


def loss_of(logits: Tensor, marked: Tensor, weight: Tensor) -> Tensor:
    """Cross-entropy plus soft Dice over the batch, each pixel with its say."""
    entropy = (binary_cross_entropy_with_logits(logits, marked, reduction="none") * weight).mean()
    p = torch.sigmoid(logits) * weight
    overlap = (2 * (p * marked).sum() + 1) / (p.sum() + (marked * weight).sum() + 1)
    return 4 * entropy + (1 - overlap)


def draw_batch(pool: Pool, rng: np.random.Generator) -> Batch:
    """Draw pictures (n, 3, rows, columns) 0 to 1, and what is marked and counts."""
    drawn = [draw_example(pool, SIDES, rng) for _ in range(BATCH)]
    picture = torch.from_numpy(np.stack([one.picture for one in drawn]))
    return (
        (picture.permute(0, 3, 1, 2).float() / 255).contiguous(memory_format=torch.channels_last),
        torch.from_numpy(np.stack([one.marked for one in drawn])).float(),
        torch.from_numpy(np.stack([_say(one) for one in drawn])).float(),
    )


def _say(example: Example) -> npt.NDArray[np.float32]:
    """Return the weight of each pixel: none where unsure, more in small annotations."""
    marked = example.marked.astype(np.uint8)
    _, parts, boxes, _ = cv2.connectedComponentsWithStats(marked, connectivity=8)
    say = np.clip(np.sqrt(SMALL / boxes[:, cv2.CC_STAT_AREA]), 1, MOST_SAY).astype(np.float32)
    say[0] = 1
    return np.asarray(say[parts] * ~example.unsure, dtype=np.float32)


def export(network: MarkNetwork, out: Path) -> None:
    """Write the network as ONNX, in half precision, with probabilities as its output."""
    network.eval()
    exported = torch.nn.Sequential(network, torch.nn.Sigmoid()).eval()
    example = torch.zeros(1, 3, 320, 416)
    torch.onnx.export(
        exported, (example,), out, input_names=["picture"], output_names=["probability"],
        opset_version=17, dynamo=False,
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


if __name__ == "__main__":
    main()
