"""The common U-Net, as segmentation-models-pytorch builds it: GLNet is compared with it, and it labels pictures.

pip install segmentation-models-pytorch
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from glnet_geo.errors import TrainingError
from glnet_geo.training.losses import IGNORED, focal_loss
from glnet_geo.training.mixed_precision import mixed_precision
from glnet_geo.training.recipe import Recipe
from glnet_geo.training.samples import Sampler

_HALVED = 32
"""The network halves its maps five times."""


def new_unet(*, classes: int, backbone: Path | None = None, seed: int = 0) -> nn.Module:
    """A U-Net on EfficientNet-Lite0.

    Args:
        classes: number of classes.
        backbone: ImageNet weights of timm's tf_efficientnet_lite0; None where all weights are loaded afterwards.
        seed: of all that does not come from the backbone.

    Raises:
        TrainingError: the file lacks a weight of the backbone.
    """
    import segmentation_models_pytorch as smp

    torch.manual_seed(seed)
    network = smp.Unet("tu-tf_efficientnet_lite0", encoder_weights=None, classes=classes)
    if backbone is not None:
        missing, _ = network.encoder.model.load_state_dict(load_file(backbone), strict=False)
        if missing:
            raise TrainingError(f"{backbone} lacks {missing[0]}: give the weights of tf_efficientnet_lite0")
    unet: nn.Module = network.to(memory_format=torch.channels_last)
    return unet


def learn_unet(network: nn.Module, recipe: Recipe, sampler: Sampler) -> Iterator[float]:
    """Learn with batches of crops; the loss of every step. Batch norm learns too, as is usual for it."""
    network.train()
    backbone = list(network.get_submodule("encoder").parameters())
    pretrained = {id(weight) for weight in backbone}
    fresh = [weight for weight in network.parameters() if id(weight) not in pretrained]
    optimizer = torch.optim.AdamW(
        [{"params": fresh, "share": 1.0}, {"params": backbone, "share": recipe.backbone_rate}],
        weight_decay=recipe.weight_decay,
    )
    for step in range(recipe.steps):
        samples = [
            sampler.draw(step * recipe.frames + index, 0, label_cell=recipe.label_cell)
            for index in range(recipe.frames)
        ]
        frames = _stacked([sample.frame for sample in samples], 0)
        labels = _stacked([sample.frame_label for sample in samples], IGNORED)
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate(step) * group["share"]
        optimizer.zero_grad()
        with mixed_precision("cpu", enabled=recipe.bfloat16):
            logits = network(frames.contiguous(memory_format=torch.channels_last))
            loss = focal_loss(logits.float(), labels, gamma=recipe.gamma)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.clip or float("inf"))
        optimizer.step()
        yield float(loss.detach())


def _stacked(samples: list[Tensor], fill: int) -> Tensor:
    """All samples in one batch, filled up to the largest and to what a U-Net can halve: pictures may be smaller than crops."""
    rows, cols = (-(-max(sample.shape[axis] for sample in samples) // _HALVED) * _HALVED for axis in (-2, -1))
    return torch.cat(
        [
            functional.pad(sample, (0, cols - sample.shape[-1], 0, rows - sample.shape[-2]), value=fill)
            for sample in samples
        ]
    )
