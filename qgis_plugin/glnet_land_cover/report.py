"""What an evaluation says, as a page for people and as lines for the log."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from .translation import tr

_SQUARE_METRES_PER_HECTARE = 1e4
_STYLE = (
    "body{font-family:sans-serif}table{border-collapse:collapse}td,th{padding:.2em .7em;text-align:right}"
)
_FIRST = "td:first-child,th:first-child{text-align:left}tr:nth-child(even){background:#eee}"


def lines(found: dict[str, Any]) -> list[str]:
    """The sentences and the table of an evaluation, as plain text."""
    head, *rows = _table(found)
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    table = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))])
        for row in (head, *rows)
    ]
    return [*_sentences(found), *table]


def page(found: dict[str, Any]) -> str:
    """The same as a page in HTML."""
    head, *rows = _table(found)
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    told = "".join(f"<p>{escape(sentence)}</p>" for sentence in _sentences(found))
    title = escape(tr("How good is {}?").format(found["map"]))
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}{_FIRST}</style>'
        f"</head><body><h1>{title}</h1>{told}<table><tr>{cells}</tr>{body}</table></body></html>\n"
    )


def _sentences(found: dict[str, Any]) -> list[str]:
    scores, estimate = found["scores"], found["estimate"]
    if estimate is None:
        told = [tr("Right: {:.1%} of {:,} pixels.").format(scores["accuracy"], scores["compared"])]
    else:
        right = _share(estimate["accuracy"])
        told = [tr("Right: {} of the map, as {} random points tell.").format(right, scores["compared"])]
    if scores["mean_iou"] is not None:
        told.append(
            tr("Mean IoU {:.3f}, mean F1 {:.3f}.").format(scores["mean_iou"], scores["mean_f1"] or 0.0)
        )
    calibration = found["calibration"]
    if calibration is not None and calibration["expected_calibration_error"] is not None:
        told.append(
            tr(
                "Expected calibration error {:.3f}: the confidence is off by {:.0f} points on average."
            ).format(
                calibration["expected_calibration_error"], 100 * calibration["expected_calibration_error"]
            )
        )
    return [*told, *found["notes"]]


def _table(found: dict[str, Any]) -> list[Sequence[str]]:
    """Its head and its rows, one for a class."""
    estimate = found["estimate"]
    head = (tr("class"), tr("precision"), tr("recall"), "IoU", "F1")
    names = ("precision", "recall", "iou", "f1")
    if estimate is None:
        return [
            head,
            *(
                (each["name"], *(_percent(each[name]) for name in names))
                for each in found["scores"]["classes"]
            ),
        ]
    known = estimate["unit"] == "m2"
    unit = "ha" if known else tr("pixels")
    return [
        (*head, tr("mapped ({})").format(unit), tr("true area ({})").format(unit)),
        *(
            (
                each["name"],
                *(_share(each[name]) for name in names),
                _amount(each["mapped_area"], hectares=known),
                _interval(each["area"], hectares=known),
            )
            for each in estimate["classes"]
        ),
    ]


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _share(interval: dict[str, float | None]) -> str:
    margin = interval["half_width"]
    return _percent(interval["value"]) + ("" if margin is None else f" ± {margin:.1%}")


def _interval(interval: dict[str, float | None], *, hectares: bool) -> str:
    if interval["value"] is None:
        return "-"
    margin = interval["half_width"]
    told = _amount(interval["value"], hectares=hectares)
    return told if margin is None else f"{told} ± {_amount(margin, hectares=hectares)}"


def _amount(value: float, *, hectares: bool) -> str:
    return f"{value / _SQUARE_METRES_PER_HECTARE:,.2f}" if hectares else f"{value:,.0f}"
