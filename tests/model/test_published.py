from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from glnet_geo.errors import ModelError
from glnet_geo.model.architecture import Sharing
from glnet_geo.model.published import STAGES, import_published, published_keys, read_checkpoint
from tests.golden import CLASSES, COUNTER, shapes

BIAS = "fpn_global.classify.bias"


@pytest.fixture(scope="module")
def file() -> dict[str, Tensor]:
    """What a published file holds, all zero and without memory of its own: shapes are what is tested here."""
    return {
        key: torch.zeros(1).expand(shape) if shape else torch.zeros(())
        for key, shape in shapes().items()
        if not key.endswith(COUNTER)
    }


def _imported(file: dict[str, Tensor], sharing: Sharing = "none", **options: bool) -> object:
    return import_published(dict.fromkeys(STAGES, file), sharing=sharing, classes=CLASSES, **options)


# --- files ---


def _saved(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


def test_prefix_and_counters_are_dropped(tmp_path: Path) -> None:
    weight = torch.rand(3)
    path = _saved(
        tmp_path / "x.pth", {"module.bn1.weight": weight, "module.bn1.num_batches_tracked": torch.tensor(7)}
    )
    tensors = read_checkpoint(path)
    assert tensors.keys() == {"bn1.weight"}
    assert torch.equal(tensors["bn1.weight"], weight)


def test_only_the_first_prefix_is_dropped(tmp_path: Path) -> None:
    path = _saved(tmp_path / "x.pth", {"a.module.b": torch.zeros(1), "plain": torch.zeros(1)})
    assert read_checkpoint(path).keys() == {"a.module.b", "plain"}


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"x\.pth does not exist: give the path of a published checkpoint"):
        read_checkpoint(tmp_path / "x.pth")


class _Trap:
    """Runs code when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self._mark,)


def test_code_in_a_file_never_runs(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    path = _saved(tmp_path / "x.pth", {"weight": _Trap(mark)})
    with pytest.raises(ModelError, match=r"x\.pth is not a checkpoint that can be read safely"):
        read_checkpoint(path)
    assert not mark.exists()
    path.write_bytes(pickle.dumps(_Trap(mark)))
    with pytest.raises(ModelError, match="is not a checkpoint that can be read safely"):
        read_checkpoint(path)
    assert not mark.exists()


def test_a_folder_or_a_text_is_no_checkpoint(tmp_path: Path) -> None:
    text = tmp_path / "text.pth"
    text.write_text("no checkpoint")
    for path in (tmp_path, text):
        with pytest.raises(ModelError, match="is not a checkpoint that can be read safely"):
            read_checkpoint(path)


@pytest.mark.parametrize(
    "content",
    [torch.zeros(1), [torch.zeros(1)], {"state": {"w": torch.zeros(1)}}, {"w": 1}, {1: torch.zeros(1)}],
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(ModelError, match=r"x\.pth holds no plain table of tensors"):
        read_checkpoint(_saved(tmp_path / "x.pth", content))


def test_weights_that_mean_nothing_are_refused(tmp_path: Path) -> None:
    path = _saved(tmp_path / "x.pth", {"module.bn1.weight": torch.tensor([1.0, float("nan")])})
    with pytest.raises(ModelError, match=r"x\.pth are infinite or no numbers \(bn1\.weight\)"):
        read_checkpoint(path)


# --- tables ---


def test_the_known_keys_are_those_of_a_published_file(file: dict[str, Tensor]) -> None:
    assert len(shapes()) == 718
    assert len(published_keys()) == 612
    assert published_keys() == file.keys()


def test_missing_unexpected_and_misshapen_keys_are_all_named(file: dict[str, Tensor]) -> None:
    wrong = dict(file)
    del wrong["resnet_global.layer4.2.bn3.weight"]
    wrong["fpn_global.invented"] = torch.zeros(1)
    wrong[BIAS] = torch.zeros(9)
    with pytest.raises(ModelError) as caught:
        _imported(wrong)
    message = str(caught.value)
    assert "do not fit a GLNet of 7 classes" in message
    assert "global lacks resnet_global.layer4.2.bn3.weight" in message
    assert "global has an unexpected fpn_global.invented" in message
    assert f"global has {BIAS} as (9,), not (7,)" in message
    assert message.count(";") == 2


def test_another_number_of_classes_is_a_misshapen_head(file: dict[str, Tensor]) -> None:
    with pytest.raises(ModelError, match=re.escape(f"{BIAS} as (7,), not (2,)")):
        import_published({"global": file}, sharing="none", classes=2)


@pytest.mark.parametrize(
    ("sharing", "given", "said"),
    [
        ("none", (), "a none model needs the global checkpoint too: add --global"),
        ("global_to_local", ("global",), "needs the global2local checkpoint too: add --global2local"),
        ("bidirectional", ("global", "global2local"), "needs the local2global checkpoint too"),
        ("bidirectional", (), "add --global and --local2global"),
    ],
)
def test_a_missing_file_is_asked_for_by_its_option(
    file: dict[str, Tensor], sharing: Sharing, given: tuple[str, ...], said: str
) -> None:
    with pytest.raises(ModelError, match=said):
        import_published(dict.fromkeys(given, file), sharing=sharing, classes=CLASSES)


def test_a_file_without_any_known_key_is_refused() -> None:
    with pytest.raises(ModelError, match=r"global lacks resnet_global\.conv1\.weight"):
        import_published({"global": {}}, sharing="none", classes=CLASSES)


def test_files_that_are_not_needed_are_not_looked_at(file: dict[str, Tensor]) -> None:
    network = import_published(
        {"global": file, "global2local": {"nonsense": torch.zeros(1)}}, sharing="none", classes=CLASSES
    )
    assert not network.training


def test_bands_are_counted_in_the_file(file: dict[str, Tensor]) -> None:
    four = file | {"resnet_global.conv1.weight": torch.zeros(64, 4, 7, 7)}
    assert import_published({"global": four}, sharing="none", classes=CLASSES).architecture.bands == 4


@pytest.mark.parametrize("shape", [(64,), (64, 0, 7, 7)])
def test_a_first_convolution_without_bands_is_named(file: dict[str, Tensor], shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match=re.escape(f"resnet_global.conv1.weight as {shape}")):
        import_published(
            {"global": file | {"resnet_global.conv1.weight": torch.zeros(shape)}},
            sharing="none",
            classes=CLASSES,
        )


@pytest.mark.parametrize("align_corners", [True, False])
def test_corners_are_aligned_as_in_training(file: dict[str, Tensor], *, align_corners: bool) -> None:
    network = import_published({"global": file}, sharing="none", classes=CLASSES, align_corners=align_corners)
    assert network.architecture.align_corners is align_corners
    assert network.glance.fpn.align_corners is align_corners
