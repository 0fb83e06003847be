"""Measures the trained weights on the scenes they never saw, and writes the package that ships.

python -m tools.urban.package --data WORK --weights WORK/run/bidirectional.safetensors \
        --validate t1 --validate t5 --out glnet_geo/model/weights/urban.safetensors
"""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import click
import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from safetensors.torch import load_file

from glnet_geo import Options, classify
from glnet_geo.core.metrics import Confusion
from glnet_geo.model.card import Card, GroundSampleDistance, Scores
from glnet_geo.model.glnet import GLNet, Sharing, light
from glnet_geo.model.package import save_package
from glnet_geo.training.new_card import scores_of
from tools.urban.train import LEGEND, NORMALIZATION, TILING

DESCRIPTION = (
    "Water, bare land, roads, buildings and vegetation of dry, built-up places in natural colour. Learnt from Dubai "
    "alone, from coarse labels: blocks of buildings are drawn as one, thin roads are often missed. Elsewhere, on other "
    "soils, roofs or seasons, or on fields and forests, expect it to be wrong, and look before you count."
)
CREDIT = (
    "Trained on 'Semantic segmentation of aerial imagery', shared with the public domain by Humans in the Loop under "
    "the CC0 1.0 license; imagery by the Mohammed Bin Rashid Space Centre. Backbone weights: EfficientNet-Lite0, "
    "Apache-2.0."
)


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), required=True, help="holds images/ and labels/"
)
@click.option("--weights", type=click.Path(path_type=Path, exists=True), required=True)
@click.option(
    "--sharing", type=click.Choice(["none", "global_to_local", "bidirectional"]), default="bidirectional"
)
@click.option("--training", default="", help="one sentence on how it was trained")
@click.option("--validate", multiple=True, required=True, help="scenes that were left out of training")
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(
    data: Path, weights: Path, sharing: Sharing, training: str, validate: tuple[str, ...], out: Path
) -> None:
    """Write OUT with a card that tells its scores on the scenes to validate on."""
    warnings.simplefilter("ignore", NotGeoreferencedWarning)
    network = GLNet(light(classes=len(LEGEND), sharing=sharing))
    network.load_state_dict(load_file(weights))
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
        training=training,
        credit=CREDIT,
        license="MIT",
    )
    save_package(out, network, card, half=True)
    scores = _scores(out, data, validate)
    save_package(out, network, card.model_copy(update={"scores": scores}), half=True)
    print(scores.model_dump_json(indent=1))


def _scores(package: Path, data: Path, scenes: tuple[str, ...]) -> Scores:
    """Scores of a package on whole scenes, in one confusion matrix."""
    total = Confusion(np.zeros((len(LEGEND), len(LEGEND)), dtype=np.int64))
    for scene in scenes:
        with tempfile.TemporaryDirectory() as folder:
            mapped = Path(folder) / "map.tif"
            classify(data / "images" / f"{scene}.tif", mapped, options=Options(model=package))
            with rasterio.open(mapped) as ours, rasterio.open(data / "labels" / f"{scene}.tif") as reference:
                confusion = Confusion.of(reference.read(1), ours.read(1), LEGEND)
        print(scene, f"mean IoU {confusion.mean_iou:.3f}", confusion.iou.round(3), flush=True)
        total += confusion
    return scores_of(total, scenes, LEGEND, range(len(LEGEND)))


if __name__ == "__main__":
    main()
