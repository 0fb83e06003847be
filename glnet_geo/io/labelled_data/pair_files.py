"""Finds images and the label map of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from glnet_geo.core.listing import counted, listed
from glnet_geo.errors import GlnetGeoError, doubt
from glnet_geo.io.files.suffixes import PAIRED

_IMAGE_ENDING = re.compile(r"_(sat|image|img)$", re.IGNORECASE)
_LABEL_ENDING = re.compile(r"_(mask|label|labels|gt|segmentation)$", re.IGNORECASE)


def find_pairs(images: Path, labels: Path, *, error: type[GlnetGeoError]) -> list[tuple[Path, Path]]:
    """Image and label files of one name in two folders, sorted by name.

    Endings that tell the two apart do not count: ``7_sat.jpg`` belongs to ``7_mask.png``, also in one folder. Beside
    rasters, folders hold what viewers leave there (world files, statistics, styles), which does not count either. Labels
    without an image are left out, with a warning.

    Args:
        images: folder.
        labels: folder, perhaps the same.
        error: kind to raise.

    Raises:
        GlnetGeoError: of that kind, where a folder is missing or holds no image, or an image has no label, more than one, or that of another.
    """
    for folder in (images, labels):
        if not folder.is_dir():
            raise error(f"{folder} is not a folder: give one that holds the files")
    together = images.resolve() == labels.resolve()
    by_name: dict[str, list[Path]] = {}
    for path in _rasters_in(labels):
        if not together or _LABEL_ENDING.search(path.stem):
            by_name.setdefault(_LABEL_ENDING.sub("", path.stem), []).append(path)
    pairs: list[tuple[Path, Path]] = []
    taken: dict[Path, Path] = {}
    for image in _rasters_in(images):
        if together and _LABEL_ENDING.search(image.stem):
            continue
        name = _IMAGE_ENDING.sub("", image.stem)
        found = by_name.get(name) or by_name.get(image.stem, [])
        if len(found) != 1:
            raise error(
                f"{image} has {len(found)} label files named {name}.* or {name}_mask.* in {labels}: give exactly one"
            )
        label = found[0]
        if label in taken:
            raise error(f"{image} and {taken[label]} have one label file, {label}: give each its own")
        taken[label] = image
        pairs.append((image, label))
    if not pairs:
        raise error(f"{images} holds no image ({', '.join(PAIRED)}): give another folder")
    _tell_of_left(
        [path.name for paths in by_name.values() for path in paths if path not in taken], images, labels
    )
    return pairs


def _tell_of_left(left: Sequence[str], images: Path, labels: Path) -> None:
    """Warn of label maps that belong to no image."""
    if left:
        has, are = ("has", "it is") if len(left) == 1 else ("have", "they are")
        doubt(
            f"{counted(len(left), 'label map')} in {labels} {has} no image of the same name in {images} ({listed(left)}): "
            f"{are} left out"
        )


def _rasters_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PAIRED)
