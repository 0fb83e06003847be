from __future__ import annotations

import numpy as np
import pytest

from glnet_geo.core.accuracy.matching import Label, Matching, chosen_classes
from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.errors import EvaluationError

LEGEND = Legend(
    (
        LandClass(id=10, name="Water", color="#0000ff"),
        LandClass(id=20, name="bare land", color="#aaaaaa"),
        LandClass(id=30, name="30", color="#bbbbbb"),
    )
)


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (10, Label(id=10)),
        (np.int16(10), Label(id=10)),
        (10.0, Label(id=10)),
        ("10", Label(id=10, name="10")),
        (" Water ", Label(name="Water")),
        (2.5, Label(name="2.5")),
        (None, None),
        (float("nan"), None),
        ("", None),
        ("  ", None),
    ],
)
def test_a_field_holds_a_label_or_nothing(value: object, label: Label | None) -> None:
    assert Label.of(value) == label


def test_of_names_that_differ_in_case_the_one_that_is_written_alike_counts() -> None:
    legend = Legend(
        (LandClass(id=1, name="Road", color="#111111"), LandClass(id=2, name="road", color="#222222"))
    )
    labels = [Label(name="road"), Label(name="Road"), Label(name="ROAD")]
    assert list(Matching(legend=legend, named=True).codes(labels, "a", "b").values()) == [1, 0, 0]


@pytest.mark.parametrize(
    ("label", "code"),
    [
        (Label(id=10), 0),
        (Label(name="WATER"), 0),
        (Label(name="Bare Land"), 1),
        (Label(id=20, name="20"), 1),
        (Label(id=1, name="water"), 0),
        (Label(id=30, name="30"), 2),
    ],
)
def test_labels_match_by_name_in_any_case_and_else_by_number(label: Label, code: int) -> None:
    assert Matching(legend=LEGEND, named=True).codes([label], "ref", "map") == {label: code}


@pytest.mark.parametrize(
    "label", [Label(id=11), Label(name="ice"), Label(id=10, name="ice"), Label(name="2.5")]
)
def test_what_the_map_does_not_know_is_refused_with_the_remedy(label: Label) -> None:
    with pytest.raises(
        EvaluationError, match=r"ref\.tif holds classes that map\.tif does not know"
    ) as caught:
        Matching(legend=LEGEND, named=True).codes([Label(id=10), label], "ref.tif", "map.tif")
    assert "10 Water, 20 bare land" in str(caught.value)
    assert "--ignore" in str(caught.value)
    # Only rasters have numbers that stand for names, and may be read by a class file.
    assert ("say with --reference-legend which" in str(caught.value)) == (label == Label(id=10, name="ice"))


def test_many_unknown_labels_make_no_endless_sentence() -> None:
    labels = [Label(id=number) for number in range(100, 150)]
    with pytest.raises(EvaluationError, match=r"100, .*109 and 40 more;"):
        Matching(legend=LEGEND, named=True).codes(labels, "ref", "map")


@pytest.mark.parametrize("ignored", ["99", "ICE"])
def test_ignored_labels_are_not_compared(ignored: str) -> None:
    label = Label(id=99, name="ice")
    assert Matching(legend=LEGEND, named=True, ignored=[ignored]).codes([label], "r", "m") == {label: 255}


@pytest.mark.parametrize(
    ("label", "ignored"),
    [
        (Label(id=10), "water"),
        (Label(id=10, name="10"), "WATER"),
        (Label(name="Water"), "10"),
    ],
)
def test_what_a_label_does_not_say_of_itself_the_map_says_that_ignores_it(label: Label, ignored: str) -> None:
    assert Matching(legend=LEGEND, named=True, ignored=[ignored]).codes([label], "r", "m") == {label: 255}


def test_a_reference_has_its_own_numbers() -> None:
    """What it calls 10 is left out, not what the map calls so."""
    water, ice = Label(id=1, name="water"), Label(id=10, name="bare land")
    codes = Matching(legend=LEGEND, named=True, ignored=["10"]).codes([water, ice], "r", "m")
    assert codes == {water: 0, ice: 255}


def test_a_map_without_names_is_matched_by_number() -> None:
    label = Label(id=20, name="shrub")
    assert Matching(legend=LEGEND, named=False).codes([label], "r", "m") == {label: 1}


def test_classes_are_chosen_by_name_or_number() -> None:
    assert chosen_classes(LEGEND, ["water", "20"], "--leave-out") == (0, 1)
    with pytest.raises(EvaluationError, match="--leave-out names 'ice', which is no class of the map"):
        chosen_classes(LEGEND, ["ice"], "--leave-out")
