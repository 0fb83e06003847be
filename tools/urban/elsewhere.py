"""Measures a model on points elsewhere than Dubai, labelled by eye and never trained on: elsewhere.csv beside this file.

python -m tools.urban.elsewhere --data DATA --model M.safetensors
"""

from __future__ import annotations

import csv
import json
import math
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning

from glnet_geo import DoubtfulInputWarning, Model, Options, classify, load_model
from glnet_geo.core.accuracy.calibration import Reliability
from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.core.legend import Legend

POINTS = Path(__file__).with_suffix(".csv")
CLASS_OF = {
    "water": "water",
    "bare land": "bare land",
    "street": "road",
    "other paved ground": "road",
    "building": "building",
    "grass or crop": "vegetation",
    "tree or shrub": "vegetation",
}
"""The class of every surface that was told apart by eye."""
COLLECTIONS = {"ucmerced": "UC Merced", "naip": "NAIP"}


class Point(NamedTuple):
    """What lies at a pixel of a picture."""

    picture: str
    row: int
    col: int
    land_class: str
    surface: str

    @property
    def collection(self) -> str:
        """The folder of the data that the picture comes from."""
        return self.picture.split("/")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the map says at a point.

    Attributes:
        mapped: class id.
        confidence: probability of that class, 0 to 1.
    """

    point: Point
    mapped: int
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassReport:
    """One class.

    Attributes:
        points: labelled so.
        mapped: points that the map says are of it.
        precision: share of those that are; user's accuracy. None where there are none.
        recall: share of its points that are mapped so; producer's accuracy. None where there are none.
        mapped_as: how many of its points are mapped as which class.
    """

    points: int
    mapped: int
    precision: float | None
    recall: float | None
    mapped_as: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceReport:
    """One surface: its points, and how many of them are mapped as its class."""

    points: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One collection of pictures; classes and surfaces by name."""

    points: int
    pictures: int
    accuracy: float
    mean_confidence: float
    expected_calibration_error: float
    classes: Mapping[str, ClassReport]
    surfaces: Mapping[str, SurfaceReport]


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--model", default="urban", show_default=True, help="name or package")
@click.option("--json", "as_json", is_flag=True, help="print everything as JSON")
def main(data: Path, model: str, *, as_json: bool) -> None:
    """Map every picture below DATA that has points, and tell how often the map is right there."""
    loaded = load_model(model)
    legend = loaded.card.legend
    if missing := set(CLASS_OF.values()) - {land.name for land in legend.classes}:
        raise click.ClickException(f"{model} has no class named {' or '.join(sorted(missing))}")
    answers = _answers(data, loaded, read_points())
    reports = {
        title: report_on([answer for answer in answers if answer.point.collection == folder], legend)
        for folder, title in COLLECTIONS.items()
    }
    if as_json:
        print(json.dumps({title: asdict(report) for title, report in reports.items()}, indent=1))
        return
    for title, report in reports.items():
        _print_table(title, report)


def read_points(path: Path = POINTS) -> list[Point]:
    """All points of a file, in its order."""
    with path.open(newline="") as file:
        return [
            Point(line["picture"], int(line["row"]), int(line["col"]), line["class"], line["surface"])
            for line in csv.DictReader(file)
        ]


def measuring_pictures() -> set[str]:
    """The names, without folder and suffix, of the pictures that hold points: no training may see them."""
    return {Path(point.picture).stem for point in read_points()}


def _answers(data: Path, model: Model, points: Sequence[Point]) -> list[Answer]:
    # The pictures of UC Merced lie nowhere, and NAIP's pixels are larger than those the model knows.
    warnings.simplefilter("ignore", NotGeoreferencedWarning)
    warnings.simplefilter("ignore", DoubtfulInputWarning)
    answers = []
    for picture in dict.fromkeys(point.picture for point in points):
        with tempfile.TemporaryDirectory() as folder:
            mapped, sure = Path(folder) / "map.tif", Path(folder) / "sure.tif"
            # NAIP's fourth band is near infrared.
            classify(data / picture, mapped, options=Options(model=model, bands="1,2,3"), confidence=sure)
            classes, percent = _read(mapped), _read(sure)
        answers += [
            Answer(point, int(classes[point.row, point.col]), float(percent[point.row, point.col]) / 100)
            for point in points
            if point.picture == picture
        ]
    return answers


def _read(path: Path) -> NDArray[np.uint8]:
    with rasterio.open(path) as raster:
        band: NDArray[np.uint8] = raster.read(1)
    return band


def report_on(answers: Sequence[Answer], legend: Legend) -> Report:
    """How good these answers are."""
    ids = {land.name: land.id for land in legend.classes}
    reference = np.array([ids[answer.point.land_class] for answer in answers], dtype=np.uint8)
    mapped = np.array([answer.mapped for answer in answers], dtype=np.uint8)
    right = reference == mapped
    confusion = Confusion.of(reference, mapped, legend)
    confidence = np.array([answer.confidence for answer in answers])
    surfaces = np.array([answer.point.surface for answer in answers])
    return Report(
        points=len(answers),
        pictures=len({answer.point.picture for answer in answers}),
        accuracy=confusion.accuracy,
        mean_confidence=float(confidence.mean()),
        expected_calibration_error=Reliability.of(confidence, right).expected_calibration_error,
        classes={
            name: ClassReport(
                points=int(confusion.in_reference[place]),
                mapped=int(confusion.in_map[place]),
                precision=_or_none(confusion.precision[place]),
                recall=_or_none(confusion.recall[place]),
                mapped_as=dict(zip(ids, confusion.counts[place].tolist(), strict=True)),
            )
            for place, name in enumerate(ids)
        },
        surfaces={
            surface: SurfaceReport(
                points=int((surfaces == surface).sum()), right=int(right[surfaces == surface].sum())
            )
            for surface in CLASS_OF
        },
    )


def _or_none(share: float) -> float | None:
    return None if math.isnan(share) else float(share)


def _print_table(title: str, report: Report) -> None:
    print(
        f"{title}: {report.points} points on {report.pictures} pictures, accuracy {report.accuracy:.3f}, "
        f"mean confidence {report.mean_confidence:.3f}, "
        f"expected calibration error {report.expected_calibration_error:.3f}"
    )
    print(
        f"{'class':>12} {'points':>7} {'mapped':>7} {'precision':>10} {'recall':>7}  "
        f"mapped as {', '.join(report.classes)}"
    )
    for name, line in report.classes.items():
        counts = " ".join(f"{count:4}" for count in line.mapped_as.values())
        print(
            f"{name:>12} {line.points:>7} {line.mapped:>7} {_share(line.precision):>10} "
            f"{_share(line.recall):>7}  {counts}"
        )
    right = (f"{name} {line.right} of {line.points}" for name, line in report.surfaces.items() if line.points)
    print(f"right by surface: {', '.join(right)}\n")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
