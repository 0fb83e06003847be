"""Brings a class raster to the grid of another one, each pixel taking the class of the nearest."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import rasterio
import rasterio.shutil
from affine import Affine
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import CRSError, RasterioError
from rasterio.transform import array_bounds
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds

from glnet_geo.errors import EvaluationError
from glnet_geo.io.geodesy.placed import Placed, check_crs_on_both
from glnet_geo.io.scenes.source import Source, control_points, transform_of

_SAME_PIXELS = 1e-2
"""Pixels by which the corners of two grids may differ and still be one grid: rounding in files."""

_TOLERANCE = 1e-3
"""Pixels by which GDAL may miss the exact place."""

_FAILURES = (RasterioError, CRSError, CPLE_BaseError, SystemError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The pixels of a raster and where they lie.

    Attributes:
        name: of the raster.
        height: rows.
        width: columns.
        transform: pixel (col, row) to map coordinates; None without georeference.
        crs: None where there is none.
    """

    name: str
    height: int
    width: int
    transform: Affine | None
    crs: CRS | None

    @classmethod
    def of(cls, path: str | Path) -> Grid:
        """The grid of a raster file.

        Raises:
            SceneError: it cannot be opened.
            EvaluationError: ground control points place it, on no grid.
        """
        with closing(Source(str(path), resampling=Resampling.nearest)) as source:
            dataset = source.dataset()
            if control_points(dataset):
                raise EvaluationError(
                    f"{source.name} is placed by ground control points: bring it to a grid first, with "
                    "gdalwarp -r near"
                )
            return cls(
                name=source.name,
                height=dataset.height,
                width=dataset.width,
                transform=transform_of(dataset),
                crs=dataset.crs,
            )

    @classmethod
    def sized(cls, path: str | Path) -> Grid:
        """The pixels of a raster file, wherever they lie.

        Raises:
            SceneError: it cannot be opened.
        """
        with closing(Source(str(path), resampling=Resampling.nearest)) as source:
            height, width = source.dataset().shape
        return cls(name=source.name, height=height, width=width, transform=None, crs=None)

    @property
    def size(self) -> str:
        """Rows and columns in words."""
        return f"{self.height} x {self.width} pixels"

    def is_grid_of(self, other: Placed) -> bool:
        """Whether another raster has the same pixels at the same place."""
        if (self.height, self.width, self.crs) != (other.height, other.width, other.crs):
            return False
        there, back = self.transform or Affine.identity(), ~(other.transform or Affine.identity())
        corners = [(0, 0), (self.width, 0), (0, self.height), (self.width, self.height)]
        return all(
            abs(a - b) < _SAME_PIXELS
            for corner in corners
            for a, b in zip(back @ (there @ corner), corner, strict=True)
        )


@contextmanager
def on_grid(path: str | Path, mapped: Placed) -> Iterator[tuple[str, str | None]]:
    """A path under which a raster is seen on the grid of a map, and what is to be said of it.

    Args:
        path: of the raster.
        mapped: the map.

    Raises:
        EvaluationError: the raster cannot be laid over the map.
        SceneError: it cannot be opened.
    """
    own = Grid.of(path)
    check_crs_on_both(own.name, own.crs, mapped, error=EvaluationError)
    if own.is_grid_of(mapped):
        yield str(path), None
        return
    if own.crs is None or mapped.crs is None or own.transform is None or mapped.transform is None:
        more = "they lie at different places" if _is_sized_as(own, mapped) else "they differ in size"
        raise EvaluationError(
            f"{_sizes(own, mapped)}, without a CRS, and {more}: cut both to the same pixels, or georeference both"
        )
    _check_overlap(own, mapped)
    with _warped(path, own, mapped) as view:
        yield (
            view,
            f"{own.name} lies on another grid than {mapped.name}: each pixel of the map is compared with the nearest one of it",
        )


def check_size(path: str | Path, mapped: Placed) -> None:
    """Refuse a raster that has not the size of a map, which it is to be laid on whatever it says of its place.

    Raises:
        EvaluationError: it has another, or ground control points place it.
        SceneError: it cannot be opened.
    """
    own = Grid.of(path)
    if not _is_sized_as(own, mapped):
        raise EvaluationError(f"{_sizes(own, mapped)}: give pairs of one size")


def _is_sized_as(own: Grid, mapped: Placed) -> bool:
    return (own.height, own.width) == (mapped.height, mapped.width)


def _sizes(own: Grid, mapped: Placed) -> str:
    return f"{own.name} has {own.size} and {mapped.name} has {mapped.height} x {mapped.width} pixels"


def _bounds(raster: Placed) -> tuple[float, float, float, float]:
    """Least x, least y, greatest x, greatest y; rows and columns may run either way."""
    left, low, right, high = array_bounds(raster.height, raster.width, raster.transform)
    return min(left, right), min(low, high), max(left, right), max(low, high)


def _check_overlap(own: Grid, mapped: Placed) -> None:
    bounds, frame = _bounds(own), _bounds(mapped)
    try:
        left, low, right, high = transform_bounds(own.crs, mapped.crs, *bounds)
    except _FAILURES as error:
        raise EvaluationError(
            f"{own.name} cannot be brought to the CRS of {mapped.name} ({error}): save it in that CRS"
        ) from error
    if left >= frame[2] or right <= frame[0] or low >= frame[3] or high <= frame[1]:
        raise EvaluationError(
            f"{own.name} and {mapped.name} do not overlap: it spans x {left:.7g} to {right:.7g} and y {low:.7g} to "
            f"{high:.7g} in the CRS of the map, which spans x {frame[0]:.7g} to {frame[2]:.7g} and y {frame[1]:.7g} to "
            f"{frame[3]:.7g}; check its place and its CRS"
        )


@contextmanager
def _warped(path: str | Path, own: Grid, mapped: Placed) -> Iterator[str]:
    """A virtual raster in memory that shows a raster on the map's grid, with an alpha band beside it."""
    view = f"/vsimem/{uuid.uuid4().hex}/{own.name}.vrt"
    try:
        # Inside an Env GDAL's complaints become errors, and are not printed too.
        with (
            rasterio.Env(),
            rasterio.open(path) as dataset,
            WarpedVRT(
                dataset,
                crs=mapped.crs,
                transform=mapped.transform,
                height=mapped.height,
                width=mapped.width,
                resampling=Resampling.nearest,
                tolerance=_TOLERANCE,
                add_alpha=ColorInterp.alpha not in dataset.colorinterp,
            ) as warped,
        ):
            rasterio.shutil.copy(warped, view, driver="VRT")
    except _FAILURES as error:
        raise EvaluationError(
            f"{own.name} cannot be brought to the grid of {mapped.name} ({error}): warp it with gdalwarp -r near"
        ) from error
    try:
        yield view
    finally:
        with suppress(*_FAILURES):
            rasterio.shutil.delete(view)
