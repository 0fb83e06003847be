"""Writes the mean of the weights of two networks that began alike and learnt different things.

python -m tools.urban.blend WORK/run/global_to_local.safetensors WORK/taught_run/global_to_local.safetensors --out W.safetensors

Source: Wortsman et al.: Model soups, ICML 2022 (arXiv:2203.05482).
"""

from __future__ import annotations

from pathlib import Path

import click
from safetensors.torch import load_file, save_file

from glnet_geo.training.course import blended


@click.command()
@click.argument("one", type=click.Path(path_type=Path, exists=True))
@click.argument("other", type=click.Path(path_type=Path, exists=True))
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(one: Path, other: Path, out: Path) -> None:
    """Write OUT."""
    save_file(blended(load_file(other), load_file(one), 0.5), out)


if __name__ == "__main__":
    main()
