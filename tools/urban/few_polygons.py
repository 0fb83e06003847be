"""Measures what ten polygons per class bring on a scene that a model has not seen: draws them, trains, and compares maps.

python -m tools.urban.few_polygons --data WORK --scene t5 --model urban.safetensors --minutes 8

Polygons are cut from the scene's label as a person would draw them: at random places far from each other, inside what they show,
a few pixels off its border, not larger than 80 pixels. Both models are judged on all of the scene that was not drawn on.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
import geopandas
import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.features import rasterize, shapes
from scipy import ndimage
from shapely.geometry import Polygon, shape

from glnet_geo import Options, classify
from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.core.legend import NODATA
from glnet_geo.learn import train
from glnet_geo.learn_options import DrawnPolygons, TrainOptions
from tools.urban.package import read_band
from tools.urban.train import LEGEND

_CRS = CRS.from_epsg(32640)
_BORDER = 4
_REACH = 40
_APART = 120


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), required=True, help="holds images/ and labels/"
)
@click.option("--scene", required=True)
@click.option("--model", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--per-class", default=10, show_default=True)
@click.option("--minutes", default=8.0, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(data: Path, scene: str, model: Path, per_class: int, minutes: float, seed: int) -> None:
    """Print the scores of MODEL and of what it has become, on the rest of the scene."""
    labels = read_band(data / "labels" / f"{scene}.tif")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        image, polygons = work / f"{scene}.tif", work / "polygons.gpkg"
        transform = _placed(data / "images" / f"{scene}.tif", image)
        drawn = draw(labels, per_class, np.random.default_rng(seed))
        names = {c.id: c.name for c in LEGEND}
        geopandas.GeoDataFrame(
            {"class": [names[number] for number, _ in drawn]},
            geometry=[_on_map(polygon, transform) for _, polygon in drawn],
            crs=_CRS.to_wkt(),
        ).to_file(polygons)
        mine = work / "mine.safetensors"
        summary = train(
            DrawnPolygons(scenes=[image], labels=polygons, field="class"),
            mine,
            options=TrainOptions(init=model, minutes=minutes, seed=seed),
        )
        rest = np.where(rasterize([p for _, p in drawn], labels.shape, fill=0) > 0, NODATA, labels)
        print(
            f"{scene}: {len(drawn)} polygons, {1 - (rest != NODATA).sum() / (labels != NODATA).sum():.1%} of it"
        )
        print(f"trained for {summary.seconds / 60:.1f} minutes; {summary.validation}")
        for name, package in (("before", model), ("after", mine)):
            mapped = work / f"{name}.tif"
            classify(image, mapped, options=Options(model=package))
            found = Confusion.of(rest, read_band(mapped), LEGEND)
            print(
                f"{name}: mean IoU {found.mean_iou:.3f}, accuracy {found.accuracy:.3f}, {found.iou.round(3)}"
            )


def draw(labels: NDArray[np.uint8], per_class: int, rng: np.random.Generator) -> list[tuple[int, Polygon]]:
    """Polygons with their class ids, in pixels, x first."""
    drawn: list[tuple[int, Polygon]] = []
    for number in LEGEND.ids.tolist():
        inside = ndimage.distance_transform_edt(labels == number) > _BORDER
        regions, _ = ndimage.label(inside)
        places = np.argwhere(inside)
        taken: list[NDArray[np.int64]] = []
        for place in places[rng.permutation(len(places))]:
            if len(taken) == per_class:
                break
            if any(np.hypot(*(place - other)) < _APART for other in taken):
                continue
            taken.append(place)
            drawn.append((number, _around(place, regions)))
    return drawn


def _around(place: NDArray[np.int64], regions: NDArray[np.int32]) -> Polygon:
    """The part of a region near a place in it."""
    row, col = place.tolist()
    top, left = max(row - _REACH, 0), max(col - _REACH, 0)
    near = regions[top : row + _REACH, left : col + _REACH] == regions[row, col]
    parts, _ = ndimage.label(near)
    mine = (parts == parts[row - top, col - left]).astype(np.uint8)
    outline = next(shape(geometry) for geometry, value in shapes(mine) if value)
    return Polygon([(x + left, y + top) for x, y in outline.exterior.coords]).simplify(2).buffer(0)


def _placed(source: Path, target: Path) -> Affine:
    """A copy of an image that lies somewhere, in pixels of 1 m."""
    transform = Affine(1, 0, 300_000, 0, -1, 2_800_000)
    with rasterio.open(source) as dataset:
        pixels = dataset.read()
        profile = {**dataset.profile, "crs": _CRS, "transform": transform}
    with rasterio.open(target, "w", **profile) as dataset:
        dataset.write(pixels)
    return transform


def _on_map(polygon: Polygon, transform: Affine) -> Polygon:
    return Polygon([transform @ point for point in polygon.exterior.coords])


if __name__ == "__main__":
    main()
