"""glnet-geo train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glnet_geo.commands.console import ProgressKind, print_json, print_table, shown_progress, swatch
from glnet_geo.commands.option_types import Place, file_argument
from glnet_geo.commands.options import how_to_learn, json_option, output_options
from glnet_geo.errors import OptionError

if TYPE_CHECKING:
    from glnet_geo.learn_options import Lesson, TrainSummary

_LESSON = ("dataset", "scenes", "images", "labels", "legend", "field", "layer")

_MISSING = {
    "images": "no images were given: add --images FOLDER, or name the scenes that the polygons lie on",
    "labels": "no labels were given: add --labels, a folder of label maps or a file of polygons",
    "field": "polygons need --field, the name of the attribute that holds the class",
}


@click.command()
@click.argument("scenes", nargs=-1, type=file_argument(), metavar="[SCENE]...")
@click.option("--images", type=file_argument(), metavar="DIR", help="Folder of images, or of the --dataset.")
@click.option(
    "--labels",
    type=file_argument(),
    metavar="DIR|POLYGONS",
    help="Folder of label maps (class ids or colours, named as the images), or polygons drawn on the scenes (any CRS).",
)
@click.option(
    "--legend",
    type=file_argument(),
    metavar="FILE.json",
    help="Classes of the label maps. Default: what they hold.",
)
@click.option("--field", metavar="NAME", help="Attribute of the polygons that names the class.")
@click.option("--layer", metavar="NAME", help="Layer of the polygons. Default: the first.")
@click.option(
    "--dataset",
    type=click.Choice(["deepglobe", "inria", "isic"]),
    help="A published data set, in the folder --images as it is distributed.",
)
@click.option("--out", "-o", type=file_argument(), required=True, metavar="M.safetensors", help="The model.")
@click.option(
    "--init",
    type=Place(),
    default="urban",
    show_default=True,
    metavar="NAME|FILE|timm:NAME",
    help="What to begin with: a model, or a backbone of timm (timm:NAME=FILE for weights in a file).",
)
@click.option(
    "--download", is_flag=True, help="Let the weights of a timm backbone be fetched from the network."
)
@click.option(
    "--stage",
    "stages",
    type=click.Choice(["global", "global_to_local", "bidirectional"]),
    multiple=True,
    help="Train only this stage; may be given several times. Default: those that the model of --init has; for polygons all but the first.",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help="How often every stage sees all images. Default: 120, 50 and 120, as published; for polygons see --minutes.",
)
@click.option("--minutes", type=float, help="Time to take, instead of --epochs. Default for polygons: 8.")
@click.option(
    "--validate",
    multiple=True,
    metavar="NAME",
    help="Image to judge the model on (* for anything); none to learn everything. Default: a fifth of the labels, by "
    "scene, or by blocks of the only scene.",
)
@click.option(
    "--balance",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="0: classes are seen as often as they are labelled; 1: all alike.",
)
@how_to_learn
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of all that is drawn at random."
)
@click.option("--credit", default="", metavar="TEXT", help="Whom the model's card names for the data.")
@click.option(
    "--curves",
    type=file_argument(),
    metavar="FILE.png",
    help="Also draw losses and scores (needs pip install 'glnet_geo[report]').",
)
@output_options
@json_option
def train(
    out: Path,
    curves: Path | None,
    overwrite: bool,  # noqa: FBT001 - click passes flags by name
    progress: ProgressKind,
    quiet: bool,  # noqa: FBT001 - as above
    as_json: bool,  # noqa: FBT001 - as above
    **options: Any,
) -> None:
    """Make a model of your own, from polygons drawn on SCENE, from label maps, or from a published data set.

    A part of the labels is kept from training and tells how good the model is. Broken off, the same command goes on:
    what it needs lies in the folder M.training beside the model.

    \b
    Examples:
      glnet-geo train city.tif --labels polygons.gpkg --field class --out city.safetensors
      glnet-geo train --images tiles --labels masks --legend classes.json --minutes 120 --out mine.safetensors
      glnet-geo train --dataset deepglobe --images land-train --init timm:resnet50 --download --out dg.safetensors

    \b
    Exit codes: 0 done, 2 wrong use, 3 scene, 4 model, 5 output, 7 training, 130 stopped.
    """
    from glnet_geo.learn import train as run
    from glnet_geo.learn_options import TrainOptions

    lesson = _lesson(**{name: options.pop(name) for name in _LESSON})
    with shown_progress(progress, quiet=quiet) as shown:
        summary = run(
            lesson,
            out,
            options=TrainOptions(**options),
            curves=curves,
            overwrite=overwrite,
            progress=shown,
        )
    if as_json:
        print_json(_as_json(summary))
    elif not quiet:
        _print_summary(summary)


def _lesson(**given: Any) -> Lesson:
    """What to learn from.

    Raises:
        OptionError: something is missing, or belongs to another kind.
    """
    from glnet_geo.learn_options import DrawnPolygons, LabelMaps, PublishedDataset

    if given["dataset"] is not None:
        _check(f"--dataset {given['dataset']}", given, needed=("images",))
        return PublishedDataset(name=given["dataset"], folder=given["images"])
    if given["scenes"]:
        _check("SCENE", given, needed=("scenes", "labels", "field"), allowed=("layer",))
        return DrawnPolygons(**{name: given[name] for name in ("scenes", "labels", "field", "layer")})
    _check("--images", given, needed=("images", "labels"), allowed=("legend",))
    return LabelMaps(**{name: given[name] for name in ("images", "labels", "legend")})


def _check(
    kind: str, given: Mapping[str, Any], *, needed: Sequence[str], allowed: Sequence[str] = ()
) -> None:
    """Refuse what belongs to another kind of lesson, or lacks something of its own."""
    for name in ("scenes", "images", "labels", "legend", "field", "layer"):
        if given[name] and name not in (*needed, *allowed):
            shown = "SCENE" if name == "scenes" else f"--{name}"
            raise OptionError(f"{shown} means nothing with {kind}: leave out one of the two")
    for name in needed:
        if not given[name]:
            raise OptionError(_MISSING[name])


def _as_json(summary: TrainSummary) -> dict[str, Any]:
    scores = summary.card.scores
    return {
        "out": str(summary.out),
        "before": summary.before,
        "learnt": summary.learnt,
        "scores": None if scores is None else scores.model_dump(),
        "validation": summary.validation,
        "log": str(summary.log),
        "device": summary.device,
        "seconds": round(summary.seconds, 1),
    }


def _print_summary(summary: TrainSummary) -> None:
    from rich.markup import escape
    from rich.table import Table

    scores = summary.card.scores
    if scores is not None:
        table = Table(title=escape(f"{summary.card.name} on labels that it never saw"))
        table.add_column("")
        table.add_column("class")
        table.add_column("IoU", justify="right")
        for c, score in zip(summary.card.legend, scores.classes, strict=True):
            table.add_row(swatch(c.color), escape(c.name), "-" if score.iou is None else f"{score.iou:.3f}")
        print_table(table)
        click.echo(
            f"mean IoU {scores.mean_iou:.3f}, accuracy {scores.accuracy:.3f}; everything one class: "
            f"{scores.majority_mean_iou:.3f}"
        )
        if summary.before is not None:
            click.echo(f"before training: mean IoU {summary.before:.3f}")
    if not summary.learnt:
        click.echo(f"training brought nothing on these labels: the model is {summary.start}, unchanged")
    click.echo(summary.validation)
    click.echo(f"written: {summary.out} ({summary.seconds / 60:.1f} minutes on {summary.device})")
