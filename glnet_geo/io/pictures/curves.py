"""How a training went, as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from glnet_geo.io.pictures.figures import check_figure, write_figure

_SMOOTHED = 0.05
"""Share of all steps over which the drawn loss is averaged."""


def require_curves(path: Path, *, overwrite: bool) -> None:
    """Refuse early what could not be drawn after hours.

    Raises:
        OptionError: matplotlib is missing.
        OutputError: the file is no PNG, its folder is missing or read-only, or it exists.
    """
    check_figure(path, "--curves", overwrite=overwrite)


def draw_curves(path: Path, lines: Sequence[Mapping[str, Any]], title: str) -> None:
    """Loss by step, and the IoU of every class where it was measured, one stage after the other.

    Args:
        path: a PNG.
        lines: of the log.
        title: of the picture.

    Raises:
        OutputError: it cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6.5), layout="constrained")
    losses, scores = figure.subplots(2, 1, sharex=True)
    figure.suptitle(title)
    starts = _starts(lines)
    steps = [line for line in lines if "loss" in line]
    at = [starts[line["stage"]] + line["step"] for line in steps]
    losses.plot(at, _averaged([line["loss"] for line in steps]), color="#333333", linewidth=1)
    losses.set_ylabel("loss")
    measured = [line for line in lines if "mean_iou" in line]
    where = [starts[line["stage"]] + line["step"] for line in measured]
    for name in measured[-1]["iou"] if measured else ():
        values = [line["iou"].get(name) for line in measured]
        scores.plot(where, [float("nan") if v is None else v for v in values], "o-", markersize=3, label=name)
    scores.plot(where, [line["mean_iou"] for line in measured], "ks-", linewidth=2, label="mean")
    scores.set(ylabel="IoU on held-out labels", xlabel="step", ylim=(0, 1))
    scores.legend(fontsize="small", ncols=3)
    for stage, start in starts.items():
        for axes in (losses, scores):
            axes.axvline(start, color="#bbbbbb", linewidth=0.8)
        losses.annotate(stage.replace("_", " "), (start, 1), xycoords=("data", "axes fraction"), fontsize=8)
    write_figure(path, figure, dpi=110)


def _starts(lines: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The step at which each stage begins, counted over all."""
    lengths: dict[str, int] = {}
    for line in lines:
        lengths[line["stage"]] = max(lengths.get(line["stage"], 0), int(line["step"]))
    starts, total = {}, 0
    for stage, length in lengths.items():
        starts[stage] = total
        total += length
    return starts


def _averaged(values: Sequence[float]) -> list[float]:
    """Each value and those just before it, as their mean."""
    reach = max(1, round(len(values) * _SMOOTHED))
    return [sum(values[max(0, i + 1 - reach) : i + 1]) / min(i + 1, reach) for i in range(len(values))]
