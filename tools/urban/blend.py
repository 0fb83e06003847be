"""Writes the weights between two trainings of one network: what the later one learnt, and what it forgot.

python -m tools.urban.blend WORK/run/3-global_to_local.safetensors WORK/run/4-global_to_local.safetensors --kept 0.6 --out W.safetensors
"""

from __future__ import annotations

from pathlib import Path

import click
from safetensors.torch import load_file, save_file

from glnet_geo.training.course import blended


@click.command()
@click.argument("earlier", type=click.Path(path_type=Path, exists=True))
@click.argument("later", type=click.Path(path_type=Path, exists=True))
@click.option("--kept", default=0.6, show_default=True, help="share of the earlier weights")
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(earlier: Path, later: Path, kept: float, out: Path) -> None:
    """Write OUT."""
    save_file(blended(load_file(later), load_file(earlier), kept), out)


if __name__ == "__main__":
    main()
