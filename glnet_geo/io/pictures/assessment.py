"""A picture of an assessment: the confusion matrix, the areas of classes, and how confidence and accuracy agree."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glnet_geo.io.pictures.figures import check_figure, require_matplotlib, write_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def require_picture(path: Path, *, overwrite: bool) -> None:
    """Refuse early what could not be drawn in the end.

    Raises:
        OptionError: matplotlib is missing.
        OutputError: the file is no PNG, its folder is missing or read-only, or it exists.
    """
    check_figure(path, "--picture", overwrite=overwrite)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentPicture:
    """What the picture of an assessment shows.

    Attributes:
        title: above it.
        names: of the classes.
        confusion: shares, 0 to 1, by class in the reference (rows) and in the map (columns); NaN where unknown.
        heading: above the confusion matrix.
        areas: of each class what the map shows, what it truly covers, and half the interval of that, None where unknown;
            None for no panel.
        area_unit: of the areas.
        curve: confidence, accuracy and share of each tenth; None for no panel.
        calibration_error: expected; None where unknown.
    """

    title: str
    names: Sequence[str]
    confusion: Sequence[Sequence[float]]
    heading: str
    areas: Sequence[tuple[float, float | None, float | None]] | None = None
    area_unit: str = ""
    curve: Sequence[tuple[float, float, float]] | None = None
    calibration_error: float | None = None


def write_picture(path: Path, picture: AssessmentPicture) -> None:
    """Draw a confusion matrix, and beside it how confidence and accuracy agree, as PNG.

    Raises:
        OptionError: matplotlib is missing.
        OutputError: it cannot be written.
    """
    require_matplotlib("--picture")
    from matplotlib.figure import Figure

    side = max(4.5, 1.5 + 0.55 * len(picture.names))
    panels: list[tuple[float, Callable[[Axes, AssessmentPicture], None]]] = [(side, _draw_confusion)]
    if picture.areas is not None:
        panels.append((4.5, _draw_areas))
    if picture.curve is not None:
        panels.append((4.5, _draw_reliability))
    widths = [width for width, _ in panels]
    figure = Figure(figsize=(sum(widths) + 1, side), layout="constrained")
    figure.suptitle(picture.title)
    axes = figure.subplots(1, len(panels), squeeze=False, width_ratios=widths)[0]
    for one, (_, draw) in zip(axes, panels, strict=True):
        draw(one, picture)
    write_figure(path, figure, dpi=120)


def _draw_confusion(axes: Axes, picture: AssessmentPicture) -> None:
    known = [share for row in picture.confusion for share in row if not math.isnan(share)]
    most = max(known, default=0) or 1
    axes.imshow(picture.confusion, cmap="Blues", vmin=0, vmax=most)
    ticks = range(len(picture.names))
    axes.set_xticks(ticks, picture.names, rotation=45, ha="right")
    axes.set_yticks(ticks, picture.names)
    axes.set_xlabel("in the map")
    axes.set_ylabel("in truth")
    axes.set_title(picture.heading, fontsize="medium")
    for row, shares in enumerate(picture.confusion):
        for col, share in enumerate(shares):
            if any(shares) and not math.isnan(share):
                color = "white" if share > most / 2 else "black"
                axes.text(col, row, _percent(share), ha="center", va="center", color=color)


def _draw_areas(axes: Axes, picture: AssessmentPicture) -> None:
    """What the map shows of each class, and what the class truly covers with its interval."""
    areas = picture.areas or []
    axes.barh(range(len(areas)), [mapped for mapped, _, _ in areas], color="0.85", label="mapped")
    told = [(row, value, half) for row, (_, value, half) in enumerate(areas) if value is not None]
    axes.errorbar(
        [value for _, value, _ in told],
        [row for row, _, _ in told],
        # An interval that is not known is none, and not one of no width.
        xerr=[math.nan if half is None else half for _, _, half in told],
        fmt="o",
        color="tab:blue",
        capsize=3,
        label="true, with 95 % interval",
    )
    axes.set_yticks(range(len(areas)), picture.names)
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel(picture.area_unit)
    axes.set_title("area of each class", fontsize="medium")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2, frameon=False, fontsize="small")


def _percent(share: float) -> str:
    """A share in a cell, with a decimal where it is small."""
    return f"{100 * share:.0f}" if share >= 0.0995 or share == 0 else f"{100 * share:.1f}"


def _draw_reliability(axes: Axes, picture: AssessmentPicture) -> None:
    curve = picture.curve or []
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1, label="as sure as right")
    axes.bar(
        [c for c, _, _ in curve], [s for _, _, s in curve], width=0.08, color="0.85", label="share of all"
    )
    axes.plot(
        [c for c, _, _ in curve], [a for _, a, _ in curve], marker="o", color="tab:blue", label="this map"
    )
    axes.set(
        xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="how sure the map is", ylabel="how often it is right"
    )
    if picture.calibration_error is not None:
        axes.set_title(f"expected calibration error {picture.calibration_error:.3f}", fontsize="medium")
    axes.legend(loc="upper left", frameon=False)
