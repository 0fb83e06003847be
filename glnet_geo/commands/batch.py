"""glnet-geo batch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glnet_geo.commands.console import (
    ProgressKind,
    paced,
    print_areas,
    print_json,
    print_table,
    shown_progress,
)
from glnet_geo.commands.option_types import file_argument
from glnet_geo.commands.options import (
    chosen_drawing,
    how_to_classify,
    how_to_draw,
    json_option,
    output_options,
    who_computes,
)
from glnet_geo.commands.workers import chosen_frames
from glnet_geo.core.listing import counted

if TYPE_CHECKING:
    from glnet_geo.batching.outputs import Outputs
    from glnet_geo.batching.report import BatchReport

_MOST_ROWS = 40
"""Of more tiles there is no table, and not all that failed are listed."""


@click.command()
@click.argument("inputs", type=str, nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "--out-dir",
    "-d",
    type=file_argument(),
    required=True,
    metavar="DIR",
    help="Folder for the maps; made where missing.",
)
@click.option(
    "--format",
    "formats",
    default="tif",
    show_default=True,
    metavar="F,F,...",
    help="Files of every tile: tif (classes), gpkg fgb parquet geojson (polygons); none for mosaics alone.",
)
@click.option(
    "--name",
    default="{stem}_landcover{suffix}",
    show_default=True,
    metavar="TEMPLATE",
    help="Names of these files, of {stem} {parent} {number} {suffix}; may hold folders.",
)
@click.option("--confidence", is_flag=True, help="Also write how sure the map of every tile is, in percent.")
@click.option(
    "--mosaic",
    "mosaics",
    type=file_argument(),
    multiple=True,
    metavar="FILE",
    help="Also write one map of all tiles; .tif .gpkg .fgb .parquet .geojson. May be given several times.",
)
@click.option("--no-seamless", is_flag=True, help="Map every tile on its own, blind to its neighbours.")
@click.option(
    "--retry",
    "retries",
    type=click.IntRange(min=0),
    default=2,
    show_default=True,
    metavar="N",
    help="Try a tile that cannot be read N times again.",
)
@click.option(
    "--asset",
    metavar="KEY",
    help="The asset to take from STAC items; default: the only raster, or visual, image, data.",
)
@click.option(
    "--stac",
    type=file_argument(),
    metavar="DIR",
    help="Also write a STAC catalogue of the maps, in a folder of its own.",
)
@how_to_classify
@who_computes
@how_to_draw
@output_options
@json_option
def batch(
    inputs: tuple[str, ...],
    progress: ProgressKind,
    quiet: bool,  # noqa: FBT001 - click passes flags by name
    as_json: bool,  # noqa: FBT001 - as above
    **options: Any,
) -> None:
    """Map the land cover of many tiles: INPUTs are files, folders, patterns, lists and indexes of tiles.

    A folder gives the rasters in it, a .txt file a path a line, a .gpkg tile index its field "location", a .json STAC item
    collection its rasters, a .vrt mosaic its files. Tiles that touch are mapped as one scene, so their maps agree along
    their borders. A tile that fails is reported and does not stop the others. Ctrl-C or a crash loses nothing that is
    finished: the same command goes on from there.

    \b
    Examples:
      glnet-geo batch tiles --out-dir maps
      glnet-geo batch tiles/*.tif --out-dir maps --format tif,gpkg --confidence
      glnet-geo batch city.vrt --out-dir maps --mosaic city.gpkg --min-area 25
      glnet-geo batch index.gpkg --out-dir maps --format none --mosaic city.tif
      glnet-geo batch items.json --asset visual --out-dir maps --stac catalogue
      glnet-geo batch country.txt --out-dir maps --scheduler tcp://node1:8786 --work-dir /shared/work

    \b
    Exit codes: 0 done, 2 wrong use, 3 scene, 4 model, 5 output, 6 area of interest, 9 cluster, 10 some tiles failed, 130 stopped.
    """
    from glnet_geo.batching.batch import batch as run
    from glnet_geo.errors import IncompleteError
    from glnet_geo.plan import Options

    outputs = _outputs(options)
    drawing = chosen_drawing(options, polygons=outputs.wants_polygons)
    with shown_progress(progress, quiet=quiet) as shown, chosen_frames(options) as frames:
        report = run(
            inputs,
            outputs,
            drawing=drawing,
            seamless=not options.pop("no_seamless"),
            retries=options.pop("retries"),
            asset=options.pop("asset"),
            frames=frames,
            work=options.pop("work_dir"),
            # What is left.
            options=Options(**options),
            progress=shown,
        )
    if as_json:
        print_json(report.to_json())
    elif not quiet:
        _print_report(report)
    if report.failed:
        raise IncompleteError(
            f"{len(report.failed)} of {len(report.tiles)} tiles failed: {report.path} says why; mend them and run the same "
            "command again"
        )


def _outputs(options: dict[str, Any]) -> Outputs:
    """What to write, and where; the options that say so are taken out."""
    from glnet_geo.batching.outputs import Outputs

    formats = options.pop("formats").lower()
    return Outputs(
        folder=options.pop("out_dir"),
        formats=() if formats == "none" else tuple(kind.strip(" .") for kind in formats.split(",")),
        **{name: options.pop(name) for name in ("name", "confidence", "mosaics", "stac", "overwrite")},
    )


def _print_report(report: BatchReport) -> None:
    if len(report.tiles) <= _MOST_ROWS:
        _print_tiles(report)
    if report.classes:
        print_areas("Land cover of all tiles", report.classes)
    click.echo(_told(report))
    for tile in report.failed[:_MOST_ROWS]:
        click.echo(f"failed: {tile.reason}")
    for mosaic in report.mosaics:
        click.echo(f"{'written' if mosaic.status == 'done' else 'there already'}: {mosaic.tile}")
    click.echo(f"report: {report.path}")


def _told(report: BatchReport) -> str:
    """What was done now, and what there is."""
    line = f"{counted(report.count('done'), 'tile')} done, {report.count('skipped')} skipped, {report.count('failed')} failed"
    if report.megapixels_done:
        pace = paced(report.megapixels_done, report.megapixels_computed, report.seconds)
        line += f": {pace} with {report.model}"
    if len(report.mapped) > report.count("done"):
        line += f"; maps of {counted(len(report.mapped), 'tile')}, {report.megapixels:.1f} megapixels, are there now"
    return line


def _print_tiles(report: BatchReport) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Tiles")
    for name in ("tile", "", "megapixels", "seconds", "a second"):
        table.add_column(name, justify="left" if name in {"tile", ""} else "right")
    table.add_column("mostly")
    for tile in report.tiles:
        # Of what was made before, the time was that of another batch.
        made = tile.status == "done" and tile.seconds > 0
        rate = tile.megapixels_per_second if made else None
        most = max(tile.classes, key=lambda share: share.pixels, default=None)
        table.add_row(
            escape(Path(tile.tile).name),
            tile.status,
            f"{tile.megapixels:.2f}",
            f"{tile.seconds:.1f}" if made else "",
            f"{rate:.2f}" if rate else "",
            escape(f"{most.name} {most.share:.0%}" if most else tile.reason * (tile.status == "skipped")),
        )
    print_table(table)
