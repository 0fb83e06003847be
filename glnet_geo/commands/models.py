"""glnet-geo models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glnet_geo.commands.console import print_json, print_table, swatch
from glnet_geo.commands.option_types import Place, file_argument
from glnet_geo.commands.options import json_option

if TYPE_CHECKING:
    from glnet_geo.model.card import Card


@click.group()
def models() -> None:
    """List, show and import models.

    \b
    Examples:
      glnet-geo models list
      glnet-geo models show urban
    """


@models.command("list")
@json_option
def list_models(as_json: bool) -> None:  # noqa: FBT001 - click passes flags by name
    """List the installed models: those that ship, and those in your model folder.

    \b
    Example:
      glnet-geo models list
    """
    from glnet_geo.model.installed import readable_models, user_model_folder

    cards = readable_models()
    if as_json:
        print_json([{"name": path.stem, "path": str(path), **_brief(card)} for path, card in cards])
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Installed models")
    for column in ("name", "classes", "bands", "pixel size", "mean IoU on unseen scenes"):
        table.add_column(column)
    for path, card in cards:
        brief = _brief(card)
        score = "-" if card.scores is None else f"{card.scores.mean_iou:.2f}"
        table.add_row(
            escape(path.stem),
            escape(", ".join(brief["classes"])),
            escape(", ".join(brief["bands"])),
            brief["pixel_size"],
            score,
        )
    print_table(table)
    click.echo(f"your own: put packages into {user_model_folder()}")


@models.command("show")
@click.argument("model", type=Place(), metavar="NAME_OR_PATH")
@json_option
def show_model(model: str, as_json: bool) -> None:  # noqa: FBT001 - click passes flags by name
    """Show the card of a model: classes, bands, where it is valid, how good it is, licence.

    \b
    Examples:
      glnet-geo models show urban
      glnet-geo models show my-city.safetensors --json
    """
    from glnet_geo.model.installed import read_card
    from glnet_geo.model.package import find_model

    path = find_model(model)
    _tell(path, read_card(path), as_json=as_json)


@models.command("import")
@click.option(
    "--global", "global_", type=file_argument(), required=True, metavar="G.pth", help="Stage 1 checkpoint."
)
@click.option("--global2local", type=file_argument(), metavar="X.pth", help="Stage 2 checkpoint.")
@click.option("--local2global", type=file_argument(), metavar="L.pth", help="Stage 3 checkpoint.")
@click.option(
    "--sharing",
    type=click.Choice(["none", "global_to_local", "bidirectional"]),
    help="Which network to build. Default: the most that the given checkpoints allow.",
)
@click.option(
    "--classes",
    type=Place(),
    required=True,
    metavar="deepglobe|FILE.json",
    help="The classes, in the order of the channels.",
)
@click.option(
    "--patch-size",
    type=click.IntRange(min=64),
    default=508,
    show_default=True,
    help="Side of the crops that the local branch was trained on.",
)
@click.option(
    "--global-size",
    type=click.IntRange(min=64),
    default=508,
    show_default=True,
    help="Side to which a frame is shrunk for the global branch.",
)
@click.option(
    "--frame-size",
    type=click.IntRange(min=64),
    default=2448,
    show_default=True,
    help="Side of the images it was trained on; what the global branch sees at once.",
)
@click.option(
    "--align-corners",
    is_flag=True,
    help="For weights trained before the published code dropped align_corners.",
)
@click.option("--out", "-o", type=file_argument(), required=True, metavar="M.safetensors", help="The model.")
@click.option("--overwrite", is_flag=True, help="Replace an existing package.")
@json_option
def import_model(as_json: bool, **options: Any) -> None:  # noqa: FBT001 - click passes flags by name
    """Make a model package of published GLNet checkpoints (.pth).

    A class file is {"classes": [{"id": 0, "name": "water", "color": "#1f78b4"}, ...]}: channel i of the model is
    the i-th class, its id is the raster value.

    \b
    Examples:
      glnet-geo models import --global fpn_deepglobe_global.pth --local2global fpn_deepglobe_local2global.pth \\
          --sharing bidirectional --classes deepglobe --out deepglobe.safetensors
      glnet-geo models import --global G.pth --classes my-classes.json --out global-only.safetensors

    \b
    Exit codes: 0 done, 2 wrong use, 4 model, 5 output.
    """
    from glnet_geo.io.maps.class_file import legend_named
    from glnet_geo.model.importing import import_checkpoints

    checkpoints = {
        stage: options[name]
        for stage, name in (
            ("global", "global_"),
            ("global2local", "global2local"),
            ("local2global", "local2global"),
        )
        if options[name] is not None
    }
    out: Path = options["out"]
    card = import_checkpoints(
        checkpoints,
        out,
        sharing=options["sharing"],
        legend=legend_named(options["classes"]),
        patch_size=options["patch_size"],
        global_size=options["global_size"],
        frame_size=options["frame_size"],
        align_corners=options["align_corners"],
        overwrite=options["overwrite"],
    )
    _tell(out, card, as_json=as_json)


def _tell(path: Path, card: Card, *, as_json: bool) -> None:
    """The card of a package, for a program or a person."""
    if as_json:
        print_json({"path": str(path), **json.loads(card.to_json())})
        return
    _print_card(path, card)


def _brief(card: Card) -> dict[str, Any]:
    distance = card.ground_sample_distance
    return {
        "classes": [c.name for c in card.legend],
        "bands": list(card.bands),
        "pixel_size": "any" if distance is None else f"{distance.minimum:g} to {distance.maximum:g} m",
    }


def _print_card(path: Path, card: Card) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    brief = _brief(card)
    table = Table(title=escape(card.name), show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    classes = Text()
    for c in card.legend:
        classes.append_text(swatch(c.color)).append(f" {c.id} {c.name}\n")
    classes.rstrip()
    architecture = card.architecture
    table.add_row("classes", classes)
    table.add_row("bands", escape(", ".join(brief["bands"])))
    table.add_row("pixel size", brief["pixel_size"])
    table.add_row(
        "network", f"GLNet, {architecture.backbone}, sharing {architecture.sharing.replace('_', ' ')}"
    )
    table.add_row("frame", f"{card.tiling.frame} px, patches of {card.tiling.patch} px")
    if card.scores is not None:
        table.add_row("measured", Text(_scores_text(card)))
    for name, text in (
        ("about", card.description),
        ("trained on", card.training),
        ("credit", card.credit),
        ("licence", card.license),
        ("file", str(path)),
    ):
        if text:
            table.add_row(name, Text(text))
    Console().print(table)


def _scores_text(card: Card) -> str:
    scores = card.scores
    if scores is None:
        return ""
    per_class = ", ".join(f"{c.name} {'-' if c.iou is None else f'{c.iou:.2f}'}" for c in scores.classes)
    return (
        f"mean IoU {scores.mean_iou:.3f} (calling everything one class: {scores.majority_mean_iou:.3f}), "
        f"accuracy {scores.accuracy:.3f} on unseen {', '.join(scores.scenes)}; IoU: {per_class}"
    )
