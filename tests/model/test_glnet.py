from __future__ import annotations

import pytest
import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from glnet_geo.core.window import Window
from glnet_geo.model.architecture import Architecture, Sharing, light, published
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.sharing import Merger, Place
from tests.model import tiny

FRAME = (96, 128)
PLACES = [
    Place(Window(row=row, col=col, height=64, width=64), FRAME) for row, col in ((0, 0), (32, 0), (32, 64))
]


@torch.inference_mode()
def test_the_ensemble_is_one_convolution_of_both_last_maps() -> None:
    network = tiny.network()
    local, frame = torch.rand(3, 16, 16, 16), torch.rand(1, 16, 24, 32)
    ours = network.weigh_local(local) + network.weigh_global(frame, PLACES, local)
    theirs = network.ensemble(torch.cat([local, network.cut_out(frame, PLACES, local)], dim=1))
    torch.testing.assert_close(ours, theirs)


@torch.inference_mode()
def test_weighing_globally_takes_logits_for_the_size_as_well() -> None:
    network = tiny.network()
    local, frame = torch.rand(3, 16, 16, 16), torch.rand(1, 16, 24, 32)
    logits = network.weigh_local(local)
    assert logits.shape[1] == 3
    assert torch.equal(
        network.weigh_global(frame, PLACES, logits), network.weigh_global(frame, PLACES, local)
    )


@torch.inference_mode()
def test_patches_are_looked_at_one_by_one_or_together() -> None:
    network = tiny.network()
    patches, seen = torch.rand(3, 3, 64, 64), network.see(torch.rand(1, 3, 48, 64))
    together = network.look(patches, seen, PLACES).ps3
    for index, place in enumerate(PLACES):
        alone = network.look(patches[index : index + 1], seen, [place]).ps3
        torch.testing.assert_close(alone, together[index : index + 1], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("shared_trunk", [True, False])
@torch.inference_mode()
def test_what_the_patches_show_reaches_the_refined_frame(*, shared_trunk: bool) -> None:
    network = tiny.network(shared_trunk=shared_trunk)
    frame = torch.rand(1, 3, 48, 64)
    seen = network.see(frame)

    def refined(patches: torch.Tensor) -> torch.Tensor:
        merger = Merger(seen, FRAME, align_corners=False)
        merger.add(network.look(patches, seen, PLACES), PLACES)
        return network.refine(frame, seen, merger.merged()).ps3

    one, other = refined(torch.zeros(3, 3, 64, 64)), refined(torch.rand(3, 3, 64, 64))
    assert one.shape == seen.ps3.shape
    assert not torch.allclose(one, other)


def test_modules_are_only_those_that_the_sharing_needs() -> None:
    modules: dict[Sharing, set[str]] = {
        "none": {"glance"},
        "global_to_local": {"glance", "local", "ensemble"},
        "bidirectional": {"glance", "local", "ensemble", "refined"},
    }
    for sharing, names in modules.items():
        assert {name for name, _ in tiny.network(sharing).named_children()} == names
    assert tiny.network().refined.backbone is None
    assert tiny.network(shared_trunk=False).refined.backbone is not None


def test_a_borrowed_trunk_cannot_be_run() -> None:
    network = tiny.network()
    seen = network.see(torch.rand(1, 3, 48, 64))
    network.glance.backbone = None
    with pytest.raises(TypeError, match="borrows its backbone"):
        network.see(torch.rand(1, 3, 48, 64))
    assert seen.ps3.shape == (1, 16, 12, 16)


@pytest.mark.parametrize(("bands", "classes"), [(1, 2), (4, 7), (10, 1)])
@torch.inference_mode()
def test_any_number_of_bands_and_classes(bands: int, classes: int) -> None:
    network = GLNet(light(classes=classes, sharing="bidirectional", bands=bands)).eval()
    seen = network.see(torch.rand(1, bands, 48, 64))
    local = network.look(torch.rand(3, bands, 64, 64), seen, PLACES)
    logits = network.weigh_local(local.ps3) + network.weigh_global(seen.ps3, PLACES, local.ps3)
    assert logits.shape == (3, classes, 16, 16)


@pytest.mark.parametrize("align_corners", [True, False])
def test_corners_are_aligned_everywhere_or_nowhere(*, align_corners: bool) -> None:
    network = tiny.network(align_corners=align_corners)
    branches = (network.glance, network.local, network.refined)
    assert {branch.fpn.align_corners for branch in branches} == {align_corners}
    frame_map = torch.rand(1, 16, 24, 32)
    by_hand = functional.interpolate(
        frame_map[:, :, :16, :16], size=(20, 20), mode="bilinear", align_corners=align_corners
    )
    assert torch.equal(network.cut_out(frame_map, PLACES[:1], torch.rand(1, 3, 20, 20)), by_hand)


# --- size and work ---


def _operations_of_a_patch(architecture: Architecture, side: int) -> int:
    """Floating-point operations of a patch as the ensemble sees it, counted without computing."""
    with torch.device("meta"):
        network = GLNet(architecture).eval()
        seen = network.see(torch.rand(1, 3, side, side))
        place = Place(Window(row=0, col=0, height=side, width=side), (4 * side, 4 * side))
        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            local = network.look(torch.rand(1, 3, side, side), seen, [place])
            network.weigh_local(local.ps3)
            network.weigh_global(seen.ps3, [place], local.ps3)
    return int(counter.get_total_flops())


def test_the_light_network_is_light() -> None:
    for sharing in ("none", "global_to_local", "bidirectional"):
        with torch.device("meta"):
            network = GLNet(light(classes=7, sharing=sharing))
        assert sum(parameter.numel() for parameter in network.parameters()) < 10e6
    ours = _operations_of_a_patch(light(classes=7, sharing="bidirectional"), 508)
    theirs = _operations_of_a_patch(published(classes=7, sharing="bidirectional"), 508)
    # As counted for the published code: backbone, pyramid and ensemble.
    assert theirs == pytest.approx(42.6e9 + 237.3e9 + 2.1e9, rel=0.01)
    assert 12 * ours <= theirs
