from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio.shutil
from rasterio.drivers import driver_from_extension

from glnet_geo.assess.models import evaluate_model
from glnet_geo.core.metrics import Confusion
from glnet_geo.errors import EvaluationError
from glnet_geo.model.package import load_model
from glnet_geo.pipeline import classify
from glnet_geo.plan import Options
from tests.rasters import write_plain
from tests.scenes import read, texture, write_model, write_scene


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Options:
    return Options(model=write_model(tmp_path_factory.mktemp("models") / "tiny.safetensors"), device="cpu")


@pytest.fixture
def folders(tmp_path: Path, options: Options) -> tuple[Path, Path]:
    """Two scenes of different sizes, and labels of which some pixels are unlabelled (9)."""
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.mkdir()
    labels.mkdir()
    ids = load_model(options.model if isinstance(options.model, Path) else "").card.legend.ids
    for seed, (name, size) in enumerate((("a", (150, 140)), ("b", (90, 200)))):
        write_scene(images / f"{name}_sat.tif", texture(*size, seed=seed))
        label = np.random.default_rng(seed).choice([*ids.tolist(), 9], size).astype(np.uint8)
        write_plain(labels / f"{name}_mask.png", label)
    return images, labels


def test_all_images_count_in_one_matrix(tmp_path: Path, folders: tuple[Path, Path], options: Options) -> None:
    images, labels = folders
    found = evaluate_model(images, labels, options=options, ignore=["9"])
    legend = load_model(options.model if isinstance(options.model, Path) else "").card.legend
    expected = Confusion.empty(len(legend))
    ignored = 0
    for name in ("a", "b"):
        classify(images / f"{name}_sat.tif", tmp_path / f"{name}.tif", options=options)
        label = read(labels / f"{name}_mask.png")
        ignored += int((label == 9).sum())
        expected += Confusion.of(label, read(tmp_path / f"{name}.tif"), legend)
    assert found.scores.confusion == tuple(tuple(row) for row in expected.counts.tolist())
    assert found.left_out.ignored == ignored
    assert found.calibration is not None
    assert sum(one.share for one in found.calibration.bins) == pytest.approx(1)
    assert "2 images" in found.map


@pytest.mark.parametrize("suffix", [".jp2", ".img"])
def test_images_of_any_format_are_found(folders: tuple[Path, Path], options: Options, suffix: str) -> None:
    expected = evaluate_model(*folders, options=options, ignore=["9"])
    lossless = {"QUALITY": "100", "REVERSIBLE": "YES"} if suffix == ".jp2" else {}
    for scene in list(folders[0].iterdir()):
        rasterio.shutil.copy(
            scene, scene.with_suffix(suffix), driver=driver_from_extension(f"x{suffix}"), **lossless
        )
        scene.unlink()
    assert {path.suffix for path in folders[0].iterdir()} >= {suffix}
    # Erdas Imagine calls every band Layer_1 and so on.
    found = evaluate_model(*folders, options=replace(options, bands="1,2,3"), ignore=["9"])
    assert found.scores == expected.scores


def test_values_that_the_model_does_not_know_are_refused(
    folders: tuple[Path, Path], options: Options
) -> None:
    with pytest.raises(EvaluationError, match=r"a_mask\.png holds classes that a_sat\.tif does not know: 9"):
        evaluate_model(*folders, options=options)


def test_pairs_of_two_sizes_are_refused(folders: tuple[Path, Path], options: Options) -> None:
    write_plain(folders[1] / "a_mask.png", np.zeros((150, 139), np.uint8))
    with pytest.raises(
        EvaluationError, match=r"150 x 139 pixels and a_sat\.tif has 150 x 140 pixels: give pairs"
    ):
        evaluate_model(*folders, options=options, ignore=["9"])


def test_the_default_model_finds_water_on_a_scene_of_dubai(tmp_path: Path, shared_data: Path) -> None:
    """Real files in the data set's own form: JPEG and a PNG with an unlabelled value."""
    image = shared_data / "dubai" / "images" / "t1_part_001.jpg"
    if not image.is_file():
        pytest.skip(f"the scene is not here: {image}")
    for kind, suffix in (("images", "jpg"), ("masks", "png")):
        (tmp_path / kind).mkdir()
        name = f"t1_part_001.{suffix}"
        (tmp_path / kind / name).symlink_to((shared_data / "dubai" / kind / name).resolve())
    size = read(image).size
    found = evaluate_model(tmp_path / "images", tmp_path / "masks", ignore=["5"])
    assert found.scores.compared + found.left_out.ignored == size
    assert found.scores.accuracy > 0.5
