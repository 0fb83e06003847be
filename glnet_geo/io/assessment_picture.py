"""A picture of an assessment: the confusion matrix, and how confidence and accuracy agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glnet_geo.io.figures import check_figure, require_matplotlib, write_figure

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
class Drawing:
    """What the picture of an assessment shows.

    Attributes:
        title: above it.
        names: of the classes.
        confusion: by class in the reference (rows) and in the map (columns).
        unit: of the confusion matrix.
        curve: confidence, accuracy and share of each tenth; None for no second panel.
        calibration_error: expected; None where unknown.
    """

    title: str
    names: Sequence[str]
    confusion: Sequence[Sequence[int]]
    unit: str
    curve: Sequence[tuple[float, float, float]] | None
    calibration_error: float | None


def write_picture(path: Path, drawing: Drawing) -> None:
    """Draw a confusion matrix, and beside it how confidence and accuracy agree, as PNG.

    Raises:
        OptionError: matplotlib is missing.
        OutputError: it cannot be written.
    """
    require_matplotlib("--picture")
    from matplotlib.figure import Figure

    panels = 1 if drawing.curve is None else 2
    side = max(4.5, 1.5 + 0.55 * len(drawing.names))
    figure = Figure(figsize=(side + 1 + 4.5 * (panels - 1), side), layout="constrained")
    figure.suptitle(drawing.title)
    axes = figure.subplots(1, panels, squeeze=False, width_ratios=[side, 4.5][:panels])[0]
    _draw_confusion(axes[0], drawing)
    if drawing.curve is not None:
        _draw_reliability(axes[1], drawing)
    write_figure(path, figure, dpi=120)


def _draw_confusion(axes: Axes, drawing: Drawing) -> None:
    totals = [max(sum(row), 1) for row in drawing.confusion]
    shares = [[count / total for count in row] for row, total in zip(drawing.confusion, totals, strict=True)]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    ticks = range(len(drawing.names))
    axes.set_xticks(ticks, drawing.names, rotation=45, ha="right")
    axes.set_yticks(ticks, drawing.names)
    axes.set_xlabel("in the map")
    axes.set_ylabel("in truth")
    axes.set_title(f"percent of each row ({drawing.unit})", fontsize="medium")
    for row, (counts, parts) in enumerate(zip(drawing.confusion, shares, strict=True)):
        for col, part in enumerate(parts):
            if any(counts):
                axes.text(
                    col,
                    row,
                    f"{100 * part:.0f}",
                    ha="center",
                    va="center",
                    color="white" if part > 0.5 else "black",
                )


def _draw_reliability(axes: Axes, drawing: Drawing) -> None:
    curve = drawing.curve or []
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
    if drawing.calibration_error is not None:
        axes.set_title(f"expected calibration error {drawing.calibration_error:.3f}", fontsize="medium")
    axes.legend(loc="upper left", frameon=False)
