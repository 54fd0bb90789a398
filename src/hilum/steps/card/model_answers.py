"""What a run knows of its network and its training, in sentences."""

from __future__ import annotations

from hilum.steps.card.facts import CardFacts

__all__ = ["model_answers"]

SHOWN_PACKAGES = ("torch", "timm", "accelerate", "numpy", "scikit-learn", "pydicom")


def model_answers(facts: CardFacts) -> dict[str, str]:
    """Return key of the checklist -> what the run knows; empty where it knows nothing."""
    network = facts.network
    return {
        "category": f"Deep learning, image classification: {network.title}.",
        "task": f"Telling {facts.task} apart on single axial chest CT slices.",
        "use": "Research alone; not a medical device. Made to study what networks learn from CT "
        "slices, by people who can read its report.",
        "input": _input(facts),
        "network": _network(facts),
        "software": _software(facts),
        "weights": _weights(facts),
        "training": _training(facts),
        "selection": _selection(facts),
        "ensembling": {
            "ensemble": f"The mean probability of {len(network.members)} networks.",
            "cross-validation": "None: each slice is predicted by the network of one fold.",
        }.get(network.kind, "None: one network."),
        "output": _output(facts),
        "predictors": "The grey levels of one slice, nothing else: no age, no sex, no other slice.",
        "subjective": "There are none.",
        "predictions": "By the stored network, once for each slice, without augmentation; "
        "predictions.csv holds every probability.",
        "updating": "The network was not updated after it was evaluated.",
        "refusals": "A file that can't be read, or holds no slice, is refused and named; what is "
        "unusual about a file is noted next to its prediction.",
        "details": "recipe.toml (every setting), slices.csv (every slice), environment.json "
        "(versions, seed, command) in the run folder.",
        "availability": "hilum is open source (Apache-2.0); the run folder holds the network.",
    }


def _input(facts: CardFacts) -> str:
    size = facts.network.size
    return (
        f"Each slice is read upright, as 8-bit grey, resized to {size} x {size} pixels and scaled "
        "as the weights expect it."
    )


def _network(facts: CardFacts) -> str:
    network, parameters = facts.network, facts.network.parameters
    backbone = network.content.get("timm")
    named = f" (timm {backbone})" if backbone else ""
    head = ", ".join(map(str, facts.recipe.network.hidden)) if facts.recipe else ""
    layers = f" with dense layers of {head} units on top" if head else ""
    counted = (
        f" {parameters['total']:,} parameters, {parameters.get('trained', 0):,} of them trained."
        if "total" in parameters
        else ""
    )
    return f"{network.title}{named}{layers}.{counted} weights.safetensors and network.json hold it."


def _software(facts: CardFacts) -> str:
    packages = facts.environment.get("packages") or {}
    shown = [f"{name} {packages[name]}" for name in SHOWN_PACKAGES if name in packages]
    return ", ".join([f"hilum {facts.environment.get('hilum', '')}".strip(), *shown]) + "."


def _weights(facts: CardFacts) -> str:
    weights = facts.environment.get("weights") or {}
    start = "pretrained" if weights.get("pretrained") else "random"
    digest = str(weights.get("sha256") or "")
    hashed = f", SHA-256 beginning {digest[:16]}" if digest else ""
    return f"{start.capitalize()} weights: {weights.get('origin', 'not known')}{hashed}."


def _training(facts: CardFacts) -> str:
    if facts.recipe is None:
        return "Each member was trained by the recipe in its own folder."
    training, augmentation = facts.recipe.training, facts.recipe.augmentation
    return (
        f"At most {training.epochs} epochs of batches of {training.batch_size}, "
        f"{training.optimizer}, learning rate {training.learning_rate:g} (backbone "
        f"{training.backbone_learning_rate:g}), seed {training.seed}; augmentation by rotation "
        f"(up to {augmentation.rotation:g} degrees), shift, zoom, shear and flips. recipe.toml has "
        "every setting."
    )


def _selection(facts: CardFacts) -> str:
    if facts.recipe is None:
        return "The members were given, not chosen by hilum."
    training = facts.recipe.training
    if training.keep == "last":
        return "The network of the last epoch."
    return f"The epoch with the best validation {training.select_by}; test slices had no part."


def _output(facts: CardFacts) -> str:
    points = {name: at for name, at in facts.network.thresholds.items() if at is not None}
    shown = ", ".join(f"{name} at {at:.3g}" for name, at in points.items())
    stored = f" Operating points, chosen on validation slices: {shown}." if shown else ""
    return f"A probability for each of {', '.join(facts.network.class_names)}.{stored}"
