"""GLNet: a branch that sees the whole frame, a branch that looks at its patches, and what they tell each other.

Source: Chen, Jiang, Wang, Cui, Qian: Collaborative Global-Local Networks for Memory-Efficient Segmentation of
Ultra-High Resolution Images, CVPR 2019 (arXiv:1905.06368).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from glnet_geo.model.architecture import Architecture
from glnet_geo.model.backbone import Backbone
from glnet_geo.model.fpn import Features, Fpn, Shared
from glnet_geo.model.sharing import Place, cut_out, cut_out_shared


class Branch(nn.Module):
    """A pyramid and, unless it borrows its maps, a backbone of its own."""

    def __init__(
        self, architecture: Architecture, *, guided: bool, channels: tuple[int, ...] | None = None
    ) -> None:
        super().__init__()
        self.backbone = Backbone(architecture.backbone, architecture.bands) if channels is None else None
        c2, c3, c4, c5 = self.backbone.channels if self.backbone is not None else channels or ()
        self.fpn = Fpn(
            (c2, c3, c4, c5),
            width=architecture.width,
            narrow=architecture.narrow,
            classes=architecture.classes,
            guided=guided,
            merge_kernel=architecture.merge_kernel,
            align_corners=architecture.align_corners,
            rectified=architecture.rectified,
        )


class GLNet(nn.Module):
    """The network; features go in and out as values, and nothing is remembered between calls.

    The order of calls: ``see`` the shrunk frame once; ``look`` at patches, guided by what was seen; where sharing
    is bidirectional, ``refine`` the frame with the merged local features; ``weigh_local`` and ``weigh_global``
    add up to the logits of the ensemble.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.glance = Branch(architecture, guided=False)
        if architecture.sharing != "none":
            self.local = Branch(architecture, guided=True)
            self.ensemble = nn.Conv2d(8 * architecture.narrow, architecture.classes, 3, padding=1)
        if architecture.sharing == "bidirectional":
            trunk = self.glance.backbone
            shared = trunk.channels if architecture.shared_trunk and trunk is not None else None
            self.refined = Branch(architecture, guided=True, channels=shared)

    def see(self, frame: Tensor) -> Features:
        """The global branch's features of shrunk frames (batch, bands, rows, cols)."""
        features: Features = self.glance.fpn(_backbone(self.glance)(frame))
        return features

    def look(self, patches: Tensor, seen: Features, places: Sequence[Place]) -> Features:
        """The local branch's features of patches, guided by what was seen of their frame.

        Args:
            patches: (patches, bands, rows, cols) at full resolution.
            seen: features of the one frame that holds them.
            places: where each patch lies in the frame.
        """
        c = _backbone(self.local)(patches)
        guide = cut_out_shared(seen, places, c, align_corners=self.architecture.align_corners)
        features: Features = self.local.fpn(c, guide)
        return features

    def refine(self, frame: Tensor, seen: Features, merged: Shared) -> Features:
        """The second global branch's features of a shrunk frame, guided by the merged local maps."""
        c = seen.c if self.architecture.shared_trunk else _backbone(self.refined)(frame)
        features: Features = self.refined.fpn(c, merged)
        return features

    def weigh_local(self, local_ps3: Tensor) -> Tensor:
        """The local share of the ensemble's logits: (patches, classes, rows, cols) at 1/4."""
        weight = self.ensemble.weight[:, : local_ps3.shape[1]]
        return functional.conv2d(local_ps3, weight, self.ensemble.bias, padding=1)

    def weigh_global(self, frame_ps3: Tensor, places: Sequence[Place], like: Tensor) -> Tensor:
        """The global share of the ensemble's logits for patches whose own maps are sized as ``like``.

        A convolution of two maps side by side is the sum of one convolution each: what must be kept of a patch
        until the frame is refined is its logits, not its features.
        """
        part = self.cut_out(frame_ps3, places, like)
        return functional.conv2d(part, self.ensemble.weight[:, part.shape[1] :], None, padding=1)

    def cut_out(self, frame_map: Tensor, places: Sequence[Place], like: Tensor) -> Tensor:
        """The patches' parts of a map of the whole frame, enlarged to the size of ``like``."""
        size = (like.shape[2], like.shape[3])
        return cut_out(frame_map, places, size, align_corners=self.architecture.align_corners)


def _backbone(branch: Branch) -> Backbone:
    if branch.backbone is None:
        raise TypeError("this branch borrows its backbone maps")
    return branch.backbone
