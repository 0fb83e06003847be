"""Draws the points that an honest assessment of a map needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import glnet_geo
from glnet_geo.core.accuracy.draw import draw_ranks, find_pixels
from glnet_geo.core.legend import Legend
from glnet_geo.core.progress import Progress, Silence
from glnet_geo.core.strip import watched
from glnet_geo.core.transform import transformed
from glnet_geo.errors import OptionError, OutputError, doubt
from glnet_geo.io.files.staging import Staging
from glnet_geo.io.geodesy.placed import to_map
from glnet_geo.io.maps.classes import ClassMap, open_classes
from glnet_geo.io.references.sample_points import SamplePoints, write_sample_points
from glnet_geo.io.scenes.blocks import block_cache
from glnet_geo.io.scenes.own_maps import VERSION_TAG
from glnet_geo.io.scenes.source_files import refuse_to_replace
from glnet_geo.report import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """One class of a sampled map.

    Attributes:
        id: its value in the map.
        name: of the class.
        color: ``#rrggbb``.
        pixels: how many the map has.
        area_m2: their ground area; None where that is unknown.
        points: how many were drawn.
    """

    id: int
    name: str
    color: str
    pixels: int
    area_m2: float | None
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSummary:
    """What was drawn.

    Attributes:
        map: path of the map.
        output: path of the points.
        seed: of the draw.
        strata: the classes that were drawn from.
    """

    map: str
    output: str
    seed: int
    strata: tuple[Stratum, ...]


def sample(
    mapped: str | Path,
    out: str | Path,
    *,
    per_class: int = 50,
    seed: int = 0,
    legend: Legend | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> SampleSummary:
    """Draw pixels of a map at random, so many of each class, and write their centres as points to be labelled.

    Each pixel of a class is as likely as any other, and none is drawn twice. The same map, number and seed give the same
    points. The points come in a random order, so that a person who labels them cannot guess the class from it.

    Args:
        mapped: a class raster.
        out: a ``.gpkg``.
        per_class: points of each class; of a class with fewer pixels, all.
        seed: of the draw, from 0.
        legend: names and colours, instead of those in the raster.
        overwrite: whether an existing file may be replaced.
        progress: told where the job stands; may cancel it.

    Raises:
        GlnetGeoError: something cannot be used; nothing is left behind. The message says what, where, what to do.
    """
    if per_class < 1 or seed < 0:
        raise OptionError(
            f"{per_class} points per class with seed {seed} were asked for: take at least 1, and a seed from 0"
        )
    path, progress = Path(out), progress or Silence()
    if path.suffix.lower() != ".gpkg":
        raise OutputError(f"{path} cannot hold sample points with their list of classes: name a .gpkg file")
    refuse_to_replace(path, map=mapped)
    with Staging([path], overwrite=overwrite) as staging:
        with block_cache(), open_classes(mapped, legend=legend) as classes:
            sizes = Tally(classes, classes.legend, classes.codes)
            for strip in watched("counting", classes.height, classes.strips(), progress):
                sizes.write(strip)
            ranks = draw_ranks(sizes.pixels.tolist(), per_class, seed)
            strips = watched("drawing", classes.height, classes.strips(), progress)
            points = _points(classes, sizes, find_pixels(strips, ranks), seed)
            _write(staging.temporary(path), points, classes, seed)
        staging.commit()
    _warn_of_small(classes, sizes, per_class)
    return SampleSummary(
        map=str(mapped),
        output=str(path),
        seed=seed,
        strata=_strata(classes, sizes, [len(one) for one in ranks]),
    )


def _points(
    classes: ClassMap,
    sizes: Tally,
    pixels: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    seed: int,
) -> SamplePoints:
    """The centres of the drawn pixels of each class, in a random order."""
    code = np.repeat(np.arange(len(pixels)), [len(rows) for rows, _ in pixels])
    rows, cols = (np.concatenate([one[axis] for one in pixels]) + 0.5 for axis in (0, 1))
    mixed = np.random.default_rng([seed, len(pixels)]).permutation(len(code))
    xy = transformed(np.column_stack([cols, rows]), to_map(classes))
    return SamplePoints(
        xy=xy[mixed],
        code=code[mixed],
        pixels=sizes.pixels[code][mixed],
        area_m2=sizes.area_m2[code][mixed],
    )


def _write(path: Path, points: SamplePoints, classes: ClassMap, seed: int) -> None:
    # A person may see a class that the map names and never found.
    place = {c.id: code for code, c in enumerate(classes.known)}
    moved = np.array([place[c.id] for c in classes.legend], dtype=np.intp)
    write_sample_points(
        path,
        SamplePoints(xy=points.xy, code=moved[points.code], pixels=points.pixels, area_m2=points.area_m2),
        classes.known,
        classes.crs,
        {
            VERSION_TAG: glnet_geo.__version__,
            "GLNET_GEO_SAMPLED_MAP": classes.name,
            "GLNET_GEO_SEED": str(seed),
        },
    )


def _strata(classes: ClassMap, sizes: Tally, points: list[int]) -> tuple[Stratum, ...]:
    return tuple(
        Stratum(
            id=c.id,
            name=c.name,
            color=c.color,
            pixels=int(pixels),
            area_m2=float(area) if np.isfinite(area) else None,
            points=drawn,
        )
        for c, pixels, area, drawn in zip(classes.legend, sizes.pixels, sizes.area_m2, points, strict=True)
    )


def _warn_of_small(classes: ClassMap, sizes: Tally, per_class: int) -> None:
    small = [c.name for c, pixels in zip(classes.legend, sizes.pixels, strict=True) if pixels < per_class]
    if small:
        doubt(
            f"{classes.name} has fewer than {per_class} pixels of {', '.join(small)}: all of them were taken"
        )
