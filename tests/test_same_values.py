"""Training scales the values of an image as mapping it does."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from glnet_geo.core.normalize import Normalization
from glnet_geo.errors import DoubtfulInputWarning
from glnet_geo.learn import lessons_for
from glnet_geo.learn_options import DrawnPolygons, Lesson, PublishedDataset, TrainOptions
from glnet_geo.model.card import Card
from glnet_geo.model.installed import read_card
from glnet_geo.model.package import save_package
from glnet_geo.plan import Options, planned
from glnet_geo.training.samples import normalization_of
from tests import lessons
from tests.model import tiny
from tests.rasters import write_plain
from tests.scenes import texture, write_scene

EIGHT, WIDE = (0.0, 255.0), (0.0, 3000.0)
GIVEN = (100.0, 2000.0)


@pytest.fixture(scope="module", params=[EIGHT, WIDE], ids=["8 bits", "more"])
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of a network that learnt on such values."""
    (low, high), network = request.param, tiny.network("none")
    card = Card.of(
        name="tiny",
        architecture=network.architecture,
        tiling=tiny.TILING,
        bands=("red", "green", "blue"),
        normalization=Normalization(low=low, high=high, mean=(0.5,) * 3, std=(0.25,) * 3),
        legend=tiny.LEGEND,
    )
    path = tmp_path_factory.mktemp("start") / "start.safetensors"
    save_package(path, network, card)
    return path


def _learnt(package: Path, lesson: Lesson, given: tuple[float, float] | None) -> Normalization:
    card = read_card(package)
    found = lessons_for(lesson, TrainOptions(init=package, value_range=given), card.bands, card)
    found.close()
    return normalization_of(found.pairs[0], card.normalization)


def _mapped(package: Path, scene: Path, given: tuple[float, float] | None) -> Normalization:
    with planned(scene, Options(model=package, value_range=given, device="cpu")) as plan:
        return plan.normalization


@pytest.mark.parametrize("given", [None, GIVEN])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_polygons_on_a_scene(
    tmp_path: Path, package: Path, dtype: str, given: tuple[float, float] | None
) -> None:
    factor = 1 if dtype == "uint8" else 10
    scene = write_scene(tmp_path / "city.tif", texture(40, 40).astype(dtype) * factor)
    drawn = lessons.polygons(tmp_path / "p.gpkg", [("road", (1, 1, 9, 9)), ("field", (20, 20, 30, 30))])
    own = read_card(package).normalization.value_range
    lesson = DrawnPolygons(scenes=[scene], labels=drawn, field="class")
    strange = given is None and (dtype == "uint8") != (own == EIGHT)
    with warnings.catch_warnings(record=True) as doubts:
        warnings.simplefilter("always", DoubtfulInputWarning)
        learnt, mapped = _learnt(package, lesson, given), _mapped(package, scene, given)
    assert learnt == mapped
    sentences = [str(doubt.message) for doubt in doubts]
    assert len(sentences) == 2 * strange
    assert len(set(sentences)) == strange
    if not strange:
        assert (mapped.low, mapped.high) == (given or own)


@pytest.mark.parametrize("given", [None, GIVEN])
@pytest.mark.filterwarnings("ignore::glnet_geo.DoubtfulInputWarning")
def test_a_published_data_set(tmp_path: Path, package: Path, given: tuple[float, float] | None) -> None:
    home = tmp_path / "set" / "train"
    for name in ("images", "gt"):
        (home / name).mkdir(parents=True)
    for name in ("austin1", "austin6"):
        write_plain(home / "images" / f"{name}.tif", texture(40, 40))
        write_plain(home / "gt" / f"{name}.tif", np.eye(40, dtype=np.uint8) * 255)
    lesson = PublishedDataset(folder=tmp_path / "set", name="inria")
    assert _learnt(package, lesson, given) == _mapped(package, home / "images" / "austin1.tif", given)
