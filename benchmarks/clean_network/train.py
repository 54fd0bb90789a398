"""Train the network of `hilum data clean` on annotations that are drawn, and write it as ONNX.

    python benchmarks/clean_network/train.py --msd msd-lung-slices/slices.csv \
        --dicom lung-pet-ct-dx --out marks.onnx
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from backgrounds import Pool, load_pool
from examples import draw_example
from network import MarkNetwork
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

SIZE, BATCH = 160, 8
PEAK_RATE = 3e-3
MOST_GRADIENT = 1.0
MEMORY = 0.998
"""Of the running mean of the weights, which is what is kept: about the last 500 steps."""
WARM, REPORT = 200, 100

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def main() -> None:
    """Parse, train, export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--msd", type=Path, required=True, help="slices.csv of msd-lung")
    parser.add_argument("--dicom", type=Path, help="folder of Lung-PET-CT-Dx")
    parser.add_argument("--out", type=Path, required=True, help="ONNX file to write")
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--minutes", type=float, default=1e9, help="end the schedule by then")
    parser.add_argument("--drawers", type=int, default=1, help="processes that draw examples")
    parser.add_argument("--start", type=Path, help="state to go on from (.pt of weights only)")
    parser.add_argument("--rate", type=float, default=PEAK_RATE)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    network = MarkNetwork().to(memory_format=torch.channels_last)
    if args.start:
        network.load_state_dict(torch.load(args.start, weights_only=True))
    pool = load_pool(args.msd, args.dicom)
    export(train(network, _batches(pool, args), args), args.out)


def train(network: MarkNetwork, batches: Iterator[Batch], args: argparse.Namespace) -> MarkNetwork:
    """Train by AdamW, the rate falling as a cosine; return the running mean of the weights."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=1e-3)
    started, mean = time.monotonic(), 0.7
    network.train()
    kept = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(MEMORY), use_buffers=True)
    done, step = 0.0, 0
    while done < 1:
        spent = (time.monotonic() - started) / 60
        done = max(step / args.steps, spent / args.minutes)
        for group in optimiser.param_groups:
            group["lr"] = (
                args.rate * min(1, step / WARM) * (0.5 + 0.5 * np.cos(np.pi * min(done, 1)))
            )
        picture, marked, weight = next(batches)
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(picture.contiguous(memory_format=torch.channels_last))
        loss = loss_of(logits.float()[:, 0], marked, weight)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), MOST_GRADIENT)
        optimiser.step()
        kept.update_parameters(network)
        mean += 0.02 * (float(loss.detach()) - mean)
        step += 1
        if step % REPORT == 0:
            torch.save(kept.module.state_dict(), args.out.with_suffix(".pt"))
            print(f"{step} {spent:.1f} min loss {mean:.4f}", flush=True)
    return kept.module


def loss_of(logits: torch.Tensor, marked: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Cross-entropy plus soft Dice over the batch; pixels of weight 0 have no say."""
    entropy = (binary_cross_entropy_with_logits(logits, marked, reduction="none") * weight).mean()
    p = torch.sigmoid(logits) * weight
    overlap = (2 * (p * marked).sum() + 1) / (p.sum() + (marked * weight).sum() + 1)
    return 4 * entropy + (1 - overlap)


def _batches(pool: Pool, args: argparse.Namespace) -> Iterator[Batch]:
    """Yield batches drawn by other processes; which examples come depends on the seed alone."""
    context = multiprocessing.get_context("fork")
    queues = [context.Queue(maxsize=4) for _ in range(args.drawers)]
    for number, queue in enumerate(queues):
        context.Process(target=_draw, args=(pool, queue, (args.seed, number)), daemon=True).start()
    while True:
        for queue in queues:
            picture, marked, weight = queue.get()
            yield (
                torch.from_numpy(picture).permute(0, 3, 1, 2).float() / 255,
                torch.from_numpy(marked).float(),
                torch.from_numpy(weight).float(),
            )


def _draw(pool: Pool, queue: multiprocessing.Queue, seed: tuple[int, int]) -> None:
    """Draw batches for ever."""
    rng = np.random.default_rng(seed)
    while True:
        drawn = [draw_example(pool, SIZE, rng) for _ in range(BATCH)]
        queue.put((np.stack([one.picture for one in drawn]),
                   np.stack([one.marked for one in drawn]),
                   np.stack([~one.unsure for one in drawn])))  # fmt: skip


def export(network: MarkNetwork, out: Path) -> None:
    """Write the network as ONNX with probabilities as its answer."""
    network.eval()
    whole = torch.nn.Sequential(network, torch.nn.Sigmoid()).eval()
    example = torch.zeros(1, 3, 320, 416)
    torch.onnx.export(
        whole, (example,), out, input_names=["picture"], output_names=["probability"],
        opset_version=17, dynamo=False,
    )  # fmt: skip
    print(f"{out}: {out.stat().st_size} bytes, "
          f"{sum(p.numel() for p in network.parameters())} parameters")  # fmt: skip


if __name__ == "__main__":
    main()
