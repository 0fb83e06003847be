"""glnet-geo check."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from glnet_geo.commands.console import print_json
from glnet_geo.commands.option_types import Place
from glnet_geo.commands.options import how_to_classify, json_option


@click.command()
@click.argument("scene", type=Place())
@how_to_classify
@json_option
def check(scene: str, as_json: bool, **options: Any) -> None:  # noqa: FBT001 - click passes flags by name
    """Tell what classify would do with SCENE, without doing it.

    Refuses and warns as classify does: bands, scaling, resolution, CRS, nodata, device, memory and time.

    \b
    Examples:
      glnet-geo check scene.tif
      glnet-geo check naip.tif --bands 1,2,3 --device cpu

    \b
    Exit codes: 0 done, 2 wrong use, 3 scene, 4 model, 6 area of interest, 130 stopped.
    """
    from glnet_geo.pipeline import check as run
    from glnet_geo.plan import Options

    forecast = run(scene, options=Options(**options))
    if as_json:
        print_json(asdict(forecast))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"What classify would do with {escape(forecast.scene)}", show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, text in forecast.lines():
        table.add_row(name, escape(text))
    Console().print(table)
