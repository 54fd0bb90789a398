"""How a slice is shown: window, crop, turn, couch, tone, sharpness, noise, JPEG, letters."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from hilum.readers import Window, apply_window

__all__ = ["couch", "degraded", "draw_window", "fleshed", "framing", "placed"]

HU = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]
Random = np.random.Generator


def draw_window(rng: Random) -> Window:
    """Draw a window as articles show them: lung, wide, or mediastinal."""
    kind = rng.random()
    if kind < 0.6:
        return Window(float(rng.uniform(800, 2000)), float(rng.uniform(-750, -350)))
    if kind < 0.8:
        return Window(float(rng.uniform(1400, 3000)), float(rng.uniform(-500, 150)))
    return Window(float(rng.uniform(250, 800)), float(rng.uniform(-50, 120)))


def fleshed(hu: HU, rng: Random) -> HU:
    """Give soft tissue that stops at 0 HU the attenuations of muscle, organs and bone."""
    rough = rng.normal(0, 1, (2, *hu.shape)).astype(np.float32)
    broad = cv2.GaussianBlur(rough[0], (0, 0), float(rng.uniform(3, 9)))
    fine = cv2.GaussianBlur(rough[1], (0, 0), float(rng.uniform(0.5, 1.2)))
    tissue = 45 + rng.uniform(5, 50) * broad / broad.std() + rng.uniform(3, 25) * fine / fine.std()
    bone = broad > np.percentile(broad, 100 - rng.uniform(1, 9))
    if rng.random() < 0.7:
        tissue = np.where(bone, tissue + rng.uniform(100, 700), tissue)
    full = cv2.GaussianBlur((hu > -15).astype(np.float32), (0, 0), 0.6)
    return np.asarray(hu * (1 - full) + tissue * full, np.float32)


def couch(hu: HU, rng: Random) -> HU:
    """Lay the body on a couch: one or two thin curved shells, sometimes a blanket."""
    body = hu > -500
    rows = np.flatnonzero(body.any(axis=1))
    if not len(rows) or rows[-1] > hu.shape[0] - 6:
        return hu
    y, x = np.mgrid[: hu.shape[0], : hu.shape[1]].astype(np.float32)
    bend = float(rng.uniform(-0.0015, 0.002)) * (x - hu.shape[1] / 2) ** 2
    shown = hu.copy()
    for gap in (rng.uniform(1, 6), rng.uniform(8, 30))[: int(rng.integers(1, 3))]:
        shell = np.abs(y - rows[-1] - gap + bend) < rng.uniform(0.6, 1.6)
        shown = np.where(shell & ~body, np.float32(rng.uniform(-500, 100)), shown)
    return np.asarray(shown, np.float32)


def framing(
    shape: tuple[int, int], box: tuple[int, int, int, int], side: int, rng: Random
) -> tuple[npt.NDArray[np.float64], int]:
    """Draw which part of a slice is shown and how: matrix (2, 3) to a square, and quarter turns.

    Args:
        shape: rows and columns of the slice.
        box: of the lungs: top, left, bottom, right.
        side: of the square.
        rng: draws.
    """
    top, left, bottom, right = box
    rows, columns = shape
    kind = rng.random()
    if kind < 0.35:  # the full slice, more or less of it
        wider = rng.uniform(0, 0.3) - rng.uniform(-0.1, 0.05, 4)  # small bodies in wide fields
        edges = np.array((0, 0, rows, columns)) + wider * rows * (-1, -1, 1, 1)
    else:  # from the body down to the lungs, and into them
        most = 0.45 if kind < 0.65 else 0.12
        margins = rng.uniform(-0.04 if kind > 0.65 else 0.02, most, 4) * (
            bottom - top, right - left, bottom - top, right - left
        )  # fmt: skip
        if kind > 0.95:  # one lung, or a piece
            margins[rng.integers(4)] -= rng.uniform(0.2, 0.5) * (right - left)
        edges = np.array((top, left, bottom, right)) + margins * (-1, -1, 1, 1)
    height, width = max(20.0, edges[2] - edges[0]), max(20.0, edges[3] - edges[1])
    centre = np.array([edges[1] + width / 2, edges[0] + height / 2])
    angle = np.deg2rad(rng.normal(0, 5))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = np.diag([side / width, side / height]) @ turn
    if rng.random() < 0.5:
        linear = np.diag([-1, 1]) @ linear
    turns = int(rng.choice(4, p=(0.7, 0.08, 0.14, 0.08)))
    quarter = np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), turns)
    linear = quarter @ linear
    shift = np.array([side / 2, side / 2]) - linear @ centre
    return np.column_stack([linear, shift]), turns


def placed(
    pixels: npt.NDArray[np.generic], matrix: npt.NDArray[np.float64], side: int, outside: float
) -> npt.NDArray[np.generic]:
    """Return a slice warped to a square; smoothed first where it shrinks much."""
    shrink = 1 / np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    if shrink > 1.3:
        pixels = cv2.GaussianBlur(pixels, (0, 0), 0.4 * float(shrink))
    warped = cv2.warpAffine(
        pixels, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
        borderValue=outside,
    )  # fmt: skip
    return np.asarray(warped)


def shown(hu: HU, rng: Random) -> Grey:
    """Return a slice in a drawn window."""
    return apply_window(hu, draw_window(rng))


def degraded(grey: Grey, rng: Random) -> Grey:
    """Return a picture after tone, sharpness, noise, letters, JPEG and inversion."""
    side = grey.shape[0]
    picture = grey.astype(np.float32)
    if rng.random() < 0.5:
        picture = 255 * (picture / 255) ** float(np.exp(rng.uniform(-0.6, 0.6)))
    if rng.random() < 0.6:
        picture = picture * float(rng.uniform(0.45, 1.1)) + float(rng.uniform(-10, 70))
    if rng.random() < 0.35:
        picture = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 2.2)))
    if rng.random() < 0.25:
        small = cv2.resize(picture, None, fx=(f := float(rng.uniform(0.3, 0.8))), fy=f)
        picture = cv2.resize(small, (side, side), interpolation=int(rng.choice([0, 1, 2])))
    if rng.random() < 0.5:
        noise = rng.normal(0, 1, picture.shape).astype(np.float32)
        noise = cv2.GaussianBlur(noise, (0, 0), float(rng.uniform(0.3, 1.2)))
        picture = picture + noise / noise.std() * float(rng.uniform(2, 22))
    if rng.random() < 0.12:
        slope = np.linspace(-1, 1, side, dtype=np.float32)
        picture = picture + float(rng.uniform(-40, 40)) * (
            slope if rng.random() < 0.5 else slope[:, None]
        )
    drawn = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        drawn = _lettered(drawn, rng)
    if rng.random() < 0.12:
        drawn = _framed(drawn, rng)
    if rng.random() < 0.5:
        _, code = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))])
        drawn = np.asarray(cv2.imdecode(code, cv2.IMREAD_GRAYSCALE), np.uint8)
    return np.asarray(255 - drawn if rng.random() < 0.05 else drawn, np.uint8)


def _lettered(picture: Grey, rng: Random) -> Grey:
    """Draw letters and arrows."""
    side = picture.shape[0]
    for _ in range(int(rng.integers(1, 4))):
        level = int(rng.choice([0, 255, int(rng.integers(120, 255))]))
        first, second = rng.integers(0, side, (2, 2))
        if rng.random() < 0.5:
            text = "".join(rng.choice(list("ABCDRL0123456789*"), int(rng.integers(1, 5))))
            cv2.putText(
                picture,
                text,
                tuple(map(int, first)),
                cv2.FONT_HERSHEY_SIMPLEX,
                float(rng.uniform(0.3, 0.9)),
                level,
                int(rng.integers(1, 3)),
                cv2.LINE_AA,
            )
        else:
            end = np.clip(first + (second - first) * 0.2, 0, side)
            cv2.arrowedLine(picture, tuple(map(int, first)), tuple(map(int, end)), level,
                            int(rng.integers(1, 3)), cv2.LINE_AA, tipLength=0.4)  # fmt: skip
    return picture


def _framed(picture: Grey, rng: Random) -> Grey:
    """Draw a light or dark frame along some edges."""
    level = int(rng.choice([0, 255]))
    width = int(rng.integers(1, 12))
    for edge in rng.permutation(4)[: int(rng.integers(1, 5))]:
        np.rot90(picture, int(edge))[:width] = level
    return picture
