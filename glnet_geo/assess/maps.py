"""Compares a map with a reference: a raster, polygons, or points."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from glnet_geo.assess.assessment import Evaluation
from glnet_geo.assess.comparison import Agreement, Comparison
from glnet_geo.assess.points import compare_points
from glnet_geo.core.accuracy.matching import Label, check_ignored
from glnet_geo.core.legend import Legend
from glnet_geo.core.progress import Progress, Silence
from glnet_geo.errors import OptionError, doubt
from glnet_geo.io.files.suffixes import READ_VECTORS
from glnet_geo.io.maps.classes import ClassMap, open_classes
from glnet_geo.io.maps.confidence import ConfidenceMap
from glnet_geo.io.references.colors import ColorReference
from glnet_geo.io.references.key import ReferenceKey
from glnet_geo.io.references.polygons import PolygonReference
from glnet_geo.io.references.raster import RasterReference, open_reference
from glnet_geo.io.references.vector import LabelledShapes, read_labelled
from glnet_geo.io.scenes.blocks import block_cache_of


def evaluate(
    mapped: str | Path,
    reference: str | Path,
    *,
    field: str = "class",
    confidence: str | Path | None = None,
    legend: Legend | None = None,
    reference_legend: str | Path | None = None,
    ignore: Sequence[str] = (),
    leave_out: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Tell how well a class raster agrees with a reference, in memory that does not grow with the map's height.

    Args:
        mapped: the map, a class raster.
        reference: a class raster, or a vector file of polygons or points in any CRS. Points count as drawn at random;
            those of `sample` bring the sizes of their strata along.
        field: that holds the class in a vector file, as number or name.
        confidence: a raster of how sure the map is, for its calibration.
        legend: names and colours, instead of those in the map.
        reference_legend: class file of a reference raster, as for training: what its values or colours mean, and under
            ``"ignored"`` which of them are not compared; None for the names in the raster, or the colours of the map.
        ignore: names, numbers or colours (``#rrggbb``) of the reference that are not compared.
        leave_out: names or numbers of classes that stay in the confusion matrix and do not count in means; None for a
            class named ``unknown``.
        progress: told where the job stands; may cancel it.

    Raises:
        GlnetGeoError: something cannot be used; the message says what, where, and what to do.
    """
    progress = progress or Silence()
    shapes = read_labelled(Path(reference), field) if is_vector(reference) else None
    if shapes is not None and reference_legend is not None:
        raise OptionError(
            f"a class file means nothing for {shapes.name}, whose classes are told by its field {field!r}: leave it out"
        )
    with ExitStack() as closing:
        # The map, its confidence and the reference.
        closing.enter_context(block_cache_of(3))
        classes = closing.enter_context(open_classes(mapped, legend=legend))
        sure = None if confidence is None else closing.enter_context(ConfidenceMap(confidence, classes))
        key = ReferenceKey.of(classes.known, reference_legend, ignore)
        settle = partial(_settled, classes, key, ignore=ignore, leave_out=leave_out)
        if shapes is None:
            raster = closing.enter_context(open_reference(reference, classes, key))
            found = _compare_raster(settle(raster.labels, raster.name), classes, raster, sure, progress)
        elif shapes.kind == "points":
            found = compare_points(settle(shapes.occurring, shapes.name), classes, shapes, sure, progress)
        else:
            found = _compare_polygons(settle(shapes.occurring, shapes.name), classes, shapes, sure, progress)
    if sure is not None and found.calibration is None:
        doubt(
            f"{sure.name} has no value where {classes.name} is compared: whether its confidence is right is not told"
        )
    return found


def is_vector(path: str | Path) -> bool:
    """Whether a reference is a vector file, by its suffix."""
    return str(path).lower().endswith(READ_VECTORS)


def _settled(
    classes: ClassMap,
    key: ReferenceKey,
    labels: Sequence[Label],
    name: str,
    *,
    ignore: Sequence[str],
    leave_out: Sequence[str] | None,
) -> Comparison:
    """How the labels of a reference of this name are told in the terms of the map."""
    check_ignored(ignore, labels, (classes.known, key.legend), name)
    return Comparison.of(classes, labels, name, ignore=key.ignored, leave_out=leave_out)


def _compare_raster(
    comparison: Comparison,
    classes: ClassMap,
    raster: RasterReference | ColorReference,
    sure: ConfidenceMap | None,
    progress: Progress,
) -> Evaluation:
    agreement = Agreement(comparison.legend)
    agreement.take(comparison, classes, raster, sure, progress)
    return agreement.evaluation(comparison, mapped=classes.name, kind="raster", notes=raster.notes)


def _compare_polygons(
    comparison: Comparison,
    classes: ClassMap,
    shapes: LabelledShapes,
    sure: ConfidenceMap | None,
    progress: Progress,
) -> Evaluation:
    agreement = Agreement(comparison.legend)
    polygons = PolygonReference(shapes, classes, comparison.of_label)
    agreement.take(comparison, classes, polygons, sure, progress)
    return agreement.evaluation(
        comparison,
        mapped=classes.name,
        kind="polygons",
        notes=polygons.notes,
        unlabelled=shapes.unlabelled,
        contradictory=polygons.contradictory,
    )
