"""Polygons that a person drew to teach a model, as a file that the engine learns from."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
from contextlib import suppress

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsField,
    QgsProcessingFeatureSource,
    QgsProcessingUtils,
    QgsVectorLayer,
)

from .sources import SourceError
from .translation import tr
from .vector_sources import drawn, stored_in, write_polygons

FIELD = "class"
"""Of the file; the person's own field may have a name that a file cannot hold."""

# What a training keeps beside its model; a folder of the same name may hold other things too.
_OURS = ("polygons-*.gpkg*", "plan.json", "log.jsonl", "best.safetensors", "*.checkpoint", ".glnet-geo-*")


def labels_file(source: QgsProcessingFeatureSource, layer: QgsVectorLayer | None, field: str) -> str:
    """A temporary file of polygons, the class of each, and the colours in which QGIS draws the classes.

    Its name tells its content: a training goes on only with the polygons that it began with.

    Args:
        source: the polygons that are asked for.
        layer: where they come from, whose colours are taken; None where that is not known.
        field: of the source, that names the class.

    Raises:
        SourceError: there is no polygon with a class, or they cannot be written.
    """
    place = source.fields().lookupField(field)
    polygons = [
        (feature.geometry(), feature.attribute(place))
        for feature in drawn(source)
        if feature.attribute(place) not in (None, "")
    ]
    if not polygons:
        raise SourceError(
            tr("“{}” has no polygon with a class in its field “{}”: draw some.").format(
                source.sourceName(), field
            )
        )
    content = hashlib.sha256(source.sourceCrs().toWkt().encode())
    for geometry, value in polygons:
        content.update(bytes(geometry.asWkb()) + str(value).encode())
    path: str = QgsProcessingUtils.generateTempFilename(f"polygons-{content.hexdigest()[:12]}.gpkg")
    write_polygons(path, polygons, QgsField(FIELD, source.fields().at(place).type()), source.sourceCrs())
    if layer is not None:
        _keep_colours(layer, field, path)
    return path


def _keep_colours(layer: QgsVectorLayer, field: str, path: str) -> None:
    """Give the copy the colours of the layer, where those tell its classes."""
    renderer = layer.renderer()
    if not isinstance(renderer, QgsCategorizedSymbolRenderer):
        # Processing opens files without the style that lies in them or beside them.
        styled = layer.clone()
        styled.loadDefaultStyle()
        renderer = styled.renderer()
    if (
        not isinstance(renderer, QgsCategorizedSymbolRenderer)
        or renderer.classAttribute().strip('"') != field
    ):
        return
    copy = QgsVectorLayer(path, "polygons", "ogr")
    categories = renderer.clone()
    categories.setClassAttribute(FIELD)
    copy.setRenderer(categories)
    copy.saveStyleToDatabase("classes", "", True, "")


class TrainingFolder:
    """The folder beside a model in which the engine keeps a training.

    Args:
        model: path of the model.
    """

    def __init__(self, model: str) -> None:
        self.path = os.path.splitext(os.path.abspath(model))[0] + ".training"

    def check_apart(self, layer: QgsVectorLayer | None) -> None:
        """Refuse polygons that a person draws in a file of this folder: a training begins by removing what was left.

        Raises:
            SourceError: they lie in it.
        """
        stored = "" if layer is None else stored_in(layer)
        if stored and os.path.realpath(os.path.dirname(stored)) == os.path.realpath(self.path):
            raise SourceError(
                tr(
                    "{} lies in {}, which a training empties: save it elsewhere, or name another model."
                ).format(os.path.basename(stored), self.path)
            )

    def take(self, labels: str) -> str:
        """Move the polygons into it, so that the job can be repeated; returns where they lie then.

        Raises:
            SourceError: it cannot be written.
        """
        try:
            os.makedirs(self.path, exist_ok=True)
            path = os.path.join(self.path, os.path.basename(labels))
            shutil.move(labels, path)
        except OSError as error:
            raise SourceError(
                tr("{} cannot be written ({}): name the model in another folder.").format(
                    self.path, error.strerror
                )
            ) from error
        return path

    def clear(self) -> None:
        """Remove what a training has left in it, and nothing else."""
        for pattern in _OURS:
            for path in glob.glob(os.path.join(glob.escape(self.path), pattern)):
                with suppress(OSError):
                    os.remove(path)
        with suppress(OSError):
            os.rmdir(self.path)
