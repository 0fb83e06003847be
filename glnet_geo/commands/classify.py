"""glnet-geo classify."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glnet_geo.commands.console import ProgressKind, area_text, print_json, shown_progress
from glnet_geo.commands.options import file_argument, how_to_classify, json_option

if TYPE_CHECKING:
    from glnet_geo.report import Summary


@click.command()
@click.argument("scene", type=str)
@click.option(
    "--out",
    "-o",
    "outs",
    type=file_argument(),
    multiple=True,
    required=True,
    metavar="FILE",
    help="Where to write; .tif for classes, .gpkg .fgb .parquet .geojson for polygons. May be given several times.",
)
@click.option(
    "--confidence",
    type=file_argument(),
    metavar="FILE.tif",
    help="Also write how sure the map is, in percent.",
)
@how_to_classify
@click.option("--overwrite", is_flag=True, help="Replace existing outputs.")
@click.option(
    "--no-resume",
    is_flag=True,
    help="Keep nothing of a job that is stopped, and do not go on from an earlier one.",
)
@click.option(
    "--progress",
    type=click.Choice(["auto", "bar", "json", "none"]),
    default="auto",
    show_default=True,
    help="How progress shows on standard error.",
)
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but warnings and errors.")
@json_option
def classify(
    scene: str,
    outs: tuple[Path, ...],
    confidence: Path | None,
    overwrite: bool,  # noqa: FBT001 - click passes flags by name
    no_resume: bool,  # noqa: FBT001 - as above
    progress: ProgressKind,
    quiet: bool,  # noqa: FBT001 - as above
    as_json: bool,  # noqa: FBT001 - as above
    **options: Any,
) -> None:
    """Map the land cover of SCENE, on SCENE's own grid.

    The outputs appear when they are whole. Ctrl-C, or a crash, leaves no output but what is finished in a folder beside
    it: the same command goes on from there.

    \b
    Examples:
      glnet-geo classify scene.tif --out landcover.gpkg
      glnet-geo classify scene.tif --out map.tif --out map.gpkg --confidence sure.tif
      glnet-geo classify naip.tif --bands 1,2,3 --aoi city.gpkg --out city.tif
      glnet-geo classify sentinel.tif --bands red,green,blue --value-range 0,3000 --out map.tif

    \b
    Exit codes: 0 done, 2 wrong use, 3 scene, 4 model, 5 output, 6 area of interest, 130 stopped.
    """
    from glnet_geo.pipeline import classify as run
    from glnet_geo.plan import Options

    with shown_progress(progress, quiet=quiet) as shown:
        summary = run(
            scene,
            outs,
            options=Options(**options),
            confidence=confidence,
            overwrite=overwrite,
            resume=not no_resume,
            progress=shown,
        )
    if as_json:
        print_json(asdict(summary))
    elif not quiet:
        _print_summary(summary)


def _print_summary(summary: Summary) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Land cover of {Path(summary.scene).name}")
    table.add_column("")
    table.add_column("class")
    table.add_column("area", justify="right")
    table.add_column("share", justify="right")
    for share in summary.classes:
        table.add_row(f"[{share.color}]██[/]", share.name, area_text(share.area_m2), f"{share.share:.1%}")
    console = Console()
    console.print(table)
    rate = summary.megapixels / summary.seconds
    console.print(
        f"{summary.megapixels:.1f} megapixels in {summary.seconds:.1f} s ({rate:.2f} a second) with {summary.model}",
        highlight=False,
    )
    for output in summary.outputs:
        console.print(f"written: {output}", highlight=False, markup=False, soft_wrap=True)
