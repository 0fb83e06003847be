"""Measures trained weights on the scenes they never saw, and writes the package that ships.

python -m tools.urban.package --data WORK --weights WORK/all/urban.safetensors \
        --measured WORK/run/urban.safetensors --validate t1 --validate t5 --out urban.safetensors

Weights that were trained on all scenes have no unseen ones: temperature and scores are then those of weights that were
trained in the same way without the scenes to validate on.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
import rasterio
import torch
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning
from safetensors.torch import load_file

from glnet_geo import Options, classify
from glnet_geo.core.accuracy.calibration import Reliability
from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.core.legend import NODATA
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.model.card import Card, GroundSampleDistance, Scores
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.machine import choose_machine
from glnet_geo.model.package import save_package
from glnet_geo.training.new_card import scores_of
from glnet_geo.training.validation import judge
from tools.urban.train import ARCHITECTURE, LEGEND, NORMALIZATION, TILING

DESCRIPTION = (
    "Water, bare land, roads, buildings and vegetation of dry, built-up places in natural colour. Learnt from Dubai, from coarse labels: blocks of "
    "buildings are drawn as one, thin roads are often missed; and from pictures of the United States, a few labelled by eye, most by other "
    "networks. Elsewhere, on other soils, roofs or seasons, expect a fifth of it to be wrong, and look before you count."
)
TRAINING = (
    "From a backbone that knows photographs: the global branch, then the local one that it guides. It learnt four scenes of Dubai, 112 pictures of the United States that were labelled by eye, and "
    "1,920 that were labelled by three networks of different kinds together; it learnt on twice, then from all six scenes, and is the mean of all three. The scores are those of a mean that was made alike, of "
    "which no part has learnt t1 and t5, nor has any of the networks that labelled pictures."
)
CREDIT = (
    "Trained on 'Semantic segmentation of aerial imagery', shared with the public domain by Humans in the Loop under "
    "the CC0 1.0 license; imagery by the Mohammed Bin Rashid Space Centre. Weakly labelled pictures, and some by eye: UC Merced Land Use, "
    "USGS National Map imagery, public domain. Backbone weights: EfficientNet-Lite0, "
    "Apache-2.0."
)

FAVOUR = 0.5
"""How far rare classes are favoured: 0 not at all, 1 as if all were as frequent."""


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), required=True, help="holds images/ and labels/"
)
@click.option("--weights", type=click.Path(path_type=Path, exists=True), required=True, help="that ship")
@click.option(
    "--measured",
    type=click.Path(path_type=Path, exists=True),
    help="that are measured, trained without the scenes to validate on; without it, those that ship were",
)
@click.option("--validate", multiple=True, required=True, help="scenes that were left out of training")
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(
    data: Path,
    weights: Path,
    measured: Path | None,
    validate: tuple[str, ...],
    out: Path,
) -> None:
    """Write OUT with a card that tells its scores on the scenes to validate on."""
    warnings.simplefilter("ignore", NotGeoreferencedWarning)
    scenes = [path.stem for path in sorted((data / "labels").glob("*.tif"))]
    learnt = [scene for scene in scenes if scene not in validate]
    judged = network = _network(measured or weights, class_shares(data, learnt))
    if measured is not None:
        network = _network(weights, class_shares(data, scenes))
    card = Card.of(
        name=out.stem,
        architecture=network.architecture,
        tiling=TILING,
        bands=("red", "green", "blue"),
        normalization=NORMALIZATION,
        legend=LEGEND,
        description=DESCRIPTION,
        # The scenes' own distances are not documented; this is what their contents suggest, widened by the zoom
        # of augmentation.
        ground_sample_distance=GroundSampleDistance(minimum=0.4, maximum=2.0),
        training=TRAINING,
        credit=CREDIT,
        license="MIT",
    )
    shipped = card.model_copy(update={"temperature": round(_temperature(judged, data, validate), 3)})
    scores = _scores(judged, card, data, validate)
    save_package(out, network, shipped.model_copy(update={"scores": scores}), half=True)
    print(f"temperature {shipped.temperature}", scores.model_dump_json(indent=1))


def _network(weights: Path, shares: NDArray[np.float64]) -> GLNet:
    network = GLNet(ARCHITECTURE)
    network.load_state_dict(load_file(weights))
    favour_rare(network, shares, strength=FAVOUR)
    return network


def class_shares(data: Path, scenes: Sequence[str]) -> NDArray[np.float64]:
    """(classes,) part of the labelled pixels that each class covers in the scenes that were learnt from."""
    counts = sum(
        np.bincount(read_band(data / "labels" / f"{scene}.tif").ravel(), minlength=256) for scene in scenes
    )
    of_classes: NDArray[np.float64] = np.asarray(counts, dtype=np.float64)[LEGEND.ids]
    shares: NDArray[np.float64] = of_classes / of_classes.sum()
    return shares


def favour_rare(network: GLNet, shares: NDArray[np.float64], *, strength: float) -> None:
    """Shift the logits against the shares of the classes: the mean IoU counts rare classes as much as frequent ones.

    Source: Menon et al.: Long-tail learning via logit adjustment, ICLR 2021 (arXiv:2007.07314), section 4.
    """
    head = network.glance.fpn.classify if network.architecture.sharing == "none" else network.ensemble
    if head.bias is None:
        raise TypeError("the head has no bias")
    with torch.no_grad():
        head.bias -= strength * torch.from_numpy(np.log(shares)).float()


def _temperature(network: GLNet, data: Path, scenes: Sequence[str]) -> float:
    """That makes the network as sure as it is right on these scenes."""
    pairs = [Pair(data / "images" / f"{scene}.tif", data / "labels" / f"{scene}.tif") for scene in scenes]
    return judge(
        network,
        pairs,
        tiling=TILING,
        normalization=NORMALIZATION,
        legend=LEGEND,
        machine=choose_machine("auto", "auto"),
    ).temperature


def _scores(network: GLNet, card: Card, data: Path, scenes: Sequence[str]) -> Scores:
    """Scores on whole scenes, in one confusion matrix; each is calibrated by the others, as a new scene would be."""
    total = Confusion.empty(len(LEGEND))
    reliability = Reliability.none()
    for scene in scenes:
        others = [other for other in scenes if other != scene]
        temperature = _temperature(network, data, others) if others else 1.0
        with tempfile.TemporaryDirectory() as folder:
            package, mapped, sure = (Path(folder) / name for name in ("m.safetensors", "map.tif", "sure.tif"))
            save_package(package, network, card.model_copy(update={"temperature": temperature}), half=True)
            classify(
                data / "images" / f"{scene}.tif", mapped, options=Options(model=package), confidence=sure
            )
            classes, percent, labels = (
                read_band(path) for path in (mapped, sure, data / "labels" / f"{scene}.tif")
            )
        confusion = Confusion.of(labels, classes, LEGEND)
        judged = labels != NODATA
        of_scene = Reliability.of(percent[judged] / 100, (classes == labels)[judged])
        print(
            f"{scene}: mean IoU {confusion.mean_iou:.3f}, {confusion.iou.round(3)}, temperature of the others "
            f"{temperature:.2f}, expected calibration error {of_scene.expected_calibration_error:.3f}",
            flush=True,
        )
        total, reliability = total + confusion, reliability + of_scene
    print(f"expected calibration error {reliability.expected_calibration_error:.3f}")
    return scores_of(total, scenes, LEGEND, range(len(LEGEND)))


def read_band(path: Path) -> NDArray[np.uint8]:
    """The first band of a raster: (rows, cols)."""
    with rasterio.open(path) as dataset:
        band: NDArray[np.uint8] = dataset.read(1)
    return band


if __name__ == "__main__":
    main()
