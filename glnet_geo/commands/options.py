"""Options that commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import click

from glnet_geo.commands.option_types import Place, Resources, Size, ValueRange, WorkPlace, file_argument

if TYPE_CHECKING:
    from glnet_geo.core.polygons.drawing import Drawing

Command = TypeVar("Command", bound=Callable[..., Any])

_OF_POLYGONS = ("simplify", "smooth", "max_vertices", "crs", "dissolve")
"""Options of `how_to_draw` that class rasters of the same job do not follow."""


def how_to_classify(command: Command) -> Command:
    """Add every option that says how a scene is classified; they arrive by the names of `Options`."""
    return _with(
        command,
        [
            click.option(
                "--model",
                type=Place(),
                default="urban",
                show_default=True,
                metavar="NAME|FILE",
                help="An installed model (see glnet-geo models list) or a model package.",
            ),
            *_of_values(
                "the scene's",
                "the scene declares",
                "the model's own where it learnt such values, else the scene's 2nd to 98th percentile",
            ),
            click.option(
                "--aoi",
                type=file_argument(),
                metavar="VECTOR",
                help="Map only inside these polygons (any CRS).",
            ),
            *_of_machine("auto", "fp32", "bf16", "fp16"),
            click.option("--max-memory", type=Size(), help="Refuse jobs that need more memory, e.g. 2.5GB."),
            click.option(
                "--exact",
                is_flag=True,
                help="Compute what the published code computes: the scene as one frame, in float32. Slow, whole in memory.",
            ),
        ],
    )


def how_to_learn(command: Command) -> Command:
    """Add the options of `how_to_classify` that hold for a training too; they arrive by the names of `TrainOptions`."""
    return _with(
        command,
        [
            *_of_values(
                "the images'",
                "the images declare",
                "those of --init where they fit the images, else the 2nd to 98th percentile of each",
            ),
            *_of_machine("auto", "fp32", "bf16"),
        ],
    )


def who_computes(command: Command) -> Command:
    """Add every option that says who computes frames; `glnet_geo.commands.workers.chosen_frames` takes them."""
    return _with(
        command,
        [
            click.option(
                "--workers",
                type=click.IntRange(min=1),
                metavar="N",
                help="Compute in N processes of this computer (Dask); with a GPU, each has one of its own.",
            ),
            click.option(
                "--worker-threads",
                type=click.IntRange(min=1),
                metavar="N",
                help="Threads with which each of the --workers computes. Default: 1.",
            ),
            click.option(
                "--scheduler",
                metavar="ADDRESS",
                help="Compute on a running Dask cluster, such as tcp://node1:8786.",
            ),
            click.option(
                "--resources",
                type=Resources(),
                help="What a frame takes of a worker of that cluster, such as GPU=1.",
            ),
            click.option(
                "--work-dir",
                type=WorkPlace(),
                help="Where finished parts are kept until the job is done, instead of beside the output: a folder that "
                "all workers share, or an address such as s3://bucket/work.",
            ),
        ],
    )


def how_to_draw(command: Command) -> Command:
    """Add every option that says how polygons are drawn; they arrive by the names of `Drawing`."""
    return _with(
        command,
        [
            click.option(
                "--min-area",
                type=click.FloatRange(min=0),
                default=0.0,
                metavar="M2",
                help="Merge areas smaller than this many square metres into the neighbour with the longest common border.",
            ),
            click.option(
                "--simplify",
                type=click.FloatRange(min=0),
                default=0.0,
                metavar="M",
                help="Straighten borders: none moves by more than this many metres, and neighbours keep one line.",
            ),
            click.option("--smooth", is_flag=True, help="Round the corners of borders."),
            click.option(
                "--connectivity",
                type=click.Choice([4, 8]),
                default=4,
                show_default=True,
                help="Whether pixels that touch at a corner alone belong together (8) or not (4).",
            ),
            click.option(
                "--max-vertices",
                type=click.IntRange(min=0),
                show_default="1000000; 0 with --dissolve",
                help="Split areas whose outlines grow past this; their parts share a region_id. 0 for never.",
            ),
            click.option(
                "--crs", metavar="EPSG:N", help="CRS of the polygons, if not the scene's, such as EPSG:4326."
            ),
            click.option("--dissolve", is_flag=True, help="One multipolygon per class; for small maps."),
        ],
    )


def chosen_drawing(options: dict[str, Any], *, polygons: bool) -> Drawing:
    """How to draw.

    Args:
        options: of the command line; those of `how_to_draw` are taken out.
        polygons: whether any output holds polygons.

    Raises:
        click.UsageError: an option asks for something that only shapes polygons where none are made.
        OptionError: an option cannot be followed.
    """
    from glnet_geo.core.polygons.drawing import Drawing

    chosen = {field.name: options.pop(field.name) for field in fields(Drawing)}
    idle = [f"--{name.replace('_', '-')}" for name in _OF_POLYGONS if chosen[name]]
    if idle and not polygons:
        raise click.UsageError(
            f"{', '.join(idle)} would change nothing, as no output holds polygons: name a .gpkg, .fgb, .parquet or .geojson "
            "output, or leave out what changes nothing"
        )
    return Drawing(**chosen)


def output_options(command: Command) -> Command:
    """Add --overwrite, --progress and --quiet."""
    return _with(
        command,
        [
            click.option("--overwrite", is_flag=True, help="Replace existing outputs."),
            click.option(
                "--progress",
                type=click.Choice(["auto", "bar", "json", "none"]),
                default="auto",
                show_default=True,
                help="How progress shows on standard error.",
            ),
            click.option("--quiet", "-q", is_flag=True, help="Print nothing but warnings and errors."),
        ],
    )


def json_option(command: Command) -> Command:
    """Add --json."""
    option = click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
    return option(command)


def _of_values(whose: str, declared: str, default_range: str) -> Sequence[Callable[[Command], Command]]:
    """Which bands of imagery are read, and what their values mean.

    Args:
        whose: bands, such as ``the scene's``.
        declared: by what, such as ``the scene declares``.
        default_range: what --value-range is where it is not given.
    """
    return [
        click.option(
            "--bands",
            metavar="B,B,...",
            help=f"{whose.capitalize()} bands in the model's order: 1,2,3 or red,green,blue.",
        ),
        click.option(
            "--nodata",
            type=float,
            help=f"Value of pixels without data, instead of one that {declared}.",
        ),
        click.option(
            "--value-range",
            type=ValueRange(),
            help=f"Values that become darkest and brightest. Default: {default_range}.",
        ),
    ]


def _of_machine(*precisions: str) -> Sequence[Callable[[Command], Command]]:
    """Where to compute, in one of these precisions."""
    return [
        click.option(
            "--device",
            type=click.Choice(["auto", "cpu", "cuda", "mps"]),
            default="auto",
            show_default=True,
            help="Where to compute; auto takes a GPU where there is one.",
        ),
        click.option(
            "--precision",
            type=click.Choice(precisions),
            default="auto",
            show_default=True,
            help="auto takes the shortest numbers that the device multiplies natively.",
        ),
        click.option("--max-gpu-memory", type=Size(), help="Use at most this much GPU memory, e.g. 2GB."),
    ]


def _with(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    """A command with some options, which its help lists in this order."""
    for option in reversed(options):
        command = option(command)
    return command
