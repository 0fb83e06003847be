"""Looks at all label maps of a data set before the first image is classified."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from glnet_geo.assess.once import Once
from glnet_geo.core.accuracy.matching import Label, Matching, check_ignored, chosen_classes
from glnet_geo.core.progress import Progress, stop_if_cancelled
from glnet_geo.errors import EvaluationError
from glnet_geo.io.maps.on_grid import Grid
from glnet_geo.io.references.key import ReferenceKey
from glnet_geo.io.references.raster import open_label_map
from glnet_geo.io.scenes.blocks import block_cache
from glnet_geo.model.card import Card


def check_label_maps(
    pairs: Sequence[tuple[Path, Path]],
    card: Card,
    key: ReferenceKey,
    once: Once,
    progress: Progress,
    *,
    ignore: Sequence[str],
    leave_out: Sequence[str],
) -> tuple[list[float], ReferenceKey]:
    """Megapixels of the image of every pair, each of which can be compared, and what the values of all label maps mean.

    Args:
        pairs: images and label maps.
        card: of the model.
        key: what values and colours mean.
        once: knows what was said of other images.
        progress: told where it stands; may cancel it.
        ignore: names, numbers and colours that are not compared.
        leave_out: names and numbers of classes that do not count in means.

    Raises:
        EvaluationError: a label map cannot be read, has another size than its image, or holds what the model does not
            know; or an option names what nobody knows.
    """
    chosen_classes(card.legend, leave_out, "--leave-out")
    matching = Matching(legend=card.legend, named=True, ignored=key.ignored)
    found: dict[Label, None] = {}
    megapixels = []
    progress.begin("checking the label maps", len(pairs))
    with block_cache():
        for image, label in pairs:
            stop_if_cancelled(progress)
            pixels = _same_size(image, label)
            with once.about(label.name):
                labels = _labels(label, pixels, key)
            matching.codes(labels, f"the label map {label}", f"the model {card.name}")
            found.update(dict.fromkeys(labels))
            megapixels.append(pixels.height * pixels.width / 1e6)
            progress.advance()
    check_ignored(ignore, found, (card.legend, key.legend), "the label maps")
    drawn = any(label.id is None for label in found)
    return megapixels, key if drawn else key.for_values({label.id for label in found if label.id is not None})


def _same_size(image: Path, label: Path) -> Grid:
    """The pixels of an image, which its label map has too."""
    ours, theirs = Grid.sized(image), Grid.sized(label)
    if ours.size != theirs.size:
        raise EvaluationError(
            f"the label map {label} has {theirs.size} and its image {image} has {ours.size}: give pairs of one size"
        )
    return ours


def _labels(label: Path, pixels: Grid, key: ReferenceKey) -> tuple[Label, ...]:
    try:
        with open_label_map(label, pixels, key) as reference:
            return reference.labels
    except EvaluationError as error:
        raise EvaluationError(f"among the label maps in {label.parent}, {error}") from error
