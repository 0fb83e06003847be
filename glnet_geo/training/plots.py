"""Blocks of scenes, and which of them show the same ground."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from glnet_geo.core.ground import Ground
from glnet_geo.core.window import Window


@dataclass(frozen=True, slots=True)
class Plot:
    """A block of one of several scenes.

    Attributes:
        scene: its number.
        block: in its pixels.
    """

    scene: int
    block: Window

    def seen_in(self, scene: int, ground: Ground | None) -> Window | None:
        """The pixels of a scene that show it; None where none does, or where it is unknown what ground scenes show."""
        if scene == self.scene:
            return self.block
        return None if ground is None else ground.seen(self.block, self.scene, scene)

    @property
    def centre(self) -> Plot:
        """The pixel in its middle."""
        block = self.block
        row, col = block.row + block.height // 2, block.col + block.width // 2
        return Plot(self.scene, Window(row=row, col=col, height=1, width=1))


def units_of(plots: Sequence[Plot], ground: Ground | None) -> list[int]:
    """What is to be judged or learnt as a whole: of every plot, the number of the first one that shows its middle.

    Args:
        plots: of all scenes, those of one scene after those of another.
        ground: where the scenes lie; None where that is unknown.
    """
    units: list[int] = []
    known: dict[int, list[int]] = defaultdict(list)
    earlier = _earlier(ground)
    for number, plot in enumerate(plots):
        centre, first = plot.centre, number
        for scene in earlier[plot.scene]:
            seen = centre.seen_in(scene, ground)
            holding = [at for at in known[scene] if seen and plots[at].block.intersection(seen)]
            if holding:
                first = units[holding[0]]
                break
        units.append(first)
        known[plot.scene].append(number)
    return units


def _earlier(ground: Ground | None) -> dict[int, list[int]]:
    """The scenes before each that share ground with it, rising."""
    found: dict[int, list[int]] = defaultdict(list)
    if ground is not None:
        for one, other in sorted(ground.overlapping().T.tolist()):
            if other < one:
                found[one].append(other)
    return found
