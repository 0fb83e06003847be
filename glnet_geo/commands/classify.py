"""glnet-geo classify."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glnet_geo.commands.console import ProgressKind, paced, print_areas, print_json, shown_progress
from glnet_geo.commands.option_types import Place, ShardNumber, file_argument
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
    from glnet_geo.report import Summary
    from glnet_geo.shards import ShardSummary


@click.command()
@click.argument("scene", type=Place())
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
@how_to_draw
@click.option(
    "--no-resume",
    is_flag=True,
    help="Keep nothing of a job that is stopped, and do not go on from an earlier one.",
)
@who_computes
@click.option(
    "--shard",
    type=ShardNumber(),
    help="Compute only this share of the frames, for an array of jobs; the same command without --shard makes the map.",
)
@output_options
@json_option
def classify(
    scene: str,
    outs: tuple[Path, ...],
    confidence: Path | None,
    overwrite: bool,  # noqa: FBT001 - click passes flags by name
    no_resume: bool,  # noqa: FBT001 - as above
    work_dir: str | None,
    shard: tuple[int, int] | None,
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
      glnet-geo classify scene.tif --min-area 25 --simplify 1 --smooth --out plan.gpkg
      glnet-geo classify naip.tif --bands 1,2,3 --aoi city.gpkg --out map.tif
      glnet-geo classify pleiades.tif --bands red,green,blue --value-range 0,3000 --out map.tif
      glnet-geo classify country.vrt --workers 8 --out landcover.tif
      glnet-geo classify country.vrt --scheduler tcp://node1:8786 --work-dir /shared/work --out landcover.tif
      glnet-geo classify country.vrt --shard 3/16 --work-dir /shared/work --out landcover.tif

    \b
    Exit codes: 0 done, 2 wrong use, 3 scene, 4 model, 5 output, 6 area of interest, 9 cluster, 130 stopped.
    """
    from glnet_geo.io.files.staging import is_raster
    from glnet_geo.pipeline import classify as run
    from glnet_geo.plan import Options
    from glnet_geo.shards import Shard, ShardSummary, compute_shard

    if shard is not None and no_resume:
        raise click.UsageError("--shard keeps what it computes: leave out --no-resume")
    if work_dir is not None and no_resume:
        raise click.UsageError("--work-dir keeps what is finished, and --no-resume nothing: give one of them")
    drawing = chosen_drawing(options, polygons=not all(is_raster(out) for out in outs))
    with shown_progress(progress, quiet=quiet) as shown, chosen_frames(options) as frames:
        common: dict[str, Any] = {
            "options": Options(**options),
            "confidence": confidence,
            "overwrite": overwrite,
            "work": work_dir,
            "frames": frames,
            "progress": shown,
        }
        done: Summary | ShardSummary = (
            run(scene, outs, drawing=drawing, resume=not no_resume, **common)
            if shard is None
            else compute_shard(scene, outs, Shard(*shard), **common)
        )
    if as_json:
        print_json(asdict(done))
    elif not quiet:
        _print_shard(done) if isinstance(done, ShardSummary) else _print_summary(done)


def _print_shard(done: ShardSummary) -> None:
    click.echo(
        f"shard {done.shard}: {counted(done.frames, 'frame')} in {done.seconds:.1f} s, kept in {done.work}; when all shards are done, "
        "the same command without --shard makes the map"
    )


def _print_summary(summary: Summary) -> None:
    print_areas(f"Land cover of {Path(summary.scene).name}", summary.classes)
    click.echo(
        f"{paced(summary.megapixels, summary.megapixels_computed, summary.seconds)} with {summary.model}"
    )
    for output in summary.outputs:
        click.echo(f"written: {output}")
