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
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning

from glnet_geo import DoubtfulInputWarning, Model, Options, classify, load_model
from glnet_geo.core.calibration import Reliability
from glnet_geo.core.legend import Legend
from glnet_geo.core.metrics import Confusion

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
        title: _report([answer for answer in answers if answer.point.collection == folder], legend)
        for folder, title in COLLECTIONS.items()
    }
    if as_json:
        print(json.dumps(reports, indent=1))
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


def _report(answers: Sequence[Answer], legend: Legend) -> Mapping[str, object]:
    """Accuracies and counts, ready for JSON; None where there is nothing to divide by."""
    ids = {land.name: land.id for land in legend.classes}
    reference = np.array([ids[answer.point.land_class] for answer in answers], dtype=np.uint8)
    mapped = np.array([answer.mapped for answer in answers], dtype=np.uint8)
    right = reference == mapped
    confusion = Confusion.of(reference, mapped, legend)
    sureness = Reliability.of(np.array([answer.confidence for answer in answers]), right)
    surfaces = np.array([answer.point.surface for answer in answers])
    return {
        "points": len(answers),
        "pictures": len({answer.point.picture for answer in answers}),
        "accuracy": confusion.accuracy,
        "expected_calibration_error": sureness.expected_calibration_error,
        "mean_confidence": float(sureness.sure.sum() / sureness.weight.sum()),
        "classes": {
            land.name: {
                "points": int(confusion.in_reference[place]),
                "mapped": int(confusion.in_map[place]),
                "precision": _or_none(confusion.precision[place]),
                "recall": _or_none(confusion.recall[place]),
                "mapped_as": dict(zip(ids, confusion.counts[place].tolist(), strict=True)),
            }
            for place, land in enumerate(legend.classes)
        },
        "surfaces": {
            surface: {
                "points": int((surfaces == surface).sum()),
                "right": int(right[surfaces == surface].sum()),
            }
            for surface in CLASS_OF
        },
    }


def _or_none(share: float) -> float | None:
    return None if math.isnan(share) else float(share)


def _print_table(title: str, report: Mapping[str, object]) -> None:
    print(
        f"{title}: {report['points']} points on {report['pictures']} pictures, accuracy {report['accuracy']:.3f}, "
        f"mean confidence {report['mean_confidence']:.3f}, "
        f"expected calibration error {report['expected_calibration_error']:.3f}"
    )
    classes: Mapping[str, Mapping[str, object]] = report["classes"]  # type: ignore[assignment]
    print(
        f"{'class':>12} {'points':>7} {'mapped':>7} {'precision':>10} {'recall':>7}  mapped as {', '.join(classes)}"
    )
    for name, line in classes.items():
        precision, recall = (_share(line[key]) for key in ("precision", "recall"))
        counts: Mapping[str, int] = line["mapped_as"]  # type: ignore[assignment]
        print(
            f"{name:>12} {line['points']:>7} {line['mapped']:>7} {precision:>10} {recall:>7}  "
            + " ".join(f"{count:4}" for count in counts.values())
        )
    surfaces: Mapping[str, Mapping[str, int]] = report["surfaces"]  # type: ignore[assignment]
    right = ", ".join(
        f"{name} {line['right']} of {line['points']}" for name, line in surfaces.items() if line["points"]
    )
    print(f"right by surface: {right}\n")


def _share(value: object) -> str:
    return "-" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
