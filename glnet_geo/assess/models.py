"""Classifies the images of a data set with a model, and compares the maps with the label maps."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from glnet_geo.assess.assessment import Evaluation
from glnet_geo.assess.comparison import Agreement, Comparison
from glnet_geo.assess.label_maps import check_label_maps
from glnet_geo.assess.once import ImageProgress, Once
from glnet_geo.core.legend import Legend
from glnet_geo.core.listing import counted
from glnet_geo.core.overall import Overall
from glnet_geo.core.progress import Progress, Silence, stop_if_cancelled
from glnet_geo.errors import EvaluationError
from glnet_geo.io.labelled_data.pair_files import find_pairs
from glnet_geo.io.maps.classes import open_classes
from glnet_geo.io.maps.confidence import ConfidenceMap
from glnet_geo.io.references.colors import ColorReference
from glnet_geo.io.references.key import ReferenceKey
from glnet_geo.io.references.raster import open_label_map
from glnet_geo.io.scenes.blocks import block_cache_of
from glnet_geo.model.package import Model, load_model
from glnet_geo.pipeline import classify
from glnet_geo.plan import Options


def evaluate_model(
    images: str | Path,
    labels: str | Path,
    *,
    options: Options | None = None,
    reference_legend: str | Path | None = None,
    ignore: Sequence[str] = (),
    leave_out: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Tell how well a model maps whole images, in one confusion matrix over all, and whether its confidence is right.

    All label maps are checked before the first image is classified.

    Args:
        images: folder of images of any size.
        labels: folder of label maps of the same names and sizes: class numbers in one band, or colours. Names may end in
            ``_sat`` and ``_mask``, as DeepGlobe's, and the folders may be one.
        options: the model and how to classify.
        reference_legend: class file of the label maps, as for training: what their values or colours mean, and under
            ``"ignored"`` which of them are not compared; None for the numbers and colours of the model's classes.
        ignore: names, numbers or colours (``#rrggbb``) in the label maps that are not compared.
        leave_out: names or numbers of classes that stay in the confusion matrix and do not count in means; None for a
            class named ``unknown``.
        progress: told where the job stands; may cancel it.

    Raises:
        GlnetGeoError: something cannot be used; the message says what, where, and what to do.
    """
    options, progress = options or Options(), progress or Silence()
    pairs = find_pairs(Path(images), Path(labels), error=EvaluationError)
    model = options.model if isinstance(options.model, Model) else load_model(options.model)
    options, legend = replace(options, model=model), model.card.legend
    key, once = ReferenceKey.of(legend, reference_legend, ignore, training=True), Once(len(pairs))
    megapixels, key = check_label_maps(
        pairs, model.card, key, once, progress, ignore=ignore, leave_out=leave_out or ()
    )
    several = counted(len(pairs), "image")
    overall = Overall(progress, megapixels, f"mapping {several}")
    job = _Job(options=options, legend=legend, key=key, leave_out=leave_out, agreement=Agreement(legend))
    comparison: Comparison | None = None
    for (image, label), size in zip(pairs, megapixels, strict=True):
        stop_if_cancelled(progress)
        part = overall.part(size, talks=True)
        with once.about(image.name, label.name):
            comparison = job.count(image, label, ImageProgress(part, once, image.name))
        part.finish()
    if comparison is None:
        raise EvaluationError(f"{images} holds no image: give another folder")
    notes = key.notes
    if job.by_color and not key.own:
        notes = (
            *notes,
            f"the colours of the label maps in {labels} are taken for those of the model's classes",
        )
    whole = replace(comparison, reference=str(labels))
    name = f"{model.card.name} on {several} of {images}"
    return job.agreement.evaluation(whole, mapped=name, kind="raster", notes=notes)


@dataclass(slots=True, kw_only=True)
class _Job:
    """Maps images and counts where the maps agree with label maps.

    Attributes:
        options: the model and how to classify.
        legend: of the model.
        key: what values and colours of label maps mean.
        leave_out: classes that do not count in means; None for a class named ``unknown``.
        agreement: of all images so far.
        by_color: whether any label map so far holds colours.
    """

    options: Options
    legend: Legend
    key: ReferenceKey
    leave_out: Sequence[str] | None
    agreement: Agreement
    by_color: bool = False

    def count(self, image: Path, label: Path, progress: Progress) -> Comparison:
        """Map an image and count its pixels; returns how classes were told."""
        with tempfile.TemporaryDirectory(prefix="glnet-geo-") as folder, ExitStack() as closing:
            # Named as the image, since sentences about it name it.
            mapped, sure = Path(folder) / f"{image.stem}.tif", Path(folder) / f"{image.stem}-confidence.tif"
            classify(image, mapped, options=self.options, confidence=sure, progress=progress)
            # The map, its confidence and the reference.
            closing.enter_context(block_cache_of(3))
            classes = closing.enter_context(open_classes(mapped, legend=self.legend))
            reference = closing.enter_context(open_label_map(label, classes, self.key))
            comparison = Comparison.of(
                classes, reference.labels, reference.name, ignore=self.key.ignored, leave_out=self.leave_out
            )
            confidence = closing.enter_context(ConfidenceMap(sure, classes))
            self.agreement.take(comparison, classes, reference, confidence, progress)
            self.by_color |= isinstance(reference, ColorReference)
            return comparison
