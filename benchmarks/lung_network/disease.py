"""Disease painted into lungs, so that the network learns that it belongs to them."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["paint_disease"]

HU = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Random = np.random.Generator


def paint_disease(hu: HU, lungs: Mask, rng: Random) -> HU:
    """Return a slice with none to three kinds of disease inside its lungs."""
    painted = hu.copy()
    for _ in range(int(rng.choice(4, p=(0.42, 0.33, 0.17, 0.08)))):
        paint: Callable[[HU, Mask, Random], HU] = KINDS[rng.choice(len(KINDS), p=SHARES)]
        painted = paint(painted, lungs, rng)
    return painted


def _field(shape: tuple[int, ...], length: float, rng: Random) -> HU:
    """Return smooth noise of standard deviation 1 with this correlation length in pixels."""
    small = max(2, round(shape[0] / length)), max(2, round(shape[1] / length))
    noise = rng.normal(0, 1, small).astype(np.float32)
    field = cv2.resize(noise, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(field / max(1e-3, float(field.std())), np.float32)


def _blend(hu: HU, value: HU | float, share: HU) -> HU:
    return np.asarray(hu * (1 - share) + value * share, np.float32)


def _soft(mask: Mask, sigma: float, lungs: Mask) -> HU:
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma) * _inside(lungs)


def _inside(lungs: Mask) -> HU:
    return np.asarray(cv2.GaussianBlur(lungs.astype(np.float32), (0, 0), 0.6), np.float32)


def _consolidation(hu: HU, lungs: Mask, rng: Random) -> HU:
    """Dense patches, often at the pleura, with or without air in the bronchi."""
    field = _field(hu.shape, float(rng.uniform(15, 80)), rng)
    if rng.random() < 0.6:
        depth = cv2.distanceTransform(lungs.astype(np.uint8), cv2.DIST_L2, 5)
        field = field - 1.5 * depth / max(1.0, float(depth.max()))
    level = np.percentile(field[lungs], 100 - rng.uniform(5, 55))
    tissue = rng.normal(25, 25) + 12 * _field(hu.shape, 4, rng)
    share = _soft(field > level, float(rng.uniform(0.6, 3)), lungs)
    return _blend(hu, tissue, share * np.float32(rng.uniform(0.8, 1)))


def _ground_glass(hu: HU, lungs: Mask, rng: Random) -> HU:
    """Hazy density through which vessels are seen, patchy or everywhere."""
    field = _field(hu.shape, float(rng.uniform(10, 70)), rng)
    level = np.percentile(field[lungs], rng.uniform(0, 70))
    share = _soft(field > level, float(rng.uniform(1, 6)), lungs)
    return _blend(hu, float(rng.uniform(-100, 40)), share * np.float32(rng.uniform(0.2, 0.75)))


def _mass(hu: HU, lungs: Mask, rng: Random) -> HU:
    """One to three round or lobed tumours, at any depth; some with a cavity."""
    rows, columns = np.nonzero(lungs)
    spread = np.sqrt(lungs.sum())
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(rows)))
        radius = float(spread * np.exp(rng.uniform(np.log(0.03), np.log(0.3))))
        y, x = np.ogrid[: hu.shape[0], : hu.shape[1]]
        far = np.hypot((y - rows[at]) * rng.uniform(0.7, 1.4), x - columns[at])
        far = far + radius * rng.uniform(0.02, 0.25) * _field(hu.shape, max(3.0, radius), rng)
        tissue = rng.normal(40, 20) + 10 * _field(hu.shape, 4, rng)
        hu = _blend(hu, tissue, _soft(far < radius, float(rng.uniform(0.5, 1.5)), lungs))
        if rng.random() < 0.15:
            hu = _blend(hu, -950.0, _soft(far < 0.5 * radius, 0.8, lungs))
    return hu


def _effusion(hu: HU, lungs: Mask, rng: Random) -> HU:
    """Fluid that collects at the back of one or both lungs, with its meniscus."""
    columns = np.arange(hu.shape[1])
    middle = np.nonzero(lungs)[1].mean()
    sides = [columns < middle, columns >= middle]
    for side in sides if rng.random() < 0.4 else [sides[int(rng.integers(2))]]:
        own = lungs & side
        rows = np.flatnonzero(own.any(axis=1))
        if not len(rows):
            continue
        top = rows[-1] - rng.uniform(0.05, 0.6) * (rows[-1] - rows[0])
        across = np.flatnonzero(own.any(axis=0))
        bend = ((columns - across.mean()) / max(1.0, np.ptp(across) / 2)) ** 2
        line = top - rng.uniform(0, 0.25) * (rows[-1] - rows[0]) * bend
        fluid = own & (np.arange(hu.shape[0])[:, None] > line)
        tissue = rng.normal(10, 10) + 6 * _field(hu.shape, 6, rng)
        hu = _blend(hu, tissue, _soft(fluid, 0.8, own))
    return hu


def _net(hu: HU, lungs: Mask, rng: Random) -> HU:
    """Thickened lines between lobules, and honeycombs, mostly near the pleura."""
    fine = np.abs(_field(hu.shape, float(rng.uniform(3, 7)), rng)) < rng.uniform(0.1, 0.35)
    depth = cv2.distanceTransform(lungs.astype(np.uint8), cv2.DIST_L2, 5)
    near = np.exp(-depth / max(2.0, rng.uniform(0.1, 1) * float(depth.max()))).astype(np.float32)
    share = _soft(fine & lungs, 0.6, lungs) * near
    return _blend(hu, float(rng.uniform(-300, 0)), share * np.float32(rng.uniform(0.5, 1)))


def _opaque(hu: HU, lungs: Mask, rng: Random) -> HU:
    """A lung without air, but for a rest."""
    columns = np.arange(hu.shape[1]) < np.nonzero(lungs)[1].mean()
    own = lungs & (columns if rng.random() < 0.5 else ~columns)
    if not own.any():
        return hu
    field = _field(hu.shape, 40, rng)
    dense = own & (field < np.percentile(field[own], rng.uniform(60, 95)))
    return _blend(hu, rng.normal(25, 15) + 8 * _field(hu.shape, 8, rng), _soft(dense, 1.5, own))


KINDS = (_consolidation, _ground_glass, _mass, _effusion, _net, _opaque)
SHARES = (0.28, 0.24, 0.22, 0.13, 0.1, 0.03)
