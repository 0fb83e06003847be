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
    area: NDArray[np.float64],
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
    map_of = {
        (int(row), int(col)): int(classes[row, col])
        for row, col in np.argwhere((classes != 255) & ~(False if left_out is None else left_out))
    }
    steps = EDGES + CORNERS if connectivity == 8 else EDGES
    label: dict[Pixel, int] = {}
    found: list[Region] = []
    for first, class_id in map_of.items():
        if first not in label:
            pixels = _flooded(map_of, first, steps)
            label.update(dict.fromkeys(pixels, len(found)))
            found.append(Region(class_id, pixels, sum(area[row] for row, _ in pixels)))
    for pixel, name in label.items():
        for near in _around(pixel, EDGES):
            if label.get(near, name) != name:
                found[name].edges[label[near]] += 1
    return found


def _flooded(map_of: dict[Pixel, int], first: Pixel, steps: Sequence[Pixel]) -> list[Pixel]:
    """All pixels of one class that hang together with the first, in reading order."""
    reached, todo = {first}, [first]
    while todo:
        for near in _around(todo.pop(), steps):
            if near not in reached and map_of.get(near) == map_of[first]:
                reached.add(near)
                todo.append(near)
    return sorted(reached)


def sieved(
    classes: NDArray[np.uint8],
    least: float,
    area: NDArray[np.float64],
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
    area: NDArray[np.float64],
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


def _around(pixel: Pixel, steps: Sequence[Pixel]) -> Iterator[Pixel]:
    for down, right in steps:
        yield pixel[0] + down, pixel[1] + right
