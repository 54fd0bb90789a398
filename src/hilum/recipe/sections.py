"""The sections of a recipe: each setting with what it means and what it may be."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = ["Augmentation", "Classes", "Crossing", "Input", "Network", "Section", "Training"]

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
Whole = Annotated[int, Field(ge=1)]

FEWEST_PIXELS, MOST_PIXELS = 32, 2048
"""Sides of an input: below, networks run out of map; above, processors out of memory."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Classes(Section):
    """[classes]: what the network tells apart."""

    names: tuple[str, ...] = ()
    """Class names in the order of the network's outputs; empty: the table's labels, sorted."""
    positive: str = "cancer"
    """The class that precision, recall, specificity, F1 and AUC speak of."""
    healthy: str = ""
    """The class of slices that show no disease, such as normal; empty, or none of the table's
    labels: there is no such class."""


class Network(Section):
    """[network]: backbone, what of it is trained, and the head on top."""

    backbone: str
    """A name of `hilum networks`, or any of timm's, with or without a tag: resnet50.a1_in1k."""
    train_from: str = ""
    """timm path of the first module that is trained; "all": the whole network, "head": none of
    the backbone. Empty: as networks.toml says, or, for another network, the clean boundary that
    freezes nearest to 70 % of the layers; with random weights always "all"."""
    also_train: tuple[str, ...] = ()
    """timm paths of modules before `train_from` that are trained too: a cut across branches."""
    frozen_batchnorm: Literal["stored", "batch"] = "stored"
    """What frozen batch norm runs on while training: its stored statistics; or "batch": those of
    the batch, the stored ones left as they are, which is what the published code did."""
    batchnorm_momentum: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of a batch in the running statistics of the backbone (torch's momentum, 1 minus
    Keras'); 0: timm's own."""
    batchnorm_eps: Annotated[float, Field(ge=0)] = 0.0
    """Added to the variance in the backbone's batch norm; 0: timm's own."""
    hidden: tuple[Whole, ...] = ()
    """Units of the head's dense layers."""
    dropout: tuple[Share, ...] = ()
    """After the pooled features and after each dense layer: one more than `hidden`."""
    head: Literal["pooled", "map"] = "pooled"
    """"pooled": features are averaged over the slice, then `hidden` and `dropout`. "map": every
    class but the healthy one has a map of scores, at four times the resolution of the last feature
    map where the network has such layers; the slice's score is their log-sum-exp, so that a small
    lesion is not averaged away."""


class Input(Section):
    """[input]: what the network sees."""

    size: Annotated[int, Field(ge=0, le=MOST_PIXELS)] = 0
    """Side of the square that a slice is resized to, pixels, 32 to 2048; 0: as the weights'
    configuration in timm says. Left out, it is 224 for the networks of networks.toml."""
    harmonise: bool = False
    """Cut every slice to its lungs, at fixed grey levels and one resolution, before the network
    sees it, as `hilum data harmonise` does; boxes, masks and maps go along."""
    scaling: Literal["weights", "zero-one", "minus-one-one", "train-mean"] = "weights"
    """What the backbone gets: grey levels by the weights' own mean and std; 0 to 1; -1 to 1; or
    grey levels 0 to 255 less the mean of the training slices."""

    @property
    def facts(self) -> dict[str, Any]:
        """What network.json says of it besides the scaling: `harmonise` only where it is on."""
        return {"size": self.size, **({"harmonise": True} if self.harmonise else {})}

    @field_validator("size")
    @classmethod
    def _enough_pixels(cls, size: int) -> int:
        """Refuse a side that is neither told nor 0."""
        if 0 < size < FEWEST_PIXELS:
            raise ValueError(
                f"[input] size must be {FEWEST_PIXELS} to {MOST_PIXELS} pixels, or 0: as the "
                f"weights' configuration says; got {size}"
            )
        return size


class Training(Section):
    """[training]: the optimiser and its schedule."""

    epochs: Whole = 10
    batch_size: Annotated[int, Field(ge=2)] = 16
    """Slices a step, over all processes together."""
    loss: Literal["softmax", "sigmoid"] = "softmax"
    """Cross-entropy on the softmax over the classes, or the mean over one sigmoid a class."""
    learning_rate: Positive = 1e-3
    backbone_learning_rate: Positive = 1e-4
    """Of the trained part of the backbone."""
    optimizer: Literal["adamw", "keras-adam"] = "adamw"
    """"keras-adam": Adam as Keras has it, epsilon added before bias correction; no decay."""
    epsilon: Positive = 1e-8
    """Of the optimiser."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup_epochs: Annotated[float, Field(ge=0)] = 1.0
    """Epochs over which the learning rate rises linearly; after them it falls as a cosine."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """"constant": the full learning rate at every step."""
    class_weights: Literal["none", "balanced"] = "none"
    """"balanced": each class weighs the same in the loss, however many slices it has."""
    sampling: Literal["slices", "balanced"] = "slices"
    """"slices": every slice once in an epoch. "balanced": as many are drawn, every source equally
    often and in it every class."""
    restricted: bool = False
    """Compare a slice's classes only with those that its own source holds, so that telling the
    sources apart lowers no loss. Restricted softmax."""
    lesion_loss: Annotated[float, Field(ge=0)] = 0.0
    """Weight of a second loss: of the map of scores against boxes and masks. Needs the head
    "map"."""
    averaging: Share = 0.0
    """Share of the earlier weights in a running mean over steps, which is what is validated and
    saved, such as 0.99; 0: the weights of the last step are."""
    patience: Annotated[int, Field(ge=0)] = 0
    """Stop after so many epochs without a better validation; 0: never."""
    select_by: Literal["loss", "auc", "accuracy"] = "loss"
    """Which validation figure decides the best epoch; ties go to the lower loss. The loss is the
    default: on a few patients AUC and accuracy jump, and on easy data they stand at 1."""
    keep: Literal["best", "last"] = "best"
    """Which epoch's network is kept; the published code evaluates the last one."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """"auto": float32; but bfloat16 on a GPU that computes with it, and on a processor that does,
    where a step of this network, measured when the training begins, is clearly faster in it."""
    views: Annotated[int, Field(ge=0, le=1000)] = 0
    """Augmented views of each slice, which take turns from epoch to epoch; 0: a new one in every
    epoch. With few of them the frozen part of the network need not run in every epoch. Where
    nothing is frozen it is 0."""
    compile: bool = False
    """Compile the network for this machine with torch.compile: worth its minutes on a GPU and over
    many epochs; needs a C++ compiler."""
    frozen_once: Literal["auto", "yes", "no"] = "auto"
    """Run the frozen part once for each view and keep what it gives on disk, in half precision;
    "auto": where that is faster, by times measured when the training begins."""


class Augmentation(Section):
    """[augmentation]: drawn for each slice and epoch; the defaults are the paper's."""

    rotation: Annotated[float, Field(ge=0, le=180)] = 10.0
    """Degrees, uniform between minus and plus."""
    shift: Share = 0.2
    """Share of the side, each axis, uniform between minus and plus."""
    zoom: Share = 0.2
    """Each axis is scaled by a factor of its own, uniform from 1 - zoom to 1 + zoom."""
    shear: Annotated[float, Field(ge=0, lt=90)] = 0.15
    """Degrees, uniform between minus and plus."""
    horizontal_flip: bool = True
    """With probability one half."""
    vertical_flip: bool = True
    tone: Share = 0.0
    """Strength of changes of gamma, contrast, brightness and window; 0: none."""
    sharpness: Share = 0.0
    """Share of the slices that are reduced and enlarged again, or sharpened."""
    noise: Share = 0.0
    """Largest standard deviation of added noise, fine or coarse, as a share of the grey levels."""


class Crossing(Section):
    """[crossing]: lesions put into slices of every source, so that no class stays with its own."""

    share: Share = 0.0
    """Share of the slices of a source and class that are made, where the source has some of its
    own; of a class that it lacks all are made. 0: none is made at all."""
    transplants: Annotated[float, Field(ge=0)] = 1.0
    """How often, against the next three, a tumour is cut out of another slice by its mask or box,
    scaled, turned and blended in."""
    drawn: Annotated[float, Field(ge=0)] = 1.0
    """How often a tumour is drawn: nodule to mass of 10 cm, spiculated, cavitated, at the wall."""
    opacities: Annotated[float, Field(ge=0)] = 1.0
    """How often consolidation or ground glass is drawn into a healthy slice."""
    controls: Annotated[float, Field(ge=0)] = 0.25
    """How often a piece of plain lung is moved in the same way, the class left as it is."""
    removals: bool = True
    """Cover marked tumours with plain lung of the same slice, which makes it healthy; a share of
    those that keep their tumour get plain lung covered."""
    opacity_class: str = "pneumonia"
    """The class that consolidation and ground glass stand for."""
