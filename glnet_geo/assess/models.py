"""Classifies the images of a data set with a model, and compares the maps with the label maps."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from glnet_geo.assess.assessment import Evaluation
from glnet_geo.assess.comparison import Comparison, Tally
from glnet_geo.core.progress import Progress, Silence
from glnet_geo.errors import EvaluationError
from glnet_geo.io.classes import open_classes
from glnet_geo.io.confidence import ConfidenceMap
from glnet_geo.io.pair_files import find_pairs
from glnet_geo.io.reference_raster import open_reference
from glnet_geo.io.scene import block_cache
from glnet_geo.model.package import Model, load_model
from glnet_geo.pipeline import classify
from glnet_geo.plan import Options


def evaluate_model(
    images: str | Path,
    labels: str | Path,
    *,
    options: Options | None = None,
    ignore: Sequence[str] = (),
    leave_out: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Tell how well a model maps whole images, in one confusion matrix over all, and whether its confidence is right.

    Args:
        images: folder of images of any size.
        labels: folder of label maps of the same names and sizes: class numbers in one band, or the colours of the model's
            legend. Names may end in ``_sat`` and ``_mask``, as DeepGlobe's, and the folders may be one.
        options: the model and how to classify.
        ignore: names or numbers in the label maps that are not compared.
        leave_out: names or numbers of classes that stay in the confusion matrix and do not count in means; None for a
            class named ``unknown``.
        progress: told where the job stands; may cancel it.

    Raises:
        GlnetGeoError: something cannot be used; the message says what, where, and what to do.
    """
    options, progress = options or Options(), progress or Silence()
    pairs = find_pairs(Path(images), Path(labels), error=EvaluationError)
    model = options.model if isinstance(options.model, Model) else load_model(options.model)
    options = replace(options, model=model)
    tally, notes = Tally(model.card.legend), tuple[str, ...]()
    comparison: Comparison | None = None
    for number, (image, label) in enumerate(pairs, 1):
        progress.info(f"{image.name} ({number} of {len(pairs)})")
        with tempfile.TemporaryDirectory(prefix="glnet-geo-") as folder, ExitStack() as closing:
            # Named as the image, since sentences about it name it.
            mapped, sure = Path(folder) / f"{image.stem}.tif", Path(folder) / f"{image.stem}-confidence.tif"
            classify(image, mapped, options=options, confidence=sure, progress=progress)
            closing.enter_context(block_cache())
            classes = closing.enter_context(open_classes(mapped, legend=model.card.legend))
            reference = closing.enter_context(open_reference(label, classes, model.card.legend, by_size=True))
            comparison = Comparison.of(
                classes,
                reference.labels,
                reference.name,
                ignore=ignore,
                leave_out=leave_out,
            )
            confidence = closing.enter_context(ConfidenceMap(sure, classes))
            tally.take(comparison, classes, reference, confidence, progress)
            notes = reference.notes
    if comparison is None:
        raise EvaluationError(f"{images} holds no image: give another folder")
    whole = replace(comparison, reference=str(labels))
    name = f"{model.card.name} on {len(pairs)} images of {images}"
    return tally.evaluation(whole, mapped=name, kind="raster", notes=notes)
