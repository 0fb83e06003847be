"""What the sieve promises, pixel by pixel and without any cleverness: for maps of a few hundred pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Pixel = tuple[int, int]

EDGES = ((0, 1), (1, 0), (0, -1), (-1, 0))
CORNERS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


@dataclass
class Region:
    """Pixels that hang together.

    Attributes:
        class_id: their class.
        pixels: in reading order.
        area: sum of their areas.
        edges: how many edges they share with each other region, by its place in the list of regions.
    """

    class_id: int
    pixels: list[Pixel]
    area: float
    edges: Counter[int] = field(default_factory=Counter)


def lot(place: int) -> int:
    """The number drawn for a pixel, by its place in reading order."""
    mask = (1 << 64) - 1
    place = (place + 0x9E3779B97F4A7C15) & mask
    place = ((place ^ (place >> 30)) * 0xBF58476D1CE4E5B9) & mask
    place = ((place ^ (place >> 27)) * 0x94D049BB133111EB) & mask
    return place ^ (place >> 31)


def regions_of(
    classes: NDArray[np.uint8],
    area: Sequence[float],
    *,
    connectivity: int = 4,
    left_out: NDArray[np.bool_] | None = None,
) -> list[Region]:
    """All regions in the order of their first pixels, with their borders.

    Args:
        classes: (rows, width), 255 is nodata.
        area: of a pixel in each row.
        connectivity: 4 or 8.
        left_out: pixels that count as nodata.
    """
    valid = classes != 255
    if left_out is not None:
        valid &= ~left_out
    label = np.full(classes.shape, -1)
    steps = EDGES + CORNERS if connectivity == 8 else EDGES
    found = []
    for start in np.argwhere(valid):
        first = (int(start[0]), int(start[1]))
        if label[first] >= 0:
            continue
        label[first] = len(found)
        todo, pixels = [first], []
        while todo:
            pixel = todo.pop()
            pixels.append(pixel)
            for near in _around(pixel, steps, classes.shape):
                if valid[near] and label[near] < 0 and classes[near] == classes[first]:
                    label[near] = len(found)
                    todo.append(near)
        found.append(Region(int(classes[first]), sorted(pixels), sum(area[row] for row, _ in pixels)))
    for name, region in enumerate(found):
        for pixel in region.pixels:
            for near in _around(pixel, EDGES, classes.shape):
                if valid[near] and label[near] != name:
                    region.edges[int(label[near])] += 1
    return found


def sieved(
    classes: NDArray[np.uint8],
    least: float,
    area: Sequence[float],
    *,
    connectivity: int = 4,
    slab: int | None = None,
) -> NDArray[np.uint8]:
    """The map as the sieve should give it out.

    Args:
        classes: (rows, width), 255 is nodata.
        least: regions with less area are small.
        area: of a pixel in each row.
        connectivity: 4 or 8.
        slab: rows from line to line; without, all is decided as a whole.
    """
    classes = classes.copy()
    alone = np.zeros(classes.shape, np.bool_)
    rows = classes.shape[0]
    for line in range(slab, rows + 1, slab) if slab else ():
        _play(classes[:line], least, area, connectivity, alone[:line], line - slab if slab else 0)
    _play(classes, least, area, connectivity, alone, rows)
    return classes


def _play(
    classes: NDArray[np.uint8],
    least: float,
    area: Sequence[float],
    connectivity: int,
    alone: NDArray[np.bool_],
    before: int,
) -> None:
    """Plays rounds in place; only regions that end above the row ``before`` may act."""
    while True:
        regions = regions_of(classes, area, connectivity=connectivity, left_out=alone)
        small = [region.area < least for region in regions]
        turn = [(len(r.pixels), lot(r.pixels[0][0] * classes.shape[1] + r.pixels[0][1])) for r in regions]
        chosen = []
        for name, region in enumerate(regions):
            if not small[name] or region.pixels[-1][0] >= before:
                continue
            if not region.edges:
                alone[tuple(np.array(region.pixels).T)] = True
            elif all(turn[name] < turn[near] for near in region.edges if small[near]):
                best = max(region.edges, key=lambda near: (region.edges[near], regions[near].area, -near))
                chosen.append((region, regions[best].class_id))
        if not chosen:
            return
        for region, class_id in chosen:
            classes[tuple(np.array(region.pixels).T)] = class_id


def _around(pixel: Pixel, steps: Sequence[Pixel], shape: tuple[int, ...]) -> Iterator[Pixel]:
    for down, right in steps:
        row, col = pixel[0] + down, pixel[1] + right
        if 0 <= row < shape[0] and 0 <= col < shape[1]:
            yield row, col
