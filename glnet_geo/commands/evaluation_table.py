"""How an assessment shows itself in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glnet_geo.commands.console import print_table, swatch
from glnet_geo.core.listing import counted

if TYPE_CHECKING:
    from rich.table import Table

    from glnet_geo.assess.assessment import Evaluation, Interval, MapEstimate

_LEAST_IN_HECTARES = 1e5
"""Square metres: of less, a tenth of a hectare is no small part."""

_REFERENCES = {"raster": "pixel by pixel", "polygons": "inside its polygons", "points": "at its points"}


def print_evaluation(evaluation: Evaluation, written: Sequence[Path]) -> None:
    """Print what was found, in plain words, and which files tell more."""
    scores = evaluation.scores
    unit = "point" if evaluation.kind == "points" else "pixel"
    where = f"{evaluation.reference} {_REFERENCES[evaluation.kind]}"
    click.echo(f"{evaluation.map}, compared with {where}: {counted(scores.compared, unit)}")
    print_table(_class_table(evaluation))
    print_table(_confusion_table(evaluation, unit))
    if evaluation.estimate is not None:
        print_table(_area_table(evaluation.estimate))
    for line in (*_score_lines(evaluation), *_left_out_lines(evaluation, unit)):
        click.echo(line)
    for note in evaluation.notes:
        click.echo(f"Note: {note}")
    for path in written:
        click.echo(f"written: {path}")


def _score_lines(evaluation: Evaluation) -> Iterator[str]:
    """What the scores say, in plain words."""
    scores, estimate, calibration = evaluation.scores, evaluation.estimate, evaluation.calibration
    yield "Precision: how much of what is mapped as a class is one. Recall: how much of a class is mapped as one."
    if estimate is None:
        yield f"Right: {scores.accuracy:.1%} of what was compared."
    else:
        yield f"Right: {_percent(estimate.accuracy)} of {_covered(estimate)} (95 % confidence interval)."
    if estimate is None or estimate.covered == 1:
        yield f"Mean IoU {_number(scores.mean_iou)}, mean F1 {_number(scores.mean_f1)}."
    else:
        yield "There are no means: they need labelled points in every class of the map."
    if calibration is not None:
        off = calibration.expected_calibration_error
        yield f"Confidence: off by {100 * off:.1f} points on average (expected calibration error {off:.3f})."


def _left_out_lines(evaluation: Evaluation, unit: str) -> Iterator[str]:
    """How much was not compared, and why."""
    left_out = evaluation.left_out
    unlabelled = "polygon" if evaluation.kind == "polygons" else unit
    for count, thing, why in (
        (left_out.unlabelled, unlabelled, "without a label"),
        (left_out.unmapped, unit, "where the map shows nothing"),
        (left_out.ignored, unit, "of ignored classes"),
        (left_out.contradictory, unit, "where polygons contradict each other"),
    ):
        if count:
            yield f"Left out: {counted(count, thing)} {why}."


def _class_table(evaluation: Evaluation) -> Table:
    from rich.table import Table
    from rich.text import Text

    # Of points, the table of the whole map tells precision and recall, with their intervals.
    names = ("IoU", "F1") if evaluation.estimate is not None else ("IoU", "F1", "precision", "recall")
    table = Table(title="How well each class is mapped")
    table.add_column("")
    table.add_column("class")
    for name in (*names, "in truth", "in map"):
        table.add_column(name, justify="right")
    for c in evaluation.scores.classes:
        table.add_row(
            swatch(c.color),
            Text(c.name if c.in_means else f"{c.name} (not in means)"),
            *(_number(value) for value in (c.iou, c.f1, c.precision, c.recall)[: len(names)]),
            f"{c.in_reference:,}",
            f"{c.in_map:,}",
        )
    return table


def _confusion_table(evaluation: Evaluation, unit: str) -> Table:
    from rich.table import Table
    from rich.text import Text

    names = [c.name for c in evaluation.scores.classes]
    table = Table(title=f"{unit.capitalize()}s by true class (rows) and mapped class (columns)")
    table.add_column("")
    for name in names:
        table.add_column(Text(name), justify="right")
    for place, (name, row) in enumerate(zip(names, evaluation.scores.confusion, strict=True)):
        cells = [Text(f"{count:,}", style="bold" if place == col else "") for col, count in enumerate(row)]
        table.add_row(Text(name), *cells)
    return table


def _area_table(estimate: MapEstimate) -> Table:
    from rich.table import Table
    from rich.text import Text

    factor, unit = area_unit(estimate)
    table = Table(title=f"What the points say of {_covered(estimate)} (95 % confidence intervals)")
    table.add_column("class")
    there = "" if estimate.covered == 1 else " there"
    for name in (f"mapped, {unit}", f"true area{there}, {unit}", "precision", "recall"):
        table.add_column(name, justify="right")
    for c in estimate.classes:
        value, half = (None if x is None else x * factor for x in (c.area.value, c.area.half_width))
        table.add_row(
            Text(c.name),
            f"{c.mapped_area * factor:,.1f}",
            "-" if value is None else f"{value:,.1f} ± {'?' if half is None else f'{half:,.1f}'}",
            _percent(c.precision),
            _percent(c.recall),
        )
    return table


def _covered(estimate: MapEstimate) -> str:
    """What of the map the points tell of."""
    if estimate.covered == 1:
        return "the map"
    return f"that {estimate.covered:.1%} of the map whose classes have labelled points"


def area_unit(estimate: MapEstimate) -> tuple[float, str]:
    """By what to multiply areas for a person, and what they are then."""
    if estimate.unit == "pixels":
        return 1.0, "pixels"
    total = sum(c.mapped_area for c in estimate.classes)
    if total < _LEAST_IN_HECTARES:
        return 1.0, "m²"
    return (1e-6, "km²") if total >= 1e9 else (1e-4, "ha")


def _percent(interval: Interval) -> str:
    if interval.value is None:
        return "-"
    half = "?" if interval.half_width is None else f"{interval.half_width:.1%}"
    return f"{interval.value:.1%} ± {half}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
