"""Labels pictures of UC Merced by what several models say of them together, and joins many pictures to one scene.

python -m tools.urban.teach DATA/ucmerced OUT --model one.safetensors --model other.safetensors

A global branch that sees few scenes knows them by heart; scenes that are put together of 64 places show it more. Pictures that
hold points of elsewhere.csv are left out: they measure.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning

from glnet_geo import Model, load_model
from glnet_geo.core.window import Window
from glnet_geo.model.machine import choose_machine
from glnet_geo.model.predict import Predictor
from glnet_geo.training.validation import enlarged
from tools.urban.assemble import IGNORED
from tools.urban.elsewhere import measuring_pictures
from tools.urban.package import read_band
from tools.urban.together import SIDE, Labelled, read_picture, sized, write_together
from tools.urban.train import LEGEND, NORMALIZATION
from tools.urban.weak import print_shares

_WHOLE = Window(row=0, col=0, height=SIDE, width=SIDE)


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--model",
    "models",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path, exists=True),
    help="a teacher; several are averaged",
)
@click.option(
    "--least", default=0.5, show_default=True, help="probability below which a pixel is not labelled"
)
@click.option(
    "--rough",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="holds labels/ of some of the pictures, as tools.urban.weak writes it: they count more than the teachers",
)
@click.option("--across", default=8, show_default=True, help="pictures along each side of a scene")
@click.option("--seed", default=7, show_default=True)
def main(
    data: Path, out: Path, models: tuple[Path, ...], least: float, rough: Path | None, across: int, seed: int
) -> None:
    """Write OUT/images/NAME.tif and OUT/labels/NAME.tif, scenes of the pictures below DATA in random order."""
    warnings.simplefilter("ignore", NotGeoreferencedWarning)
    measuring = measuring_pictures()
    paths = [path for path in sorted(data.glob("*/*.jpg")) if path.stem not in measuring]
    order = np.random.default_rng(seed).permutation(len(paths))
    teachers = [Teacher(load_model(path)) for path in models]
    counts = np.zeros(256, np.int64)
    each = across**2
    for number in range(len(paths) // each):
        chosen = [paths[index] for index in order[number * each : (number + 1) * each]]
        label = write_together(
            out, f"together_{number:02}", (_labelled(path, teachers, least, rough) for path in chosen), across
        )
        counts += np.bincount(label.ravel(), minlength=256)
        print(number + 1, "of", len(paths) // each, flush=True)
    print_shares(counts)


class Teacher:
    """A model that labels pictures."""

    def __init__(self, model: Model) -> None:
        self._tiling, self._temperature = model.card.tiling, model.card.temperature
        self._predictor = Predictor(model.network, self._tiling, choose_machine("cpu", "auto"))

    def __call__(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (classes, rows, cols) of a picture (bands, rows, cols), normalised."""
        logits = self._predictor.logits(pixels, self._tiling.patches(_WHOLE.shape))
        pixelwise = torch.from_numpy(enlarged(logits, _WHOLE))
        likely: NDArray[np.float32] = torch.softmax(pixelwise / self._temperature, 0).numpy()
        return likely


def agreed(teachers: Sequence[Teacher], pixels: NDArray[np.uint8], least: float) -> NDArray[np.uint8]:
    """(rows, cols) class ids where the teachers' mean probability is at least so high; else ignored."""
    normal = NORMALIZATION(pixels.astype(np.float32), None)
    likely = np.mean([teacher(normal) for teacher in teachers], axis=0)
    label: NDArray[np.uint8] = np.where(
        likely.max(axis=0) >= least, LEGEND.ids[likely.argmax(axis=0)], IGNORED
    ).astype(np.uint8)
    return label


def _labelled(path: Path, teachers: Sequence[Teacher], least: float, rough: Path | None) -> Labelled:
    pixels = read_picture(path)
    told, known = agreed(teachers, pixels, least), _known(rough, path.stem)
    return pixels, told if known is None else np.where(known == IGNORED, told, known)


def _known(rough: Path | None, name: str) -> NDArray[np.uint8] | None:
    """(SIDE, SIDE) the rough labels of a picture, if it has any."""
    path = rough / "labels" / f"{name}.tif" if rough else None
    if path is None or not path.exists():
        return None
    return np.asarray(sized(Image.fromarray(read_band(path)), Image.Resampling.NEAREST))


if __name__ == "__main__":
    main()
