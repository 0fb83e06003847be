"""Blocks of scenes, and which of them show the same ground."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from glnet_geo.core.image_extents import ImageExtents
from glnet_geo.core.window import Window


@dataclass(frozen=True, slots=True)
class SceneBlock:
    """A block of one of several scenes.

    Attributes:
        scene: its number.
        window: in its pixels.
    """

    scene: int
    window: Window

    def seen_in(self, scene: int, extents: ImageExtents | None) -> Window | None:
        """The pixels of a scene that show it; None where none does, or where it is unknown what ground scenes show."""
        if scene == self.scene:
            return self.window
        return None if extents is None else extents.seen(self.window, self.scene, scene)

    @property
    def centre(self) -> SceneBlock:
        """The pixel in its middle."""
        window = self.window
        row, col = window.row + window.height // 2, window.col + window.width // 2
        return SceneBlock(self.scene, Window(row=row, col=col, height=1, width=1))


def units_of(blocks: Sequence[SceneBlock], extents: ImageExtents | None) -> list[int]:
    """What is to be judged or learnt as a whole: of every block, the number of the first one that shows its middle.

    Args:
        blocks: of all scenes, those of one scene after those of another.
        extents: where the scenes lie; None where that is unknown.
    """
    units: list[int] = []
    known: dict[int, list[int]] = defaultdict(list)
    earlier = _earlier(extents)
    for number, block in enumerate(blocks):
        centre, first = block.centre, number
        for scene in earlier[block.scene]:
            seen = centre.seen_in(scene, extents)
            holding = [at for at in known[scene] if seen and blocks[at].window.intersection(seen)]
            if holding:
                first = units[holding[0]]
                break
        units.append(first)
        known[block.scene].append(number)
    return units


def _earlier(extents: ImageExtents | None) -> dict[int, list[int]]:
    """The scenes before each that share ground with it, rising."""
    found: dict[int, list[int]] = defaultdict(list)
    if extents is not None:
        for one, other in sorted(extents.overlapping().T.tolist()):
            if other < one:
                found[one].append(other)
    return found
