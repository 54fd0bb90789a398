"""Made-up content of sanity.json."""

from __future__ import annotations

from typing import Any


def figure(value: float) -> dict[str, Any]:
    ends = {"low": value - 0.05, "high": value + 0.05}
    return {"value": value, **ends, "method": "bootstrap", "groups": 14}


def both(order: float, shape: float) -> dict[str, Any]:
    return {"rank_correlation": figure(order), "ssim": figure(shape)}


def game(level: str, slices: int) -> dict[str, Any]:
    areas = dict(zip(("map", "moved", "another", "centre"), (0.3, 0.25, 0.35, 0.4), strict=True))
    minus = {order: figure(0.3 - area) for order, area in areas.items() if order != "map"}
    curve = {"probability": [1.0, 0.4, 0.0], "logit": [5.0, 0.0, -5.0]}
    return {
        "level": level, "sentence": f"So it is: {level}.", "slices": slices, "groups": 9,
        "fill": "grey", "areas": {order: figure(area) for order, area in areas.items()},
        "map_minus": minus, "shares": [0.0, 0.5, 1.0],
        "curves": dict.fromkeys(areas, curve) if slices else {},
    }  # fmt: skip


def sanity(*, level: str = "falls", runs: bool = True, slices: int = 20) -> dict[str, Any]:
    stages = [
        {"name": name, "layers": 4, **both(order, 0.3),
         "each_draw": {"rank_correlation": [order - 0.2, order + 0.2], "ssim": [0.2, 0.4]},
         "without_map": [0, 3]}
        for name, order in (("head", 0.6), ("layer4", 0.2), ("conv1 to layer3", -0.1))
    ]  # fmt: skip
    other = {
        "level": "agrees", "sentence": "They agree.", "run": "runs/second", "title": "MobileNetV2",
        "name": "the same recipe, seed 1", "differs": "seed", "seed": 1, **both(0.6, 0.7),
        "floor": both(0.3, 0.4), "lead": both(0.3, 0.3), "without_map": 2,
    }  # fmt: skip
    return {
        "options": {"split": "test"}, "method": "Grad-CAM", "layers": ["bn2"], "slices": 32,
        "groups": 14, "by_target": {"cancer": 32}, "left_out": {"zero map": 20, "not finite": 0},
        "different_slices": both(0.45, 0.5),
        "randomisation": {"level": level, "sentence": "Told.", "draws": 2, "stages": stages},
        "runs": [other] if runs else [], "deletion": game("partly", slices),
        "insertion": game("better", slices),
    }  # fmt: skip
