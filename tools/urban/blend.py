"""Writes the mean of the weights of networks that began alike and learnt different things.

python -m tools.urban.blend WORK/run/global_to_local.safetensors WORK/taught_run/global_to_local.safetensors --out W.safetensors

Source: Wortsman et al.: Model soups, ICML 2022 (arXiv:2203.05482).
"""

from __future__ import annotations

from pathlib import Path

import click
import torch
from safetensors.torch import load_file, save_file


@click.command()
@click.argument(
    "weights", type=click.Path(path_type=Path, exists=True), nargs=-1, required=True, metavar="WEIGHTS..."
)
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(weights: tuple[Path, ...], out: Path) -> None:
    """Write OUT; weights that are named twice count twice."""
    networks = [load_file(path) for path in weights]
    save_file(
        {
            name: torch.stack([network[name].double() for network in networks]).mean(0).to(tensor.dtype)
            for name, tensor in networks[0].items()
        },
        out,
    )


if __name__ == "__main__":
    main()
