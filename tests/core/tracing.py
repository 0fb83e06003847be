"""Maps traced in one go, and the same by means that share nothing with the tracer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from rasterio.features import shapes

from glnet_geo.core.polygons.regions import Regions
from glnet_geo.core.polygons.sums import UNKNOWN
from glnet_geo.core.polygons.trace import Tracer
from tests.core.maps import NODATA

MAPS = st.integers(1, 4).flatmap(
    lambda classes: arrays(
        np.uint8,
        array_shapes(min_dims=2, max_dims=2, max_side=12),
        elements=st.sampled_from([*range(classes), NODATA]),
    )
)

Shape = tuple[int, bytes]


@dataclass(frozen=True)
class Traced:
    """All regions of a map, and which of their ids are one."""

    regions: Regions
    aliases: dict[int, int]

    @property
    def ids(self) -> NDArray[np.int64]:
        """The final ids."""
        return np.array([self.aliases.get(i, i) for i in self.regions.region_ids.tolist()], np.int64)


def cuts_of(rows: int) -> st.SearchStrategy[list[int]]:
    """Rows above which a map is cut into calls."""
    inner = st.integers(1, rows - 1) if rows > 1 else st.nothing()
    return st.sets(inner).map(sorted)


def weights_of(classes: NDArray[np.uint8]) -> st.SearchStrategy[NDArray[np.uint8]]:
    """What is to be summed over the regions of a map; of some pixels it is not known."""
    return arrays(np.uint8, classes.shape, elements=st.integers(0, 254) | st.just(UNKNOWN))


def traced(
    classes: NDArray[np.uint8],
    cuts: Sequence[int] = (),
    *,
    marks: NDArray[np.uint8] | None = None,
    weights: NDArray[np.uint8] | None = None,
    **options: Any,
) -> Traced:
    """A map fed in parts; marks are (rows + 1, width + 1)."""
    tracer = Tracer(classes.shape[1], **options)
    parts = [
        tracer.feed(
            classes[a:b],
            marks=None if marks is None else marks[a:b],
            weights=None if weights is None else weights[a:b],
        )
        for a, b in pairwise([0, *cuts, classes.shape[0]])
    ]
    parts.append(tracer.finish(marks=None if marks is None else marks[-1]))
    return Traced(Regions.stacked(parts), dict(tracer.aliases))


def flooded(classes: NDArray[np.uint8], connectivity: int) -> NDArray[np.int64]:
    """For every pixel the index of the first pixel of its region; -1 where there is none."""
    height, width = classes.shape
    near = [(0, 1), (1, 0), (0, -1), (-1, 0)]
    if connectivity == 8:
        near += [(1, 1), (1, -1), (-1, -1), (-1, 1)]
    label = np.full(classes.shape, -1, np.int64)
    for start in np.flatnonzero(classes != NODATA).tolist():
        waiting = [divmod(start, width)]
        if label[waiting[0]] >= 0:
            continue
        label[waiting[0]] = start
        while waiting:
            row, col = waiting.pop()
            for down, right in near:
                r, c = row + down, col + right
                if (
                    0 <= r < height
                    and 0 <= c < width
                    and label[r, c] < 0
                    and classes[r, c] == classes[row, col]
                ):
                    label[r, c] = start
                    waiting.append((r, c))
    return label


def bare(polygon: shapely.Geometry) -> shapely.Geometry:
    """A polygon or its parts without vertices on straight lines."""

    def corners(ring: shapely.LinearRing) -> NDArray[np.float64]:
        points = np.array(ring.coords)[:-1]
        before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
        turns: NDArray[np.float64] = points[before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]]
        assert turns.size
        return turns

    parts = [
        shapely.Polygon(corners(part.exterior), [corners(hole) for hole in part.interiors])
        for part in shapely.get_parts(polygon)
    ]
    return parts[0] if polygon.geom_type == "Polygon" else shapely.MultiPolygon(parts)


def as_set(class_ids: Sequence[int], polygons: Sequence[shapely.Geometry]) -> set[Shape]:
    """Polygons as point sets, with their classes."""
    normal = shapely.to_wkb(shapely.normalize(np.array([bare(p) for p in polygons], dtype=object)))
    found = set(zip((int(class_id) for class_id in class_ids), normal, strict=True))
    assert len(found) == len(class_ids)
    return found


def regions_set(regions: Regions) -> set[Shape]:
    return as_set(regions.class_ids.tolist(), regions.polygons.tolist())


def exactly(regions: Regions) -> list[tuple[Any, ...]]:
    """All that is said of regions, vertex by vertex, in an order of its own."""
    polygons = shapely.to_wkb(shapely.normalize(regions.polygons))
    columns = (regions.class_ids, regions.pixels, regions.weights, regions.unknown, regions.region_ids)
    return sorted(zip(polygons.tolist(), *(column.tolist() for column in columns), strict=True))


def oracle(classes: NDArray[np.uint8], connectivity: int = 4) -> set[Shape]:
    """The same by GDAL."""
    found = [
        (int(value), shapely.geometry.shape(geometry))
        for geometry, value in shapes(classes, mask=classes != NODATA, connectivity=connectivity)
    ]
    polygons = [polygon for _, polygon in found]
    if connectivity == 8:
        polygons = [
            shapely.MultiPolygon([p for p in shapely.get_parts(made) if p.geom_type == "Polygon"])
            for made in shapely.make_valid(polygons)
        ]
    return as_set([value for value, _ in found], polygons)


def assert_covers(regions: Regions, classes: NDArray[np.uint8]) -> None:
    """Every pixel lies in exactly one polygon, and that one has its class; polygons meet at vertices."""
    assert shapely.is_valid(regions.polygons).all()
    assert shapely.coverage_is_valid(regions.polygons)
    assert shapely.area(regions.polygons).tolist() == regions.pixels.tolist()
    assert shapely.area(shapely.union_all(regions.polygons)) == (classes != NODATA).sum()
    row, col = np.indices(classes.shape).reshape(2, -1)
    centres = np.array(shapely.points(col + 0.5, row + 0.5))
    region, pixel = shapely.STRtree(centres).query(regions.polygons, "contains")
    assert sorted(pixel.tolist()) == np.flatnonzero(classes != NODATA).tolist()
    assert (classes.ravel()[pixel] == regions.class_ids[region]).all()


def edges_at(classes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(rows + 1, width + 1) how many edges between values meet at each lattice point."""
    framed = np.pad(classes, 1, constant_values=NODATA)
    upright, level = framed[:, 1:] != framed[:, :-1], framed[1:] != framed[:-1]
    meeting = np.stack([upright[1:], upright[:-1], level[:, 1:], level[:, :-1]])
    return np.array(meeting.sum(axis=0), np.int64)
