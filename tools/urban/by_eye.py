"""Joins pictures of UC Merced that were labelled by eye, by_eye.png and by_eye.csv beside this file, to scenes.

python -m tools.urban.by_eye DATA/ucmerced OUT

by_eye.png holds the class ids of the pictures that by_eye.csv lists, row by row; 255 is unlabelled. None of them holds a point of
elsewhere.csv.
"""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning

from tools.urban.together import SIDE, Labelled, read_picture, write_together
from tools.urban.weak import print_shares

LABELS = Path(__file__).with_suffix(".png")
PICTURES = Path(__file__).with_suffix(".csv")


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--scenes", default=4, show_default=True, help="in each, the pictures lie elsewhere")
@click.option("--across", default=8, show_default=True, help="pictures along each side of a scene")
@click.option("--seed", default=7, show_default=True)
def main(data: Path, out: Path, scenes: int, across: int, seed: int) -> None:
    """Write OUT/images/by_eye_00.tif and OUT/labels/by_eye_00.tif and so on, of the labelled pictures below DATA."""
    warnings.simplefilter("ignore", NotGeoreferencedWarning)
    labels = read_labels()
    pictures = _dealt(data, labels, np.random.default_rng(seed))
    counts = np.zeros(256, np.int64)
    for number in range(scenes):
        chosen = (next(pictures) for _ in range(across**2))
        label = write_together(out, f"by_eye_{number:02}", chosen, across)
        counts += np.bincount(label.ravel(), minlength=256)
    print_shares(counts)


def read_labels() -> dict[str, NDArray[np.uint8]]:
    """(SIDE, SIDE) class ids by picture, its folder and name."""
    with PICTURES.open(newline="") as file:
        names = [line["picture"] for line in csv.DictReader(file)]
    with Image.open(LABELS) as sheet:
        ids = np.asarray(sheet)
    across = ids.shape[1] // SIDE
    corners = (divmod(place, across) for place in range(len(names)))
    return {
        name: ids[SIDE * row : SIDE * (row + 1), SIDE * col : SIDE * (col + 1)]
        for name, (row, col) in zip(names, corners, strict=True)
    }


def _dealt(
    data: Path, labels: dict[str, NDArray[np.uint8]], dealer: np.random.Generator
) -> Iterator[Labelled]:
    """All pictures in random order, then all of them in another, and so on; each turned by some quarters."""
    names = list(labels)
    while True:
        for index in dealer.permutation(len(names)):
            name, quarters = names[index], int(dealer.integers(4))
            pixels = read_picture(data / f"{name}.jpg")
            yield np.rot90(pixels, quarters, axes=(1, 2)), np.rot90(labels[name], quarters)


if __name__ == "__main__":
    main()
