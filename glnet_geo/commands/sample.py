"""glnet-geo sample."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glnet_geo.commands.console import (
    ProgressKind,
    area_text,
    print_json,
    print_table,
    shown_progress,
    swatch,
)
from glnet_geo.commands.option_types import Place, file_argument
from glnet_geo.commands.options import json_option, output_options

if TYPE_CHECKING:
    from glnet_geo.assess.sampling import SampleSummary


@click.command()
@click.argument("map", type=Place(), metavar="MAP")
@click.option(
    "--per-class", type=click.IntRange(min=1), default=50, show_default=True, help="Points of each class."
)
@click.option(
    "--out", "-o", type=file_argument(), required=True, metavar="FILE.gpkg", help="Where to write the points."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The same map, number and seed give the same points.",
)
@output_options
@json_option
def sample(
    map: str,  # noqa: A002 - click passes arguments by name
    per_class: int,
    out: Path,
    seed: int,
    overwrite: bool,  # noqa: FBT001 - click passes flags by name
    progress: ProgressKind,
    quiet: bool,  # noqa: FBT001 - as above
    as_json: bool,  # noqa: FBT001 - as above
) -> None:
    """Draw random points of each class of MAP, to be labelled and given to evaluate.

    Each pixel of a class is as likely as any other. Open the points in QGIS over the image, choose the true class of each
    from the list in the field "class", and leave out what you cannot tell. Don't look at the map while you label.

    \b
    Examples:
      glnet-geo sample map.tif --out points.gpkg
      glnet-geo sample map.tif --per-class 100 --seed 7 --out points.gpkg

    \b
    Exit codes: 0 done, 2 wrong use, 3 map, 5 output, 130 stopped.
    """
    from glnet_geo.assess.sampling import sample as run

    with shown_progress(progress, quiet=quiet) as shown:
        summary = run(map, out, per_class=per_class, seed=seed, overwrite=overwrite, progress=shown)
    if as_json:
        print_json(asdict(summary))
    elif not quiet:
        _print_summary(summary)


def _print_summary(summary: SampleSummary) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(f"Points drawn from {Path(summary.map).name}"))
    table.add_column("")
    table.add_column("class")
    for name in ("pixels", "area", "points"):
        table.add_column(name, justify="right")
    for one in summary.strata:
        name, area = escape(one.name), area_text(one.area_m2)
        table.add_row(swatch(one.color), name, f"{one.pixels:,}", area, str(one.points))
    print_table(table)
    click.echo(f"written: {summary.output}")
    click.echo(
        'Next: choose the true class of each point in the field "class" (QGIS: toggle editing, click a point), then'
        f" glnet-geo evaluate {summary.map} --reference {summary.output}"
    )
