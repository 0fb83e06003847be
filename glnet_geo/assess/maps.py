"""Compares a map with a reference: a raster, polygons, or points."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from glnet_geo.assess.assessment import Evaluation
from glnet_geo.assess.comparison import Comparison, Tally
from glnet_geo.assess.points import compare_points
from glnet_geo.core.legend import Legend
from glnet_geo.core.progress import Progress, Silence
from glnet_geo.io.classes import open_classes
from glnet_geo.io.confidence import ConfidenceMap
from glnet_geo.io.reference_polygons import PolygonReference
from glnet_geo.io.reference_raster import ColorReference, RasterReference, open_reference
from glnet_geo.io.reference_vector import read_labelled
from glnet_geo.io.scene import block_cache
from glnet_geo.io.suffixes import READ_VECTORS


def evaluate(
    mapped: str | Path,
    reference: str | Path,
    *,
    field: str = "class",
    confidence: str | Path | None = None,
    legend: Legend | None = None,
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
        ignore: names or numbers of reference classes that are not compared.
        leave_out: names or numbers of classes that stay in the confusion matrix and do not count in means; None for a
            class named ``unknown``.
        progress: told where the job stands; may cancel it.

    Raises:
        GlnetGeoError: something cannot be used; the message says what, where, and what to do.
    """
    progress = progress or Silence()
    shapes = read_labelled(Path(reference), field) if _is_vector(reference) else None
    with ExitStack() as closing:
        closing.enter_context(block_cache())
        classes = closing.enter_context(open_classes(mapped, legend=legend))
        sure = None if confidence is None else closing.enter_context(ConfidenceMap(confidence, classes))
        if shapes is not None and shapes.kind == "points":
            comparison = Comparison.of(
                classes, shapes.occurring, shapes.name, ignore=ignore, leave_out=leave_out
            )
            return compare_points(comparison, classes, shapes, sure, progress)
        source: RasterReference | ColorReference | PolygonReference
        if shapes is None:
            source = closing.enter_context(open_reference(reference, classes, classes.known))
        else:
            source = PolygonReference(shapes, classes)
        comparison = Comparison.of(classes, source.labels, source.name, ignore=ignore, leave_out=leave_out)
        tally = Tally(comparison.legend)
        tally.take(comparison, classes, source, sure, progress)
    if isinstance(source, PolygonReference) and shapes is not None:
        return tally.evaluation(
            comparison,
            mapped=classes.name,
            kind="polygons",
            notes=source.notes,
            unlabelled=shapes.unlabelled,
            contradictory=source.contradictory,
        )
    return tally.evaluation(comparison, mapped=classes.name, kind="raster", notes=source.notes)


def _is_vector(path: str | Path) -> bool:
    return str(path).lower().endswith(READ_VECTORS)
