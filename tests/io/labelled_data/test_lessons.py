from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from affine import Affine

from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.errors import DoubtfulInputWarning, OptionError, TrainingError
from glnet_geo.io.labelled_data.lessons import lessons_of_pairs, lessons_of_polygons
from glnet_geo.io.labelled_data.training_image import Reading
from tests.lessons import pair_folders, polygons
from tests.scenes import UTM, texture, write_scene

READING = Reading(wanted=("red", "green", "blue"))


def _tile(folder: Path, name: str, col: int, label_col: int | None = None) -> None:
    """A tile of 40 x 40 pixels, so many columns east, and its label."""
    ids = np.indices((40, 40)).sum(axis=0)[None].astype(np.uint8) % 2
    for kind, pixels, at in (
        ("images", texture(40, 40), col),
        ("labels", ids, col if label_col is None else label_col),
    ):
        (folder / kind).mkdir(exist_ok=True)
        write_scene(folder / kind / f"{name}.tif", pixels, transform=UTM @ Affine.translation(at, 0))


@pytest.mark.parametrize("cols", [(0, 40, 80, 500), (0, 80, 40, 500), (80, 0, 40, 500)])
def test_images_that_touch_are_one_place(tmp_path: Path, cols: tuple[int, ...]) -> None:
    """In whatever order they come; the first one gives the place its name."""
    for name, col in zip(("a", "b", "c", "far"), cols, strict=True):
        _tile(tmp_path, name, col)
    lessons = lessons_of_pairs(tmp_path / "images", tmp_path / "labels", None, READING)
    assert list(lessons.places) == ["a", "a", "a", "far"]
    assert lessons.distances[0] == pytest.approx(0.5, rel=0.01)
    lessons.close()


@pytest.mark.parametrize(
    ("cols", "places"), [((0, 0), ["a", "a"]), ((0, 40), ["a", "b"]), ((0, 20), ["a", "a"])]
)
def test_images_of_one_ground_are_one_place(tmp_path: Path, cols: tuple[int, ...], places: list[str]) -> None:
    """Whatever their names; where they only touch, the names tell."""
    for name, col in zip(("a", "b"), cols, strict=True):
        _tile(tmp_path, name, col)
    lessons = lessons_of_pairs(tmp_path / "images", tmp_path / "labels", None, READING)
    assert list(lessons.places) == places
    assert lessons.extents is not None
    lessons.close()


def test_a_label_that_lies_elsewhere_is_refused(tmp_path: Path) -> None:
    _tile(tmp_path, "a", 0, label_col=1)
    with pytest.raises(TrainingError, match="lie at different places or in different CRS: warp the label"):
        lessons_of_pairs(tmp_path / "images", tmp_path / "labels", None, READING)


def test_pictures_are_places_by_their_names(tmp_path: Path) -> None:
    folders = pair_folders(tmp_path, ("t1_part_001", "t1_part_002", "t4_part_001"))
    lessons = lessons_of_pairs(Path(str(folders.images)), Path(str(folders.labels)), None, READING)
    assert list(lessons.places) == ["t1", "t1", "t4"]
    assert lessons.distances == ()


def test_images_and_labels_of_other_formats_are_found(tmp_path: Path) -> None:
    folders = pair_folders(tmp_path, suffix=".img")
    reading = replace(READING, bands="1,2,3")
    lessons = lessons_of_pairs(Path(str(folders.images)), Path(str(folders.labels)), None, reading)
    assert [pair.name for pair in lessons.pairs] == ["east", "north", "west"]
    lessons.close()


def test_polygons_on_no_scene_are_refused_and_a_scene_without_any_is_left_out(tmp_path: Path) -> None:
    near = write_scene(tmp_path / "near.tif", texture(40, 40))
    far = write_scene(tmp_path / "far.tif", texture(40, 40), transform=UTM @ Affine.translation(900, 0))
    drawn = polygons(tmp_path / "p.gpkg", [("road", (1, 1, 9, 9)), ("field", (20, 20, 30, 30))])
    with pytest.warns(DoubtfulInputWarning, match=r"no polygon of p\.gpkg lies on far\.tif: it is left out"):
        lessons = lessons_of_polygons([near, far], drawn, "class", None, READING)
    assert [pair.name for pair in lessons.pairs] == ["near"]
    assert [(c.id, c.name) for c in lessons.legend] == [(0, "field"), (1, "road")]
    with pytest.raises(
        TrainingError, match=r"no polygon of .*p\.gpkg lies on far\.tif: check the place and the CRS"
    ):
        lessons_of_polygons([far], drawn, "class", None, READING)


KNOWN = Legend(
    (
        LandClass(id=0, name="water", color="#2b83ba"),
        LandClass(id=2, name="road", color="#4d4d4d"),
        LandClass(id=4, name="field", color="#4dac26"),
    )
)


@pytest.mark.parametrize(
    ("drawn", "expected", "coloured"),
    [
        (["field", "Road "], [(2, "Road"), (4, "field")], {"Road", "field"}),
        (["building", "field", "park"], [(0, "building"), (1, "park"), (4, "field")], {"field"}),
        (["2", "9"], [(2, "2"), (9, "9")], set()),
        (["²", "grass"], [(0, "grass"), (1, "²")], set()),
    ],
)
def test_classes_that_a_model_knows_keep_its_numbers_and_colours(
    tmp_path: Path, drawn: list[str], expected: list[tuple[int, str]], coloured: set[str]
) -> None:
    scene = write_scene(tmp_path / "s.tif", texture(40, 40))
    places = [(name, (1 + 12 * at, 1, 9 + 12 * at, 9)) for at, name in enumerate(drawn)]
    lessons = lessons_of_polygons(
        [scene], polygons(tmp_path / "p.gpkg", places), "class", None, READING, known=KNOWN
    )
    assert [(c.id, c.name) for c in lessons.legend] == expected
    known = {(c.id, c.color) for c in KNOWN}
    assert {c.name for c in lessons.legend if (c.id, c.color) in known} == coloured


def test_classes_that_differ_in_case_only_raise_doubt(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "s.tif", texture(40, 40))
    drawn = polygons(
        tmp_path / "p.gpkg", [("water", (1, 1, 9, 9)), ("field", (1, 13, 9, 21)), ("Water", (1, 25, 9, 33))]
    )
    with pytest.warns(DoubtfulInputWarning, match=r"names 'Water', 'water' of p\.gpkg differ .* two classes"):
        lessons = lessons_of_polygons([scene], drawn, "class", None, READING, known=KNOWN)
    assert [(c.id, c.name) for c in lessons.legend] == [(0, "Water"), (1, "water"), (4, "field")]


@pytest.mark.parametrize("numbers", [["111", "523"], ["-1", "3"], ["1", "255"], ["01", "1"]])
def test_numbers_that_no_map_holds_become_names(tmp_path: Path, numbers: list[str]) -> None:
    scene = write_scene(tmp_path / "s.tif", texture(40, 40))
    places = [(name, (1 + 12 * at, 1, 9 + 12 * at, 9)) for at, name in enumerate(numbers)]
    drawn = polygons(tmp_path / "p.gpkg", places)
    with pytest.warns(DoubtfulInputWarning, match=r"p\.gpkg are numbers .* 0\.\.254: they are numbered anew"):
        lessons = lessons_of_polygons([scene], drawn, "class", None, READING, known=KNOWN)
    assert [(c.id, c.name) for c in lessons.legend] == list(enumerate(numbers))


def test_numbers_beside_names_become_names(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "s.tif", texture(40, 40))
    drawn = polygons(
        tmp_path / "p.gpkg", [("7", (1, 1, 9, 9)), ("nan", (1, 13, 9, 21)), ("1" * 5000, (1, 25, 9, 33))]
    )
    with pytest.warns(
        DoubtfulInputWarning, match=r"the classes 7 of p\.gpkg are numbers that the map does not keep"
    ):
        lessons = lessons_of_polygons([scene], drawn, "class", None, READING, known=KNOWN)
    assert [(c.id, c.name) for c in lessons.legend][1:] == [(1, "7"), (2, "nan")]


def test_whole_numbers_may_be_written_as_others(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "s.tif", texture(40, 40))
    drawn = polygons(tmp_path / "p.gpkg", [("7.0", (1, 1, 9, 9)), ("3", (1, 13, 9, 21))])
    lessons = lessons_of_polygons([scene], drawn, "class", None, READING, known=KNOWN)
    assert [(c.id, c.name) for c in lessons.legend] == [(3, "3"), (7, "7.0")]


def test_polygons_beside_all_scenes_are_not_counted(tmp_path: Path) -> None:
    """One that lies on two scenes counts once."""
    scenes = [
        write_scene(tmp_path / f"{name}.tif", texture(40, 40), transform=UTM @ Affine.translation(col, 0))
        for name, col in (("west", 0), ("east", 40))
    ]
    boxes = [("road", (1, 30, 9, 50)), ("field", (20, 1, 30, 9)), ("road", (900, 1, 909, 9))]
    drawn = polygons(tmp_path / "p.gpkg", boxes)
    with pytest.warns(
        DoubtfulInputWarning, match=r"1 of 3 polygons of p\.gpkg lie on no scene: they are left out"
    ):
        lessons = lessons_of_polygons(scenes, drawn, "class", None, READING)
    assert lessons.about == "2 polygons drawn on west, east (1 field, 1 road)"


def test_a_scene_is_named_once(tmp_path: Path) -> None:
    """Else what is held out of the one would be learnt from the other."""
    scene = write_scene(tmp_path / "s.tif", texture(40, 40))
    drawn = polygons(tmp_path / "p.gpkg", [("road", (1, 1, 9, 9)), ("field", (20, 20, 30, 30))])
    with pytest.raises(OptionError, match=r"s\.tif is named twice: name each scene once"):
        lessons_of_polygons([scene, tmp_path / "." / "s.tif"], drawn, "class", None, READING)


def test_sixteen_bits_are_scaled_by_their_own_range_with_a_warning(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "s.tif", texture(40, 40).astype(np.uint16) * 10)
    drawn = polygons(tmp_path / "p.gpkg", [("road", (1, 1, 9, 9)), ("field", (20, 20, 30, 30))])
    with pytest.warns(DoubtfulInputWarning, match="give --value-range"):
        lessons = lessons_of_polygons([scene], drawn, "class", None, READING)
    low, high = lessons.pairs[0].value_range or (0, 0)
    assert 10 <= low < high <= 2550


def test_the_parts_of_dubai_are_six_places(shared_data: Path) -> None:
    from glnet_geo.core.holdout import places_of

    names = [path.stem for path in (shared_data / "dubai" / "images").iterdir()]
    assert set(places_of(names)) == {"t1", "t4", "t5", "t6", "t7", "t8"}
