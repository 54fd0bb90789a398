"""The list of networks and the guess at a misspelt name."""

from __future__ import annotations

from hilum.catalogue.networks import known_networks


def test_the_papers_nine_networks_stand_in_its_order() -> None:
    assert {name: network.size for name, network in known_networks().items()} == {
        "densenet121": 224,
        "mobilenetv2": 320,
        "inceptionv3": 299,
        "inceptionresnetv2": 299,
        "resnet50": 224,
        "resnet101": 224,
        "vgg16": 320,
        "vgg19": 320,
        "xception": 299,
    }


def test_every_row_is_whole() -> None:
    for name, network in known_networks().items():
        assert network.name == name
        assert network.title and network.timm and network.train_from and network.cam_layer
        assert len(network.dropout) == len(network.hidden) + 1
        assert set(network.paper) == {
            "accuracy", "precision", "recall", "f1", "auc", "specificity",
        }  # fmt: skip
        assert all(0.8 <= figure <= 1 for figure in network.paper.values())
        assert network.backbone_parameters < network.keras_parameters


def test_the_papers_figures_fit_each_other() -> None:
    """F1 follows from precision and recall; 150 test slices of each class give the accuracy."""
    for network in known_networks().values():
        paper = network.paper
        precision, recall = paper["precision"], paper["recall"]
        assert abs(2 * precision * recall / (precision + recall) - paper["f1"]) < 0.002
        assert abs((recall + paper["specificity"]) / 2 - paper["accuracy"]) < 0.002
