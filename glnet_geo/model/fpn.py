"""The feature pyramid of GLNet, alone or guided by the other branch.

Source: GLNet (arXiv:1905.06368), section 3.2 and figure 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from glnet_geo.model.backbone import Levels


@dataclass(frozen=True, slots=True)
class Shared:
    """The maps of one branch that guide the other, finest first on every level.

    Each map is (batch, channels, rows, cols).

    Attributes:
        c: what the backbone gives, at 1/4, 1/8, 1/16 and 1/32.
        ps0: the pyramid, summed from coarse to fine.
        ps1: the pyramid smoothed once.
        ps2: the pyramid smoothed twice.
    """

    c: Levels
    ps0: Levels
    ps1: Levels
    ps2: Levels

    @property
    def maps(self) -> tuple[Levels, Levels, Levels, Levels]:
        """All maps, from the backbone's to the smoothest."""
        return self.c, self.ps0, self.ps1, self.ps2


@dataclass(frozen=True, slots=True)
class Features(Shared):
    """The maps of one branch.

    Attributes:
        ps3: all levels of ps2 at 1/4, concatenated: what classes are read from.
    """

    ps3: Tensor


class Fpn(nn.Module):
    """Turns c2 to c5 into one map at 1/4 from which the classes are read.

    Args:
        channels: of c2 to c5.
        width: channels of ps0 and ps1.
        narrow: channels of ps2; ps3 has four times as many.
        classes: number of classes.
        guided: whether every level also takes the other branch's map of that level.
        merge_kernel: size of the convolution that joins own and guiding ps3 (3 as published).
        align_corners: how maps are enlarged (False as published).
        rectified: whether smoothed and merged maps lose what is below zero (False as published: the pyramid is linear).
    """

    def __init__(
        self,
        channels: tuple[int, int, int, int],
        *,
        width: int,
        narrow: int,
        classes: int,
        guided: bool,
        merge_kernel: int = 3,
        align_corners: bool = False,
        rectified: bool = False,
    ) -> None:
        super().__init__()
        fold = 2 if guided else 1
        self.guided = guided
        self.align_corners = align_corners
        self.activation = nn.ReLU() if rectified else nn.Identity()
        self.lateral = nn.ModuleList(nn.Conv2d(fold * c, width, 1) for c in channels)
        self.smooth1 = nn.ModuleList(nn.Conv2d(fold * width, width, 3, padding=1) for _ in channels)
        self.smooth2 = nn.ModuleList(nn.Conv2d(fold * width, narrow, 3, padding=1) for _ in channels)
        if guided:
            self.merge = nn.Conv2d(8 * narrow, 4 * narrow, merge_kernel, padding=merge_kernel // 2)
        self.classify = nn.Conv2d(4 * narrow, classes, 3, padding=1)
        if rectified:
            self._keep_variance()

    def forward(self, c: Levels, guide: Shared | None = None) -> Features:
        """The features of one branch.

        Args:
            c: the branch's own c2 to c5.
            guide: the other branch's features, brought to the sizes of this one's maps; given exactly when the
                pyramid is guided.
        """
        if (guide is not None) != self.guided:
            raise TypeError("a guided pyramid takes a guide, an unguided one none")
        guides = guide.maps if guide is not None else (None, None, None, None)
        c2, c3, c4, c5 = _convolved(self.lateral, _beside(c, guides[0]))
        p5 = c5
        p4 = c4 + self.resized(p5, c4.shape[2:])
        p3 = c3 + self.resized(p4, c3.shape[2:])
        p2 = c2 + self.resized(p3, c2.shape[2:])
        ps0 = (p2, p3, p4, p5)
        ps1 = self._smoothed(self.smooth1, _beside(ps0, guides[1]))
        ps2 = self._smoothed(self.smooth2, _beside(ps1, guides[2]))
        fine = ps2[0].shape[2:]
        # Coarsest first: the order that published weights expect.
        ps3 = torch.cat([self.resized(x, fine) for x in reversed(_beside(ps2, guides[3]))], dim=1)
        return Features(c, ps0, ps1, ps2, self.activation(self.merge(ps3)) if self.guided else ps3)

    def resized(self, x: Tensor, size: torch.Size | tuple[int, int]) -> Tensor:
        """A map (batch, channels, rows, cols) at another size, bilinearly, without antialiasing."""
        if x.shape[2:] == torch.Size(size):
            return x
        return functional.interpolate(x, size=tuple(size), mode="bilinear", align_corners=self.align_corners)

    def _smoothed(self, convs: nn.ModuleList, levels: Levels) -> Levels:
        a, b, c, d = (self.activation(x) for x in _convolved(convs, levels))
        return a, b, c, d

    def _keep_variance(self) -> None:
        """Begin with weights under which rectified maps keep their variance (He et al. 2015, section 2.2)."""
        convs = [*self.smooth1, *self.smooth2, *([self.merge] if self.guided else [])]
        for conv in convs:
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
            nn.init.zeros_(conv.bias)


def _convolved(convs: nn.ModuleList, levels: Levels) -> Levels:
    a, b, c, d = (conv(x) for conv, x in zip(convs, levels, strict=True))
    return a, b, c, d


def _beside(own: Levels, guide: Levels | None) -> Levels:
    """Own map first, guiding map second, on every level."""
    if guide is None:
        return own
    a, b, c, d = (torch.cat(pair, dim=1) for pair in zip(own, guide, strict=True))
    return a, b, c, d
