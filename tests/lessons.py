"""Small things to learn from, on disk: images, label maps, polygons, data sets."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray

from glnet_geo.learn_options import DrawnPolygons, LabelMaps, TrainOptions
from glnet_geo.model.package import save_package
from glnet_geo.training.augment import Augmentation
from tests.model import tiny
from tests.rasters import write_plain
from tests.scenes import UTM, write_scene

QUIET = Augmentation(zoom=(1, 1), turn=True, color=0.1)


def halves(rows: int = 96, cols: int = 128, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A dark field of class 0 and a bright one of class 4: image (3, rows, cols) and ids (rows, cols)."""
    ids = np.zeros((rows, cols), np.uint8)
    ids[:, cols // 2 :] = 4
    noise = np.random.default_rng(seed).integers(1, 60, (3, rows, cols))
    return (ids[None] * 40 + noise).astype(np.uint8), ids


def pair_folders(
    folder: Path, names: tuple[str, ...] = ("east", "north", "west"), suffix: str = ".png"
) -> LabelMaps:
    """Images and index label maps in two folders."""
    for number, name in enumerate(names):
        image, ids = halves(seed=number)
        for kind, pixels in (("images", image), ("labels", ids)):
            (folder / kind).mkdir(exist_ok=True, parents=True)
            write_plain(folder / kind / f"{name}{suffix}", pixels)
    legend = folder / "legend.json"
    legend.write_text(
        json.dumps(
            {
                "classes": [
                    {"id": 0, "name": "land", "color": "#aa8800"},
                    {"id": 4, "name": "Water", "color": "#0000ff"},
                ]
            }
        )
    )
    return LabelMaps(images=folder / "images", labels=folder / "labels", legend=legend)


def polygons(
    path: Path, boxes: list[tuple[str, tuple[int, int, int, int]]], *, crs: Any = "EPSG:32640"
) -> Path:
    """Boxes (row, col, row, col) of a scene in UTM as polygons with a class, in any CRS."""
    shapes = []
    for _, (top, left, bottom, right) in boxes:
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        shapes.append(shapely.Polygon([UTM @ corner for corner in corners]))
    table = geopandas.GeoDataFrame({"class": [name for name, _ in boxes]}, geometry=shapes, crs="EPSG:32640")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = table.to_crs(crs) if crs is not None else table.set_crs(None, allow_override=True)
        table.to_file(path, layer="drawn")
    return path


def drawn(folder: Path, **more: Any) -> DrawnPolygons:
    """One georeferenced scene and a few polygons on it."""
    image, _ = halves(128, 128)
    scene = write_scene(folder / "city.tif", image)
    # No pixel of a shrunk label has its centre on an edge, where rounding decides.
    boxes = [
        (name, (row, col, row + 20, col + 20))
        for name, left in (("land", 6), ("water", 70))
        for row in (6, 38, 70, 102)
        for col in (left, left + 32)
    ]
    return DrawnPolygons(scenes=[scene], labels=polygons(folder / "drawn.gpkg", boxes, **more), field="class")


def options(folder: Path, **more: Any) -> TrainOptions:
    """Few epochs, from a tiny package, on the processor."""
    init = folder / "tiny.safetensors"
    if not init.exists():
        write_init(init)
    known: dict[str, Any] = {
        "init": init,
        "epochs": 1,
        "device": "cpu",
        "precision": "fp32",
        "augmentation": QUIET,
    }
    return TrainOptions(**(known | more))


def write_init(path: Path) -> Path:
    """A package of a network that is built and computed even faster than the other tiny ones."""
    network = tiny.network(backbone="test_resnet")
    save_package(path, network, tiny.card(network))
    return path
