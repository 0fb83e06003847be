"""Labels pictures of UC Merced by their folder and their colours: roughly, in part, and without looking at them.

python -m tools.urban.weak DATA/ucmerced OUT

A folder says what a picture shows most of; colour says where. What neither tells stays unlabelled. Pictures that hold points of
elsewhere.csv are left out: they measure.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from tools.urban.assemble import IGNORED, write_pair
from tools.urban.elsewhere import measuring_pictures
from tools.urban.train import LEGEND

Mask: TypeAlias = NDArray[np.bool_]
_ID = {c.name: c.id for c in LEGEND}
# Colours are averaged over about so many pixels, or single leaves and cars would count.
_BLUR = 2.0
_RIVER = 0.04
"""Part of a picture that a river covers at least."""


class Colors:
    """What the colours of a picture (3, rows, cols) say of every pixel."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        red, green, blue = (ndimage.gaussian_filter(band.astype(np.float32), _BLUR) for band in pixels)
        brightest, darkest = (
            np.maximum(np.maximum(red, green), blue),
            np.minimum(np.minimum(red, green), blue),
        )
        saturation = (brightest - darkest) / np.maximum(brightest, 1)
        greenness = 2 * green - red - blue
        self.brightness = (red + green + blue) / 3
        self.cool: Mask = np.maximum(green, blue) > red + 4
        self.warm: Mask = (red > green) & (red > blue + 6)
        self.green: Mask = greenness > 24
        self.brown: Mask = (red > green) & (green > blue) & (saturation > 0.12) & (greenness < 10)
        self.white: Mask = brightest > 200
        # Trees and cars are rough, pavement is even; many pictures have a cast of green.
        spread = _spread(pixels.mean(axis=0))
        self.even: Mask = spread < 12
        self.smooth: Mask = spread < 7
        self.pavement: Mask = self.even & (saturation < 0.22) & (greenness < 20) & ~self.white


def _spread(brightness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation around every pixel."""
    mean, square = (ndimage.uniform_filter(values, 7) for values in (brightness, brightness**2))
    spread: NDArray[np.float64] = np.sqrt(np.maximum(square - mean**2, 0))
    return spread


Rule: TypeAlias = Callable[[Colors], dict[str, Mask]]


def _fields(colors: Colors) -> dict[str, Mask]:
    return {"vegetation": colors.green, "bare land": colors.brown}


def _lawns(colors: Colors) -> dict[str, Mask]:
    return {"vegetation": colors.green}


def _wood(colors: Colors) -> dict[str, Mask]:
    return {"vegetation": ~colors.white}


def _scrub(colors: Colors) -> dict[str, Mask]:
    """Dark shrubs on bright soil."""
    middle, spread = colors.brightness.mean(), colors.brightness.std()
    return {
        "vegetation": colors.brightness < middle - spread,
        "bare land": colors.brightness > middle,
    }


def _pavement(colors: Colors) -> dict[str, Mask]:
    return {"road": colors.pavement}


def _shore(colors: Colors) -> dict[str, Mask]:
    """Sea, also green, and its foam where it is not quite white; and sand. The few palms and lawns become sea as well."""
    return {"water": colors.cool, "bare land": colors.warm}


def _berths(colors: Colors) -> dict[str, Mask]:
    """Boats and jetties are bright and rough."""
    return {"water": colors.even & (colors.brightness < colors.brightness.mean())}


def _stream(colors: Colors) -> dict[str, Mask]:
    """What is large, smooth and not bright is the river; where one is found, what is green and rough are its trees."""
    calm = ndimage.binary_opening(
        colors.smooth & (colors.brightness < colors.brightness.mean()), iterations=4
    )
    parts, _ = ndimage.label(calm)
    large = np.bincount(parts.ravel()) > _RIVER * parts.size
    large[0] = False
    return {"water": large[parts], "vegetation": colors.green & ~colors.even & large.any()}


RULES: dict[str, Rule] = {
    "agricultural": _fields,
    "baseballdiamond": _fields,
    "beach": _shore,
    "chaparral": _scrub,
    "forest": _wood,
    "freeway": _pavement,
    "golfcourse": _lawns,
    "harbor": _berths,
    "overpass": _pavement,
    "parkinglot": _pavement,
    "river": _stream,
    "runway": _pavement,
}
"""Folders that show what can be told by colour."""


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
def main(data: Path, out: Path) -> None:
    """Write OUT/images/NAME.tif and OUT/labels/NAME.tif for the pictures below DATA."""
    measuring = measuring_pictures()
    counts = np.zeros(256, np.int64)
    for folder, rule in RULES.items():
        for path in sorted((data / folder).glob("*.jpg")):
            if path.stem in measuring:
                continue
            with Image.open(path) as picture:
                pixels = np.moveaxis(np.asarray(picture.convert("RGB")), -1, 0)
            label = np.full(pixels.shape[1:], IGNORED, np.uint8)
            for name, where in rule(Colors(pixels)).items():
                label[where] = _ID[name]
            counts += np.bincount(label.ravel(), minlength=256)
            write_pair(out, path.stem, pixels, label[None])
    print_shares(counts)


def print_shares(counts: NDArray[np.int64]) -> None:
    """Print which part of all pixels each class has, given how many (256,) have each value."""
    shares = counts / counts.sum()
    print({c.name: f"{shares[c.id]:.1%}" for c in LEGEND}, f"unlabelled {shares[IGNORED]:.1%}")


if __name__ == "__main__":
    main()
