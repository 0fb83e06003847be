"""From published checkpoints to a model package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from glnet_geo.core.colors import RGB
from glnet_geo.core.grid import PUBLISHED_OVERLAP, Tiling
from glnet_geo.core.lattice import CELL
from glnet_geo.core.legend import Legend
from glnet_geo.core.normalize import Normalization
from glnet_geo.model.architecture import Sharing
from glnet_geo.model.card import Card
from glnet_geo.model.package import check_package, save_package
from glnet_geo.model.published import import_published, read_checkpoint


def import_checkpoints(
    checkpoints: Mapping[str, Path],
    out: Path,
    *,
    sharing: Sharing | None = None,
    legend: Legend,
    patch_size: int = 508,
    global_size: int = 508,
    frame_size: int = 2448,
    align_corners: bool = False,
    overwrite: bool = False,
) -> Card:
    """Write a package that computes what the published code computes with these checkpoints.

    Args:
        checkpoints: files by stage (``global``, ``global2local``, ``local2global``).
        out: the package, ``*.safetensors``.
        sharing: which network to build; None for the most that the checkpoints allow.
        legend: of the channels, in their order.
        patch_size: side of a patch in pixels.
        global_size: side of the shrunk frame in pixels.
        frame_size: side of a frame in pixels.
        align_corners: as the weights were trained with.
        overwrite: whether ``out`` may be replaced.

    Returns:
        The package's card.

    Raises:
        ModelError: a file cannot be used; every key that does not fit is named.
        OutputError: ``out`` is no package name, its folder is missing, or it exists.
        WindowError: the sizes do not fit each other.
    """
    check_package(out, overwrite=overwrite)
    chosen = sharing or _most(checkpoints)
    tensors = {stage: read_checkpoint(path) for stage, path in checkpoints.items()}
    network = import_published(tensors, sharing=chosen, classes=len(legend), align_corners=align_corners)
    overlap = -(-PUBLISHED_OVERLAP // CELL) * CELL
    bands = network.architecture.bands
    # Before the change that dropped align_corners, the published code also scaled to -1..1.
    middle = 0.5 if align_corners else 0.0
    card = Card.of(
        name=out.stem,
        architecture=network.architecture,
        tiling=Tiling(
            frame=frame_size,
            frame_overlap=frame_size // 8 // (2 * CELL) * (2 * CELL),
            patch=patch_size,
            patch_overlap=overlap,
            global_size=global_size,
        ),
        bands=RGB if bands == 3 else tuple(f"band {n + 1}" for n in range(bands)),
        normalization=Normalization(low=0, high=255, mean=(middle,) * bands, std=(middle or 1.0,) * bands),
        legend=legend,
        description="Imported from checkpoints of the published GLNet code.",
    )
    save_package(out, network, card)
    return card


def _most(checkpoints: Mapping[str, Path]) -> Sharing:
    if "local2global" in checkpoints:
        return "bidirectional"
    return "global_to_local" if "global2local" in checkpoints else "none"
