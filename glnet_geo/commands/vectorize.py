"""glnet-geo vectorize."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from glnet_geo.commands.console import ProgressKind, print_areas, print_json, shown_progress
from glnet_geo.commands.option_types import Place, file_argument
from glnet_geo.commands.options import how_to_draw, json_option, output_options
from glnet_geo.core.listing import counted


@click.command()
@click.argument("classes", type=Place())
@click.option(
    "--out",
    "-o",
    "outs",
    type=file_argument(),
    multiple=True,
    required=True,
    metavar="FILE",
    help="Where to write: .gpkg .fgb .parquet .geojson. May be given several times.",
)
@click.option("--band", type=int, default=1, show_default=True, help="The band that holds the classes.")
@click.option(
    "--legend",
    type=file_argument(),
    metavar="FILE.json",
    help='Names and colours: {"classes": [{"id": 0, "name": "water", "color": "#1f78b4"}, ...]}. Default: those in CLASSES.',
)
@click.option(
    "--confidence",
    type=file_argument(),
    metavar="FILE.tif",
    help="Confidence in percent, on the same grid as CLASSES.",
)
@how_to_draw
@output_options
@json_option
def vectorize(
    classes: str,
    outs: tuple[Path, ...],
    band: int,
    legend: Path | None,
    confidence: Path | None,
    overwrite: bool,  # noqa: FBT001 - click passes flags by name
    progress: ProgressKind,
    quiet: bool,  # noqa: FBT001 - as above
    as_json: bool,  # noqa: FBT001 - as above
    **drawing: Any,
) -> None:
    """Draw the polygons of CLASSES, any raster whose values are classes.

    They cover it once, without gaps, overlaps or seams; memory does not grow with its height.

    \b
    Examples:
      glnet-geo vectorize landcover.tif --out landcover.gpkg
      glnet-geo vectorize landcover.tif --min-area 50 --simplify 1 --smooth --out plan.gpkg
      glnet-geo vectorize corine.tif --legend corine.json --crs EPSG:4326 --out polygons.fgb

    \b
    Exit codes: 0 done, 2 wrong use, 3 classes, 4 legend, 5 output, 8 confidence, 130 stopped.
    """
    from glnet_geo.core.polygons.drawing import Drawing
    from glnet_geo.vectorization import vectorize as run

    with shown_progress(progress, quiet=quiet) as shown:
        summary = run(
            classes,
            outs,
            band=band,
            legend=legend,
            confidence=confidence,
            drawing=Drawing(**drawing),
            overwrite=overwrite,
            progress=shown,
        )
    if as_json:
        print_json(asdict(summary))
    elif not quiet:
        print_areas(f"Classes of {Path(summary.classes_path).name}", summary.classes)
        click.echo(f"{counted(summary.polygons, 'polygon')} in {summary.seconds:.1f} s")
        for output in summary.outputs:
            click.echo(f"written: {output}")
