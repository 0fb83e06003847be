from __future__ import annotations

import numpy as np
import pytest

from glnet_geo.core.legend import NODATA, LandClass, Legend
from glnet_geo.errors import ModelError

WATER = LandClass(id=3, name="water", color="#0000ff")
FOREST = LandClass(id=0, name="forest", color="#00Ff10")


def test_channels_keep_their_order_and_their_values() -> None:
    legend = Legend((WATER, FOREST))
    assert legend.ids.tolist() == [3, 0]
    assert legend.ids.dtype == np.uint8
    assert list(legend) == [WATER, FOREST]
    assert len(legend) == 2


def test_a_color_as_numbers() -> None:
    assert WATER.rgb == (0, 0, 255)
    assert FOREST.rgb == (0, 255, 16)


@pytest.mark.parametrize("class_id", [-1, NODATA, 300])
def test_an_id_beyond_bytes_or_on_nodata_is_refused(class_id: int) -> None:
    legend = Legend((LandClass(id=class_id, name="water", color="#0000ff"),))
    with pytest.raises(ModelError, match=f"class id {class_id} is not in 0..254"):
        _ = legend.ids


@pytest.mark.parametrize("name", ["", "  "])
def test_a_class_without_a_name_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="class 3 has no name"):
        LandClass(id=3, name=name, color="#0000ff")


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_no_file_can_hold_is_refused(name: str) -> None:
    """What follows a zero would be lost in silence."""
    with pytest.raises(ModelError, match=r"the name '.*\\.*' of class 3 cannot be written: correct it$"):
        LandClass(id=3, name=name, color="#0000ff")


@pytest.mark.parametrize("color", ["blue", "#00f", "0000ff", "#0000fg", "#0000ff00", "#0000ff\n"])
def test_a_color_in_another_notation_is_refused(color: str) -> None:
    with pytest.raises(ModelError, match="write it as #rrggbb"):
        LandClass(id=3, name="water", color=color)


def test_a_legend_without_classes_is_refused() -> None:
    with pytest.raises(ModelError, match="no classes"):
        Legend(())


@pytest.mark.parametrize(
    ("twin", "said"),
    [
        (LandClass(id=3, name="lake", color="#0000aa"), "the id 3 twice"),
        (LandClass(id=4, name="water", color="#0000aa"), "the name water twice"),
    ],
)
def test_classes_that_cannot_be_told_apart_are_refused(twin: LandClass, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        Legend((WATER, twin))


def test_a_class_file() -> None:
    text = '{"classes": [{"id": 311, "name": "broad-leaved forest", "color": "#80ff00"}]}'
    assert Legend.from_json(text).classes == (LandClass(id=311, name="broad-leaved forest", color="#80ff00"),)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"classes": 3}', '{"classes": [{"id": 1}]}'])
def test_what_is_no_class_file_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="not a class file"):
        Legend.from_json(text)


@pytest.mark.parametrize("number", ["0.7", "true", "Infinity", "NaN", "null", '"x"', "[1]"])
def test_an_id_that_is_no_whole_number_is_refused(number: str) -> None:
    with pytest.raises(ModelError, match="not a class file"):
        Legend.from_json(f'{{"classes": [{{"id": {number}, "name": "water", "color": "#0000ff"}}]}}')


@pytest.mark.parametrize("name", ["null", "true", "[]", "{}"])
def test_a_name_that_is_no_text_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match=r"not a class file \(the name of class 3 is no text\)"):
        Legend.from_json(f'{{"classes": [{{"id": 3, "name": {name}, "color": "#0000ff"}}]}}')


def test_numbers_may_be_written_in_other_ways() -> None:
    text = '{"classes": [{"id": 3.0, "name": 2018, "color": "#0000ff"}, {"id": "4", "name": "b", "color": "#0000ff"}]}'
    assert [(c.id, c.name) for c in Legend.from_json(text)] == [(3, "2018"), (4, "b")]


def test_what_is_refused_is_not_repeated_at_length() -> None:
    for text in (b"\xff" * 9999, b"[" * 99_999):
        with pytest.raises(ModelError, match="not a class file") as refused:
            Legend.from_json(text)
        assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ({1: "a", 2: "a"}, ["a (1)", "a (2)", "class 3"]),
        ({1: "a", 2: "a", 3: "a (1)"}, ["a (1) (1)", "a (2)", "a (1) (3)"]),
        ({1: "class 2", 3: "b"}, ["class 2 (1)", "class 2 (2)", "b"]),
    ],
)
def test_values_that_share_a_name_are_told_apart(names: dict[int, str], told: list[str]) -> None:
    assert [c.name for c in Legend.of_values([3, 1, 2], names, {})] == told


def test_classes_are_found_by_name_exactly_or_but_for_case_and_blanks() -> None:
    legend = Legend(
        tuple(
            LandClass(id=number, name=name, color="#000000")
            for number, name in enumerate(("Water", "water", "road"))
        )
    )
    found = [legend.channel_of(name) for name in ("Water", "water", "WATER ", "Road", "field")]
    assert found == [0, 1, 0, 2, None]


def test_classes_are_found_by_id() -> None:
    legend = Legend((WATER, FOREST))
    assert [legend.channel_of_id(number) for number in (3, 0, None)] == [0, 1, None]


def test_a_color_that_belongs_to_another_class_is_found() -> None:
    legend = Legend(
        (
            LandClass(id=0, name="water", color="#0000FF"),
            LandClass(id=1, name="road", color="#444444"),
            LandClass(id=2, name="roof", color="#444444"),
        )
    )
    assert legend.taken_for({0: "#0000ff", 1: "#444444", 2: "#444444", 7: "#0000ff"}) is None
    assert legend.taken_for({0: "#123456"}) is None
    assert legend.taken_for({1: "#0000ff"}) == (legend.classes[1], legend.classes[0])
