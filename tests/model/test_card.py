from __future__ import annotations

import json
from typing import Any

import pytest

from glnet_geo.core.normalize import Normalization
from glnet_geo.errors import ModelError
from glnet_geo.model.card import Card, ClassScore, GroundSampleDistance, Scores, class_entries
from tests.model import tiny


@pytest.fixture(scope="module")
def card() -> Card:
    scores = Scores(
        scenes=("t1", "t2"),
        mean_iou=0.5,
        accuracy=0.75,
        majority_mean_iou=0.2,
        classes=(ClassScore(name="water", iou=0.5), ClassScore(name="land", iou=None)),
        confusion=((3, 1), (0, 4)),
    )
    return tiny.card(
        tiny.network("none"),
        description="for tests",
        ground_sample_distance=GroundSampleDistance(minimum=0.3, maximum=2),
        training="on nothing",
        credit="nobody",
        license="CC0-1.0",
        scores=scores,
    )


def test_a_card_survives_json(card: Card) -> None:
    assert Card.from_json(card.to_json()) == card
    assert "\n" not in card.to_json()


def test_a_card_gives_back_what_it_was_made_of(card: Card) -> None:
    again = Card.from_json(card.to_json())
    assert again.architecture == tiny.architecture("none")
    assert again.tiling == tiny.TILING
    assert again.legend == tiny.LEGEND
    assert again.bands == ("red", "green", "blue")
    assert again.normalization == Normalization(low=0, high=255, mean=[0.5] * 3, std=[0.25] * 3)


def test_scaling_is_told_in_file_values() -> None:
    network = tiny.network("none", bands=2)
    normalization = Normalization(low=100, high=300, mean=(0.5, 0.1), std=(0.25, 0.2))
    card = Card.of(
        name="tiny",
        architecture=network.architecture,
        tiling=tiny.TILING,
        bands=("nir", "swir"),
        normalization=normalization,
        legend=tiny.LEGEND,
    )
    scaling = json.loads(card.to_json())["mlm:input"][0]["value_scaling"]
    assert scaling[0] == {"type": "z-score", "minimum": 100, "maximum": 300, "mean": 200, "stddev": 50}
    assert scaling[1] == {"type": "z-score", "minimum": 100, "maximum": 300, "mean": 120, "stddev": 40}
    again = Card.from_json(card.to_json()).normalization
    assert (again.low, again.high) == (100, 300)
    assert again.mean == pytest.approx(normalization.mean)
    assert again.std == pytest.approx(normalization.std)


def test_the_card_speaks_the_terms_of_stac_mlm(card: Card) -> None:
    told = json.loads(card.to_json())
    assert told["mlm:name"] == "tiny"
    assert told["mlm:architecture"] == "GLNet"
    assert told["mlm:framework"] == "pytorch"
    assert told["mlm:tasks"] == ["semantic-segmentation"]
    assert told["mlm:hyperparameters"]["network"]["backbone"] == "tf_efficientnet_lite0"
    (taken,), (given,) = told["mlm:input"], told["mlm:output"]
    assert taken["bands"] == ["red", "green", "blue"]
    assert taken["input"] == {
        "shape": [-1, 3, 64, 64],
        "dim_order": ["batch", "bands", "height", "width"],
        "data_type": "float32",
    }
    assert given["tasks"] == ["semantic-segmentation"]
    assert given["result"]["shape"] == [-1, 3, 16, 16]
    assert given["classification:classes"] == [
        {"value": 4, "name": "water", "color_hint": "0000ff"},
        {"value": 0, "name": "land", "color_hint": "aa8800"},
        {"value": 17, "name": "road", "color_hint": "808080"},
    ]


def test_a_legend_in_the_terms_of_the_card() -> None:
    assert [entry.value for entry in class_entries(tiny.LEGEND)] == [4, 0, 17]


def _set(path: str, value: object) -> Any:
    def change(told: dict[str, Any]) -> None:
        at: Any = told
        *way, last = (int(part) if part.isdigit() else part for part in path.split("/"))
        for part in way:
            at = at[part]
        at[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set("mlm:name", ""), "mlm:name"),
        (_set("mlm:architecture", "UNet"), "mlm:architecture"),
        (_set("mlm:invented", 1), "mlm:invented"),
        (_set("mlm:hyperparameters/network/sharing", "telepathy"), "sharing"),
        (_set("mlm:hyperparameters/tiling/frame", 63), "frame must be a multiple of 4"),
        (_set("mlm:hyperparameters/network/classes", 4), "names 3 classes, but its network needs 4"),
        (_set("mlm:hyperparameters/network/bands", 1), "names 3 bands, but its network needs 1"),
        (_set("mlm:input/0/value_scaling/0/stddev", 0), "stddev"),
        (_set("mlm:input/0/value_scaling/0/maximum", 0), "do not share one value range"),
        (_set("mlm:input/0/value_scaling", []), "names 0 scalings, but its network needs 3"),
        (_set("mlm:input/0/value_scaling/1/minimum", -9), "do not share one value range"),
        (_set("mlm:input", []), "mlm:input"),
        (_set("mlm:output/0/classification:classes/0/value", 255), "class id 255 is not in 0..254"),
        (_set("mlm:output/0/classification:classes/0/color_hint", "blue"), "write it as #rrggbb"),
        (_set("mlm:output/0/classification:classes/0/name", "road"), "the name road twice"),
        (_set("glnet:ground_sample_distance/minimum", 0), "ground_sample_distance"),
        (_set("glnet:ground_sample_distance/minimum", 3), "valid from 3 to 2 m: give the finer pixels first"),
        (_set("glnet:ground_sample_distance/maximum", float("inf")), "ground_sample_distance.maximum"),
        (_set("glnet:temperature", float("inf")), "glnet:temperature"),
        (_set("mlm:input/0/value_scaling/0/mean", float("nan")), "value_scaling.0.mean"),
        (_set("glnet:scores/mean_iou", float("nan")), "glnet:scores.mean_iou"),
        (_set("mlm:hyperparameters/network/width", -5), "width of a network must be positive, got -5"),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(card: Card, change: Any, said: str) -> None:
    told = json.loads(card.to_json())
    change(told)
    with pytest.raises(ModelError, match=said):
        Card.from_json(json.dumps(told))


def test_a_value_range_that_is_empty_in_every_band_is_refused(card: Card) -> None:
    told = json.loads(card.to_json())
    for band in told["mlm:input"][0]["value_scaling"]:
        band["maximum"] = band["minimum"]
    with pytest.raises(ModelError, match="do not share one value range"):
        Card.from_json(json.dumps(told))


@pytest.mark.parametrize(
    ("place", "key"),
    [
        ("glnet:invented", "glnet:invented"),
        ("mlm:input/0/invented", "mlm:input.0.invented"),
        ("mlm:hyperparameters/network/invented", "mlm:hyperparameters.network.invented"),
        ("mlm:hyperparameters/tiling/invented", "mlm:hyperparameters.tiling.invented"),
    ],
)
def test_keys_of_a_newer_version_are_named_as_such(card: Card, place: str, key: str) -> None:
    told = json.loads(card.to_json())
    _set(place, 1)(told)
    with pytest.raises(
        ModelError,
        match=f"holds {key}, which this version of glnet_geo does not know.* newer version.*: update",
    ):
        Card.from_json(json.dumps(told))


def test_all_keys_that_are_unknown_are_told_at_once(card: Card) -> None:
    told = json.loads(card.to_json())
    told |= {"mlm:name": "", "one": 1, "two": 2}
    with pytest.raises(ModelError, match="holds one, two, which"):
        Card.from_json(json.dumps(told))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}"])
def test_what_is_no_card_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="the model card cannot be read"):
        Card.from_json(text)
