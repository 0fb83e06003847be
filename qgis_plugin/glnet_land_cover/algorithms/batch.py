"""glnet:batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorDestination,
    QgsRasterLayer,
)

from ..engine import Stopped
from ..job import IN_JSON
from ..layers import Placing, show_as, style_confidence, style_polygons
from ..option_names import as_in_dialog
from ..sources import SourceError, raster_path
from ..translation import tr
from .base import EngineAlgorithm, shown_errors
from .options import (
    INPUT,
    add_area,
    add_computing,
    area_file,
    bands_parameter,
    check_area,
    computing_arguments,
    is_given,
    is_temporary,
    model_parameter,
    text_arguments,
    text_of,
)
from .polygon_options import add_polygon_options, polygon_arguments

OUTPUT, MOSAIC, POLYGONS = "OUTPUT", "MOSAIC", "MOSAIC_POLYGONS"
_FORMATS = ["tif", "gpkg", "fgb", "geojson", "parquet"]
_TEXTS = ("ASSET", "BANDS", "NAME", "RETRY", "STAC")
_TOLD = ("tiles", "classes", "done", "skipped", "failed")
_SOME_FAILED = 10
"""Exit code of the engine where some tiles failed, and all others are done."""


class Batch(EngineAlgorithm):
    """Map the land cover of many tiles that fit together."""

    NAME = "batch"
    COMMAND = "batch"
    PICTURE = "batch.png"

    def __init__(self) -> None:
        super().__init__()
        self._arguments: list[str] = []

    def displayName(self) -> str:
        """For people."""
        return tr("Batch of tiles")

    def group(self) -> str:
        """For people."""
        return tr("Maps")

    def groupId(self) -> str:
        """Never changes."""
        return "maps"

    def tags(self) -> list[str]:
        """Words to find it by."""
        return tr("land cover,many images,tiles,mosaic,folder,orthophotos").split(",")

    def shortDescription(self) -> str:
        """One sentence."""
        return tr("Maps many images at once; those that touch are mapped as one, without seams.")

    def help(self) -> Sequence[str]:
        """Paragraphs."""
        return (
            self.shortDescription(),
            tr(
                "Every image gets a map of its own in the folder. <b>Mosaics</b> are one map of all images: as a raster, or "
                "as polygons that are not cut where images end."
            ),
            tr(
                "An image that fails is told and does not stop the others. What is finished stays: the same job goes on from "
                "there after it was stopped, and makes only what is new or was changed when it is run again."
            ),
        )

    def initAlgorithm(self, _configuration: dict[str, Any] | None = None) -> None:
        """Define the parameters."""
        self.addParameter(
            QgsProcessingParameterMultipleLayers(INPUT, tr("Images"), QgsProcessing.TypeRaster, optional=True)
        )
        self.addParameter(
            QgsProcessingParameterFile(
                "FOLDER", tr("Folder of more images"), QgsProcessingParameterFile.Folder, optional=True
            )
        )
        self.addParameter(model_parameter(tr("Model: one that is installed, or a model file (.safetensors)")))
        add_area(self)
        self.addParameter(
            QgsProcessingParameterEnum(
                "FORMATS",
                tr("Files of every image"),
                _FORMATS,
                allowMultiple=True,
                defaultValue=_FORMATS[:1],
                usesStaticStrings=True,
                optional=True,
            )
        )
        self.addParameter(QgsProcessingParameterFolderDestination(OUTPUT, tr("Folder of the maps")))
        self.addParameter(
            QgsProcessingParameterRasterDestination(
                MOSAIC, tr("Mosaic: land cover of all images"), optional=True, createByDefault=False
            )
        )
        self.addParameter(
            QgsProcessingParameterVectorDestination(
                POLYGONS,
                tr("Mosaic: polygons of all images"),
                QgsProcessing.TypeVectorPolygon,
                optional=True,
                createByDefault=False,
            )
        )
        self._add_advanced()

    def _add_advanced(self) -> None:
        number = QgsProcessingParameterNumber
        for parameter in (
            QgsProcessingParameterFile(
                "LIST",
                tr("List of more images: .txt, tile index (.gpkg, .shp), STAC items (.json)"),
                optional=True,
            ),
            QgsProcessingParameterString(
                "ASSET",
                tr("Asset of STAC items (empty: the only raster, or visual, image, data)"),
                optional=True,
            ),
            bands_parameter(),
            QgsProcessingParameterBoolean(
                "CONFIDENCE", tr("Also tell of every image how sure its map is"), False
            ),
            QgsProcessingParameterString(
                "NAME",
                tr("Names of the maps, of {stem} {parent} {number} {suffix}"),
                "{stem}_landcover{suffix}",
                optional=True,
            ),
            QgsProcessingParameterBoolean("SEAMLESS", tr("Map images that touch as one"), True),
            number(
                "RETRY", tr("Times to try an image again that cannot be read"), number.Integer, 2, minValue=0
            ),
            QgsProcessingParameterFile(
                "STAC",
                tr("Folder of a STAC catalogue to make of the maps"),
                QgsProcessingParameterFile.Folder,
                optional=True,
            ),
            QgsProcessingParameterBoolean("OVERWRITE", tr("Replace files that are there already"), False),
        ):
            self.add_advanced(parameter)
        add_computing(self)
        add_polygon_options(self)
        self.add_engine_parameter()
        self.addOutput(QgsProcessingOutputNumber("DONE", tr("Images that were mapped")))
        self.addOutput(QgsProcessingOutputNumber("SKIPPED", tr("Images with nothing to do")))
        self.addOutput(QgsProcessingOutputNumber("FAILED", tr("Images that failed")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse layers that are no files, and a job without images."""
        super().check(parameters, context)
        check_area(parameters)
        self._inputs(parameters, context)

    def _inputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> list[str]:
        layers = self.parameterAsLayerList(parameters, INPUT, context) if is_given(parameters, INPUT) else []
        if not all(isinstance(layer, QgsRasterLayer) and layer.isValid() for layer in layers):
            raise SourceError(tr("An image cannot be opened: choose raster layers or files."))
        found = [raster_path(layer) for layer in layers]
        found += [
            self.parameterAsFile(parameters, name, context)
            for name in ("FOLDER", "LIST")
            if is_given(parameters, name)
        ]
        if not found:
            raise SourceError(tr("There is nothing to map: name images, a folder, or a list of them."))
        return found

    def _formats(self, parameters: dict[str, Any], context: QgsProcessingContext) -> list[str]:
        """Kinds of the files of every image."""
        # QGIS takes a choice of nothing for the default.
        if parameters.get("FORMATS") == []:
            return []
        return list(self.parameterAsEnumStrings(parameters, "FORMATS", context))

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        """Read the layers, which belong to the main thread."""
        with shown_errors():
            self._arguments = self._inputs(parameters, context)
            self._arguments += ["--model", self.parameterAsString(parameters, "MODEL", context)]
            area = area_file(self, parameters, context, self.parameterAsExtentCrs(parameters, "AOI", context))
            if area:
                self._arguments += ["--aoi", area]
            self._arguments += text_arguments(self, parameters, context, _TEXTS)
            self._arguments += computing_arguments(self, parameters, context)
            formats = self._formats(parameters, context)
            self._arguments += polygon_arguments(
                self,
                parameters,
                context,
                feedback,
                polygons=is_given(parameters, POLYGONS) or any(kind != "tif" for kind in formats),
            )
            for name, option, unusual in (
                ("CONFIDENCE", "--confidence", True),
                ("SEAMLESS", "--no-seamless", False),
                ("OVERWRITE", "--overwrite", True),
            ):
                if self.parameterAsBool(parameters, name, context) is unusual:
                    self._arguments.append(option)
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Run the engine, then lay the styles beside what it made."""
        folder = self.parameterAsString(parameters, OUTPUT, context)
        temporary = is_temporary(folder)
        if temporary:
            feedback.pushWarning(
                tr(
                    "The folder of the maps is temporary: it goes when QGIS is closed, and no other job goes on from it. To "
                    "keep what is finished, name a folder."
                )
            )
        mosaics = {
            name: path
            for name in (POLYGONS, MOSAIC)
            if is_given(parameters, name) and (path := self.parameterAsOutputLayer(parameters, name, context))
        }
        formats = self._formats(parameters, context)
        arguments = ["batch", *self._arguments, "--out-dir", folder, "--format", ",".join(formats) or "none"]
        for path in mosaics.values():
            arguments += ["--mosaic", path]
        catalogues = [text_of(self, parameters, context, "STAC")] if is_given(parameters, "STAC") else []
        with shown_errors():
            engine = self.ask_engine(parameters, context, feedback)
            try:
                report = self.run_job(
                    engine,
                    [*arguments, *IN_JSON],
                    [folder, *mosaics.values(), *catalogues],
                    feedback,
                    told=_TOLD,
                    resumable=not temporary,
                    incomplete=_SOME_FAILED,
                )
            except Stopped as stopped:
                if not temporary:
                    raise
                raise Stopped(
                    tr("Stopped: what is finished lies in {} until QGIS is closed.").format(folder)
                ) from stopped
        _tell(self, report, feedback)
        for path in _paths(report["tiles"]):
            if path.endswith("_confidence.tif"):
                style_confidence(path)
        if POLYGONS in mosaics:
            style_polygons(mosaics[POLYGONS], report["classes"])
        _place(self, mosaics, context)
        counts = {name: report[name.lower()] for name in ("DONE", "SKIPPED", "FAILED")}
        return {OUTPUT: folder, **mosaics, **counts}


def _paths(results: list[dict[str, Any]]) -> list[str]:
    return [str(output) for result in results for output in result["outputs"]]


def _tell(algorithm: EngineAlgorithm, report: dict[str, Any], feedback: QgsProcessingFeedback) -> None:
    """Write into the log what became of the images."""
    for tile in report["tiles"]:
        if tile["status"] == "failed":
            feedback.reportError(f"{tile['tile']}: {as_in_dialog(tile['reason'], algorithm)}")
        elif tile["reason"]:
            feedback.pushInfo(f"{tile['tile']}: {tile['reason']}")
    feedback.pushInfo(
        tr("{done} images mapped, {skipped} skipped, {failed} failed").format(
            done=report["done"], skipped=report["skipped"], failed=report["failed"]
        )
    )


def _place(algorithm: EngineAlgorithm, mosaics: dict[str, str], context: QgsProcessingContext) -> None:
    names = {POLYGONS: tr("Land cover polygons"), MOSAIC: tr("Land cover")}
    for order, (name, path) in enumerate(mosaics.items()):
        placing = Placing(tr("GLNet: mosaic"), order, visible=True)
        show_as(algorithm, name, path, context, name=names[name], placing=placing)
