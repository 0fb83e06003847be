from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio.shutil
from numpy.typing import NDArray
from PIL import Image
from rasterio.drivers import driver_from_extension

from glnet_geo.assess.models import evaluate_model
from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.core.legend import Legend
from glnet_geo.core.progress import Silence
from glnet_geo.errors import DoubtfulInputWarning, EvaluationError
from glnet_geo.model.package import load_model, save_package
from glnet_geo.pipeline import classify
from glnet_geo.plan import Options
from tests.model import tiny
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
    with pytest.raises(
        EvaluationError, match=r"label map .*a_mask\.png holds classes that the model tiny does not know: 9"
    ):
        evaluate_model(*folders, options=options)


def test_masks_mark_the_class_1_with_255(
    tmp_path: Path, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of Inria and of ISIC do."""
    monkeypatch.setattr(tiny, "LEGEND", Legend.of_values([0, 1], {}, {}))
    network, package = tiny.network(classes=2), tmp_path / "two.safetensors"
    save_package(package, network, tiny.card(network))
    two = Options(model=package, device="cpu")
    ids = {path: read(path) % 2 for path in sorted(folders[1].iterdir())}
    found = []
    for factor in (1, 255):
        for path, label in ids.items():
            write_plain(path, (label * factor).astype(np.uint8))
        found.append(evaluate_model(*folders, options=two))
    assert found[0].scores == found[1].scores
    assert found[1].notes == ("the reference holds 0 and 255 alone: 255 is taken for class 1",)
    for path, label in ids.items():
        write_plain(path, np.full_like(label, 255))
    with pytest.raises(EvaluationError, match=r"nothing in .* is labelled; label at least a part"):
        evaluate_model(*folders, options=two)


def test_pairs_of_two_sizes_are_refused(folders: tuple[Path, Path], options: Options) -> None:
    write_plain(folders[1] / "a_mask.png", np.zeros((150, 139), np.uint8))
    with pytest.raises(
        EvaluationError,
        match=r"labels.a_mask\.png has 150 x 139 pixels and its image .*a_sat\.tif has 150 x 140",
    ):
        evaluate_model(*folders, options=options, ignore=["9"])


class _Heard(Silence):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.begun: list[tuple[str, int]] = []
        self.steps = 0

    def begin(self, what: str, total: int) -> None:
        self.begun.append((what, total))
        self.steps = 0

    def advance(self, steps: int = 1) -> None:
        self.steps += steps

    def info(self, message: str) -> None:
        self.messages.append(message)


def test_every_label_map_is_checked_before_the_first_image_is_classified(
    folders: tuple[Path, Path], options: Options
) -> None:
    """The last one is damaged in turn in every way; nothing was mapped by then."""
    last = folders[1] / "b_mask.png"
    for pixels, words in (
        (np.zeros((91, 200), np.uint8), "b_mask.png has 91 x 200 pixels and its image"),
        (np.full((90, 200), 77, np.uint8), "b_mask.png holds classes that the model tiny does not know: 77"),
        (np.full((3, 90, 200), 77, np.uint8), "b_mask.png holds the colour #4d4d4d"),
    ):
        write_plain(last, pixels)
        heard = _Heard()
        with pytest.raises(EvaluationError, match=words):
            evaluate_model(*folders, options=options, ignore=["9"], progress=heard)
        assert [what for what, _ in heard.begun] == ["checking the label maps"]


def test_one_bar_counts_all_images_and_the_same_is_said_once(
    folders: tuple[Path, Path], options: Options
) -> None:
    for path in folders[0].iterdir():
        write_scene(path, read(path)[None].repeat(3, axis=0), crs=None, transform=None)
    heard = _Heard()
    evaluate_model(*folders, options=options, ignore=["9"], progress=heard)
    assert [what for what, _ in heard.begun] == ["checking the label maps", "mapping 2 images"]
    assert heard.steps == heard.begun[-1][1]
    assert sum("has no CRS" in message for message in heard.messages) == 1
    assert all(message.endswith("(said once, of 2 images)") for message in heard.messages)


def test_doubts_of_many_images_are_raised_once(folders: tuple[Path, Path], options: Options) -> None:
    for path in folders[0].iterdir():
        pixels = texture(*read(path).shape)
        pixels[:, :, :20] = 0
        write_scene(path, pixels)
    with pytest.warns(DoubtfulInputWarning) as raised:
        evaluate_model(*folders, options=options, ignore=["9"])
    texts = [str(one.message) for one in raised if "no nodata is declared" in str(one.message)]
    assert len(texts) == 1


def _painted(ids: NDArray[np.uint8], rgb: dict[int, tuple[int, int, int]]) -> NDArray[np.uint8]:
    table = np.zeros((256, 3), np.uint8)
    table[list(rgb)] = list(rgb.values())
    return np.moveaxis(table[ids], 2, 0)


def _colours(labels: Path, legend: Legend, unlabelled: int = 9) -> Path:
    """The same label maps as pictures in other colours than the model's, and their class file."""
    entries = [{"id": c.id, "name": c.name, "color": f"#0{n}4080"} for n, c in enumerate(legend, 1)]
    rgb = {c.id: (n, 0x40, 0x80) for n, c in enumerate(legend, 1)} | {unlabelled: (0, 0, 0)}
    for path in list(labels.iterdir()):
        write_plain(path, _painted(read(path), rgb))
    classes = labels.parent / "classes.json"
    classes.write_text(json.dumps({"classes": entries, "ignored": [unlabelled, "#000000"]}), encoding="utf-8")
    return classes


def test_label_maps_in_colours_of_their_own_are_read_by_the_class_file_of_training(
    folders: tuple[Path, Path], options: Options
) -> None:
    legend = load_model(options.model if isinstance(options.model, Path) else "").card.legend
    expected = evaluate_model(*folders, options=options, ignore=["9"])
    classes = _colours(folders[1], legend)
    found = evaluate_model(*folders, options=options, reference_legend=classes)
    assert found.scores == expected.scores
    assert found.left_out.ignored == expected.left_out.ignored
    classes.write_text(classes.read_text(encoding="utf-8").replace(', "#000000"', ""), encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"#000000, which the class file does not know.*--ignore"):
        evaluate_model(*folders, options=options, reference_legend=classes)
    again = evaluate_model(*folders, options=options, reference_legend=classes, ignore=["#000000"])
    assert again.scores == expected.scores


def test_doubts_of_many_label_maps_are_raised_once(folders: tuple[Path, Path], options: Options) -> None:
    """They are looked at twice: before anything is mapped, and beside each map."""
    classes = _colours(
        folders[1], load_model(options.model if isinstance(options.model, Path) else "").card.legend
    )
    for path in list(folders[1].iterdir()):
        Image.open(path).save(path.with_suffix(".jpg"), quality=95)
        path.unlink()
    with pytest.warns(DoubtfulInputWarning) as raised:
        evaluate_model(*folders, options=options, reference_legend=classes)
    assert len([one for one in raised if "compressed with loss" in str(one.message)]) == 1


def test_a_label_map_that_is_transparent_everywhere_tells_nothing(
    folders: tuple[Path, Path], options: Options
) -> None:
    write_plain(folders[1] / "b_mask.png", np.zeros((4, 90, 200), np.uint8))
    found = evaluate_model(*folders, options=options, ignore=["9"])
    assert found.left_out.unlabelled == 90 * 200


def test_255_is_no_label_as_in_training(folders: tuple[Path, Path], options: Options) -> None:
    expected = evaluate_model(*folders, options=options, ignore=["9"])
    for path in folders[1].iterdir():
        ids = read(path)
        write_plain(path, np.where(ids == 9, 255, ids).astype(np.uint8))
    assert evaluate_model(*folders, options=options).scores == expected.scores


def test_what_no_label_map_holds_is_not_ignored_in_silence(
    folders: tuple[Path, Path], options: Options
) -> None:
    with pytest.raises(
        EvaluationError, match="--ignore names 'rod', which is a class of neither the map nor the label maps"
    ):
        evaluate_model(*folders, options=options, ignore=["9", "rod"])
    with pytest.warns(DoubtfulInputWarning, match="--ignore 99 does nothing"):
        evaluate_model(*folders, options=options, ignore=["9", "99"])


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
