"""All that a model is to learn from: pairs, their classes, and which of them show the same place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from glnet_geo.core.graph import components
from glnet_geo.core.holdout import places_of
from glnet_geo.core.image_extents import ImageExtents
from glnet_geo.core.legend import NODATA, Legend
from glnet_geo.core.listing import counted, listed
from glnet_geo.core.numerals import finite_number, whole_number
from glnet_geo.errors import OptionError, TrainingError, doubt
from glnet_geo.io.labelled_data.label_legend import (
    for_masks,
    found_legend,
    open_labels,
    read_training_legend,
    warn_of_doubtful,
)
from glnet_geo.io.labelled_data.labels import RasterLabels
from glnet_geo.io.labelled_data.pair_files import find_pairs
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.io.labelled_data.style_colors import style_colors
from glnet_geo.io.labelled_data.training_image import Reading, TrainingImage, look_at
from glnet_geo.io.labelled_data.training_polygons import TrainingPolygons, read_training_polygons

Part: TypeAlias = Literal["train", "validate", "unused"]

_APART = 0.01
"""Share of a pixel by which an image and its label may lie apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """All that a model is to learn from.

    Attributes:
        pairs: images and their labels.
        places: of each pair, a name; pairs of one place are neighbours.
        parts: of each pair, where the data set says it belongs; None where that is to be decided.
        legend: the classes.
        judged: ids of the classes whose mean is the score.
        distances: metres on the ground per pixel that the images have; empty where unknown.
        sparse: whether only some polygons are labelled.
        about: what it is, for the card.
        background: id of the class around the only thing that is sought; None where every class counts.
        extents: where the images lie; None where not all do in one CRS.
    """

    pairs: Sequence[Pair]
    places: Sequence[str]
    parts: Sequence[Part] | None
    legend: Legend
    judged: tuple[int, ...]
    distances: tuple[float, ...]
    sparse: bool
    about: str
    background: int | None = None
    extents: ImageExtents | None = None

    def close(self) -> None:
        """Close all files."""
        for pair in self.pairs:
            pair.close()


def lessons_of_pairs(images: Path, labels: Path, legend: Path | None, reading: Reading) -> Lessons:
    """Images and label maps of the same names in two folders.

    Raises:
        GlnetGeoError: a file cannot be used, or two do not fit each other; the message names it.
    """
    found = find_pairs(images, labels, error=TrainingError)
    files = [label for _, label in found]
    known = found_legend(files) if legend is None else for_masks(read_training_legend(legend), files)
    described = [look_at(image, reading) for image, _ in found]
    maps = [open_labels(label, known) for _, label in found]
    if legend is not None:
        warn_of_doubtful(maps, known)
    pairs = [_pair(image, labels) for image, labels in zip(described, maps, strict=True)]
    about = f"{counted(len(pairs), 'labelled image')} ({listed([pair.name for pair in pairs], 8)})"
    return _lessons(pairs, described, known.legend, sparse=False, about=about)


def lessons_of_polygons(
    scenes: Sequence[Path],
    polygons: Path,
    field: str,
    layer: str | None,
    reading: Reading,
    *,
    known: Legend | None = None,
) -> Lessons:
    """Scenes and polygons drawn over them; what no polygon covers teaches nothing.

    Args:
        scenes: that they are drawn on.
        polygons: their file.
        field: that holds the class.
        layer: of the file; None for its first.
        reading: how the scenes are read.
        known: classes of the model that training begins with: one drawn under the same name keeps its number, unless all
            names are numbers, and its colour, unless the layer's style has one.

    Raises:
        GlnetGeoError: a file cannot be used, or polygons and scenes do not meet; the message names it.
    """
    _check_once(scenes)
    drawn = read_training_polygons(polygons, field, layer)
    legend = _legend(drawn, known)
    pairs, images, used = _drawn_on(scenes, drawn, {c.name: c.id for c in legend}, reading)
    if not pairs:
        raise TrainingError(
            f"no polygon of {polygons} lies on {listed([scene.name for scene in scenes], 8)}: check the place and the CRS "
            "of both"
        )
    beside = len(drawn.polygons) - len(used)
    if beside:
        doubt(
            f"{beside} of {len(drawn.polygons)} polygons of {polygons.name} lie on no scene: they are left out"
        )
    names = listed([pair.name for pair in pairs], 8)
    about = f"{counted(len(used), 'polygon')} drawn on {names} ({_counted(drawn, used)})"
    return _lessons(pairs, images, legend, sparse=True, about=about)


def _lessons(
    pairs: Sequence[Pair], images: Sequence[TrainingImage], legend: Legend, *, sparse: bool, about: str
) -> Lessons:
    """Lessons of a person's own images, of which some are still to be held out."""
    return Lessons(
        pairs=pairs,
        places=_places(images),
        extents=_extents(images),
        parts=None,
        legend=legend,
        judged=tuple(c.id for c in legend),
        distances=_distances(images),
        sparse=sparse,
        about=about,
    )


def _drawn_on(
    scenes: Sequence[Path], drawn: TrainingPolygons, ids: dict[str, int], reading: Reading
) -> tuple[list[Pair], list[TrainingImage], set[int]]:
    """The scenes that polygons lie on, as pairs and as images, and the numbers of these polygons."""
    pairs, images, used = [], [], set()
    for scene in scenes:
        image = look_at(scene, reading)
        labels = drawn.on(image, ids)
        if labels is None:
            if len(scenes) > 1:
                doubt(f"no polygon of {drawn.path.name} lies on {image.name}: it is left out")
            continue
        pairs.append(image.with_labels(labels))
        images.append(image)
        used.update(labels.numbers.tolist())
    return pairs, images, used


def _pair(image: TrainingImage, labels: RasterLabels) -> Pair:
    _check_place(image, labels)
    return image.with_labels(labels)


def _check_place(image: TrainingImage, labels: RasterLabels) -> None:
    """Refuse a label map that says it lies elsewhere than its image; one that says nothing lies where the image does."""
    dataset = labels.dataset
    if image.crs is None or dataset.crs is None or image.transform is None or dataset.transform.is_identity:
        return
    ours, theirs = np.array(image.transform)[:6], np.array(dataset.transform)[:6]
    if dataset.crs != image.crs or np.abs(ours - theirs).max() > _APART * np.abs(ours[[0, 1, 3, 4]]).max():
        raise TrainingError(
            f"{image.path} and {labels.name} lie at different places or in different CRS: warp the label onto the "
            "image's grid"
        )


def _legend(drawn: TrainingPolygons, known: Legend | None) -> Legend:
    """A class of every name; numbers and colours are the file's own, else those of the known classes."""
    colors = style_colors(drawn.path, drawn.layer, drawn.field)
    names: dict[int, str] = {}
    # The numbers of classes that are numbers are kept, so that maps say what the person wrote.
    numbers = {
        number: name
        for name in drawn.classes
        if (number := whole_number(name)) is not None and 0 <= number < NODATA
    }
    if len(numbers) == len(drawn.classes):
        names = numbers
    elif known is not None:
        for name in drawn.classes:
            channel = known.channel_of(name)
            if channel is not None and known.classes[channel].id not in names:
                names[known.classes[channel].id] = name
                colors.setdefault(name, known.classes[channel].color)
    free = (number for number in count() if number not in names)
    for name in drawn.classes:
        if name not in names.values():
            names[next(free)] = name
    moved = [name for number, name in sorted(names.items()) if finite_number(name) not in {None, number}]
    if moved:
        doubt(
            f"the classes {listed(moved, 8)} of {drawn.path.name} are numbers that the map does not keep, since not all classes "
            "are whole numbers, written in one way and within 0..254: they are numbered anew, and bear these numbers as names"
        )
    return Legend.of_values(
        names, names, {number: colors[name] for number, name in names.items() if name in colors}
    )


def _places(images: Sequence[TrainingImage]) -> list[str]:
    """By the ground where all images have one and not all hang together; else by name and by what ground they share."""
    names = [image.path.stem for image in images]
    extents = _extents(images)
    if extents is None:
        return places_of(names)
    touching = components(len(names), extents.touching())
    if len(set(touching.tolist())) > 1:
        return [names[at] for at in touching.tolist()]
    called = places_of(names)
    alike = np.array([[at, called.index(name)] for at, name in enumerate(called)], dtype=np.int64).T
    links = np.concatenate([extents.overlapping(), alike], axis=1)
    return [called[at] for at in components(len(names), links).tolist()]


def _extents(images: Sequence[TrainingImage]) -> ImageExtents | None:
    """Where the images lie; None where not all do in one CRS."""
    placed = [image.transform for image in images if image.crs is not None and image.transform]
    if len(placed) < len(images) or len({str(image.crs) for image in images}) > 1:
        return None
    return ImageExtents(shapes=tuple(image.shape for image in images), transforms=tuple(placed))


def _distances(images: Sequence[TrainingImage]) -> tuple[float, ...]:
    return tuple(sorted(side for image in images for side in image.distance or ()))


def _counted(drawn: TrainingPolygons, used: Collection[int]) -> str:
    """How many polygons each class has of those that are used."""
    counts = Counter(drawn.names[list(used)].tolist())
    return listed([f"{counts[name]} {name}" for name in drawn.classes], 8)


def _check_once(scenes: Sequence[Path]) -> None:
    """Refuse a scene that is named twice: what is held out of the one would be learnt from the other."""
    seen: set[Path] = set()
    for scene in scenes:
        if scene.resolve() in seen:
            raise OptionError(f"{scene} is named twice: name each scene once")
        seen.add(scene.resolve())
