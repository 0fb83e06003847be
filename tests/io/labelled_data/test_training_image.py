"""Training sees exactly the pixels, the validity and the values that mapping sees."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
from affine import Affine
from numpy.typing import NDArray

from glnet_geo.core.window import Window
from glnet_geo.errors import DoubtfulInputWarning, OptionError, TrainingError
from glnet_geo.io.labelled_data.labels import RasterLabels
from glnet_geo.io.labelled_data.lessons import lessons_of_polygons
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.io.labelled_data.spot import Spot
from glnet_geo.io.labelled_data.training_image import Reading, look_at
from glnet_geo.io.scenes.scene import open_scene
from tests.io.geotiffs import PLACE, RGB, UTM, lattice_of, read_whole, texture, write
from tests.rasters import write_plain

ROWS, COLS = 40, 60
OTHER = 199


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A way in which a file may tell what lacks data."""

    name: str
    dtype: str = "uint8"
    hole: float | None = 0
    bands: int = 3
    profile: dict[str, Any] = field(default_factory=dict)
    given: float | None = None

    def write(self, folder: Path, **more: Any) -> Path:
        pixels, holes = texture(3, ROWS, COLS, self.dtype), _holes()
        if self.hole is not None:
            pixels[: self.bands, holes] = self.hole
        # Measured, unless it is declared.
        pixels[:, 36:38] = OTHER
        return write(folder / "scene.tif", pixels, **{"colours": RGB} | self.profile | more)


def _holes() -> NDArray[np.bool_]:
    holes = np.zeros((ROWS, COLS), np.bool_)
    holes[:7], holes[20:23, 11:50], holes[33, 33] = True, True, True
    return holes


KINDS = [
    Kind(name="nothing is missing", hole=None),
    Kind(name="declared", profile={"nodata": 0}),
    Kind(name="declared and in one band only", bands=1, profile={"nodata": 0}),
    Kind(name="unmeasurable in one band", dtype="float32", hole=-9999, bands=1, profile={"nodata": -9999}),
    Kind(name="NaN in one band", dtype="float32", hole=np.nan, bands=1),
    Kind(name="infinite", dtype="float64", hole=1e300),
    Kind(name="given", given=0),
    Kind(name="given, another declared", profile={"nodata": OTHER}, given=0),
    Kind(name="mask", profile={"mask": ~_holes()}),
    Kind(name="control points", profile={"points": UTM}),
    Kind(name="control points, given", profile={"points": UTM}, given=0),
]

# Where nothing is missing GDAL resamples, and the size of a warped view fits no zoom.
ON_THEIR_GRID = [kind for kind in KINDS if kind.hole is not None and "points" not in kind.profile]


class Everywhere:
    """Labels of one class on any scene."""

    name, shape = "everywhere", None

    def read(self, spot: Spot) -> NDArray[np.uint8]:
        return np.full(spot.shape, 7, np.uint8)

    def close(self) -> None:
        """Nothing is open."""


def _pair(path: Path, given: float | None) -> Pair:
    return look_at(path, Reading(wanted=RGB, nodata=given, value_range=(0, 255))).with_labels(Everywhere())


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.mark.filterwarnings("ignore:corners of")
def test_any_window_shows_what_mapping_sees_there(tmp_path: Path, kind: Kind) -> None:
    path = kind.write(tmp_path)
    with open_scene(path, wanted=RGB, nodata=kind.given) as scene:
        pixels, valid = read_whole(scene)
    with _pair(path, kind.given) as pair:
        assert pair.shape == valid.shape
        for window in (
            Window(row=0, col=0, height=valid.shape[0], width=valid.shape[1]),
            Window(row=5, col=30, height=19, width=23),
            Window(row=33, col=33, height=1, width=1),
        ):
            seen, usable = pair.read(Spot.of(window))
            np.testing.assert_array_equal(seen, pixels[:, window.rows, window.cols])
            expected = valid[window.rows, window.cols]
            np.testing.assert_array_equal(np.ones_like(expected) if usable is None else usable, expected)
            np.testing.assert_array_equal(pair.label(Spot.of(window)) == 7, expected)


@pytest.mark.filterwarnings("ignore:corners of")
@pytest.mark.parametrize("kind", ON_THEIR_GRID, ids=lambda kind: kind.name)
@pytest.mark.parametrize("zoom", [0.5, 0.75, 1.25, 2.0])
def test_zoomed_spots_show_what_mapping_sees_on_such_a_lattice(
    tmp_path: Path, kind: Kind, zoom: float
) -> None:
    path = kind.write(tmp_path, crs=None, transform=None)
    with open_scene(path, wanted=RGB, nodata=kind.given) as scene:
        lattice = lattice_of(scene, (zoom, zoom))
        shown = Window(row=0, col=0, height=round(ROWS * zoom), width=round(COLS * zoom))
        excerpt = scene.read(shown, lattice)
    spot = Spot(row=0, col=0, height=ROWS, width=COLS, shape=shown.shape)
    with _pair(path, kind.given) as pair:
        pixels, valid = pair.read(spot)
    np.testing.assert_array_equal(pixels, excerpt.pixels)
    np.testing.assert_array_equal(valid, excerpt.valid)


def test_labels_are_those_of_the_nearest_usable_pixel(tmp_path: Path) -> None:
    path = KINDS[1].write(tmp_path)
    with _pair(path, None) as pair:
        cells = pair.label(Spot(row=0, col=0, height=ROWS, width=COLS, shape=(ROWS // 4, COLS // 4)))
        between = pair.label(Spot(row=5.4, col=0.6, height=4, width=4, shape=(4, 4)))
    np.testing.assert_array_equal(cells == 7, ~_holes()[2::4, 2::4])
    np.testing.assert_array_equal(between == 7, ~_holes()[5:9, 1:5])


def test_holes_do_not_bleed_into_what_is_learnt(tmp_path: Path) -> None:
    pixels = np.full((3, 16, 16), 0.25, np.float32)
    pixels[:, :5] = -9999
    path = write(tmp_path / "scene.tif", pixels, colours=RGB)
    with _pair(path, -9999) as pair:
        seen, valid = pair.read(Spot(row=0.3, col=0.3, height=15, width=15, shape=(6, 6)))
    assert valid is not None
    assert not valid.all()
    np.testing.assert_allclose(seen[:, valid], 0.25, rtol=1e-6)
    assert (seen[:, ~valid] == 0).all()


def test_a_value_that_is_given_must_fit_the_file(tmp_path: Path) -> None:
    path = KINDS[0].write(tmp_path)
    with pytest.raises(OptionError, match=r"scene\.tif holds uint8 values, and none of them can be 256"):
        _pair(path, 256)


def test_polygons_on_a_scene_placed_by_control_points_label_what_they_cover(tmp_path: Path) -> None:
    """The points turn the picture by a right angle: its bright columns lie west to east."""
    pixels = np.full((3, 40, 60), 50, np.uint8)
    pixels[:, :, 20:30] = 200
    path = write(tmp_path / "turned.tif", pixels, points=UTM, by=Affine.rotation(90))
    turned = PLACE @ Affine.rotation(90)
    strips = [
        shapely.Polygon([turned @ corner for corner in ((a, 1), (b, 1), (b, 39), (a, 39))])
        for a, b in ((21, 29), (40, 50))
    ]
    geopandas.GeoDataFrame({"class": ["bright", "dark"]}, geometry=strips, crs=UTM).to_file(
        tmp_path / "drawn.gpkg"
    )
    lessons = lessons_of_polygons([path], tmp_path / "drawn.gpkg", "class", None, Reading(wanted=RGB))
    (pair,) = lessons.pairs
    spot = Spot(row=0, col=0, height=pair.shape[0], width=pair.shape[1], shape=pair.shape)
    seen, labels = pair.read(spot)[0], pair.label(spot)
    lessons.close()
    ids = {c.name: c.id for c in lessons.legend}
    assert (labels == ids["bright"]).sum() == 8 * 38
    assert (seen[:, labels == ids["bright"]] == 200).all()
    assert (seen[:, labels == ids["dark"]] == 50).all()


def test_a_label_map_of_a_scene_placed_by_control_points_must_lie_where_they_place_it(tmp_path: Path) -> None:
    path = write(tmp_path / "turned.tif", texture(3, ROWS, COLS), points=UTM, colours=RGB)
    picture = look_at(path, Reading(wanted=RGB))
    raw = RasterLabels(write_plain(tmp_path / "raw.png", np.zeros((ROWS, COLS), np.uint8)))
    rows, cols = picture.shape
    with pytest.raises(
        TrainingError,
        match=rf"turned\.tif has {rows} x {cols} pixels as its ground control points place it and .*raw\.png has "
        r"40 x 60 pixels: warp both onto one grid",
    ):
        picture.with_labels(raw)
    fits = RasterLabels(write_plain(tmp_path / "fits.png", np.zeros((rows, cols), np.uint8)))
    picture.with_labels(fits).close()


def test_many_threads_read_what_one_reads(tmp_path: Path, kind: Kind) -> None:
    window = Window(row=2, col=3, height=30, width=30)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DoubtfulInputWarning)
        pair = _pair(kind.write(tmp_path), kind.given)
    with pair, ThreadPoolExecutor(4) as readers:
        alone, _ = pair.read(Spot.of(window))
        for together, _ in readers.map(pair.read, [Spot.of(window)] * 16):
            np.testing.assert_array_equal(together, alone)


@pytest.mark.filterwarnings("ignore::glnet_geo.DoubtfulInputWarning")
@pytest.mark.parametrize(
    "name", ["RGB.byte.tif", "RGBA.byte.tif", "cog_rgb_mask.tif", "pix4d_alpha_nodata.tif", "cog_gcps.tif"]
)
def test_real_files_show_what_mapping_sees(shared_data: Path, name: str) -> None:
    path, rng = shared_data / "edgecases" / name, np.random.default_rng(0)
    bands, wanted = ("1", ("gray",)) if name == "cog_gcps.tif" else (None, RGB)
    reading = Reading(wanted=wanted, bands=bands, value_range=(0, 255))
    with (
        open_scene(path, wanted=wanted, bands=bands) as scene,
        look_at(path, reading).with_labels(Everywhere()) as pair,
    ):
        height, width = (min(97, side) for side in scene.shape)
        lattice = lattice_of(scene)
        phases = int(lattice.rows.phase), int(lattice.cols.phase)
        for _ in range(5):
            row, col = rng.integers(0, scene.height - height + 1), rng.integers(0, scene.width - width + 1)
            window = Window(row=int(row), col=int(col), height=height, width=width)
            excerpt = scene.read(window.moved(*phases), lattice)
            seen, usable = pair.read(Spot.of(window))
            np.testing.assert_array_equal(seen, excerpt.pixels)
            np.testing.assert_array_equal(True if usable is None else usable, excerpt.valid)
