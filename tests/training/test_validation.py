from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.core.window import Window
from glnet_geo.io.labelled_data.labels import MaskedLabels
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.model.architecture import Sharing
from glnet_geo.model.machine import Machine
from glnet_geo.model.package import save_package
from glnet_geo.pipeline import classify
from glnet_geo.plan import Options
from glnet_geo.training.validation import judge, mean_iou
from tests.model import tiny
from tests.rasters import write_plain
from tests.scenes import read, texture, write_scene

MACHINE = Machine(device="cpu", dtype=torch.float32)


@pytest.mark.parametrize("sharing", ["none", "global_to_local", "bidirectional"])
@pytest.mark.parametrize("shape", [(128, 128), (100, 72)])
def test_scores_of_one_frame_are_those_of_its_map(
    tmp_path: Path, sharing: Sharing, shape: tuple[int, int]
) -> None:
    """Where there is one frame nothing is blended, so the map must be the same."""
    scene = write_scene(tmp_path / "scene.tif", texture(*shape), transform=None)
    ids = np.random.default_rng(0).choice(np.array([4, 0, 17, 255], np.uint8), shape)
    network = tiny.network(sharing, backbone="test_resnet")
    card = tiny.card(network)
    save_package(tmp_path / "m.safetensors", network, card)
    classify(
        scene,
        tmp_path / "map.tif",
        options=Options(model=tmp_path / "m.safetensors", device="cpu", precision="fp32"),
    )
    pair = Pair(scene, write_plain(tmp_path / "label.tif", ids))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    found = judge(
        network,
        [pair],
        tiling=card.tiling,
        normalization=card.normalization,
        legend=card.legend,
        machine=MACHINE,
    ).confusion
    expected = Confusion.of(ids, read(tmp_path / "map.tif"), card.legend)
    assert found.counts.sum() == (ids != 255).sum()
    # Rounding may turn a pixel where two classes tie.
    assert np.abs(found.counts - expected.counts).sum() <= 0.01 * found.counts.sum()
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


def test_every_label_is_judged_once_on_scenes_of_many_frames(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "scene.tif", texture(300, 260), transform=None)
    ids = np.zeros((300, 260), np.uint8)
    pair = Pair(scene, write_plain(tmp_path / "label.tif", ids))
    network = tiny.network("global_to_local", backbone="test_resnet")
    card = tiny.card(network)

    def total(one: Pair) -> int:
        return int(
            judge(
                network,
                [one],
                tiling=card.tiling,
                normalization=card.normalization,
                legend=card.legend,
                machine=MACHINE,
            ).confusion.counts.sum()
        )

    assert total(pair) == 300 * 260
    window = Window(row=120, col=30, height=40, width=100)
    assert total(pair.relabelled(MaskedLabels(pair.labels, [window], inside=True))) == 4000


def test_only_the_classes_that_count_are_in_the_mean() -> None:
    confusion = Confusion(np.array([[8, 0, 0], [0, 1, 1], [0, 0, 0]]))
    assert mean_iou(confusion, [0, 1]) == pytest.approx((1 + 0.5) / 2)
    assert mean_iou(confusion, [1, 2]) == pytest.approx(0.25)
    absent = Confusion(np.array([[8, 0], [0, 0]]))
    assert mean_iou(absent, [0, 1]) == 1
    assert mean_iou(absent, [1]) == 0
