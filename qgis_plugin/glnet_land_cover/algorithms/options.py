"""Parameters that algorithms share, and the options of the command line that they become."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsMapLayer,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingParameterBand,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProcessingUtils,
    QgsRasterLayer,
)

from ..sources import SourceError, raster_path
from ..translation import tr
from ..vector_sources import features_file, is_whole, layer_of, own_file, polygon_file
from .base import EngineAlgorithm, named_file

Parameters = dict[str, Any]

INPUT = "INPUT"
DEFAULT_MODEL = "urban"
_DEVICES = ["auto", "cpu", "cuda", "mps"]
_PRECISIONS = ["auto", "fp32", "bf16", "fp16"]
_TEXTS = ("NODATA", "VALUE_RANGE", "MAX_MEMORY", "MAX_GPU_MEMORY")
_MODEL_WIDGET = {"widget_wrapper": {"class": f"{__package__.rsplit('.', 1)[0]}.model_choice.ModelChoice"}}


def add_scene(algorithm: EngineAlgorithm) -> None:
    """Add what to classify, with which model, and where."""
    algorithm.addParameter(QgsProcessingParameterRasterLayer(INPUT, tr("Image")))
    algorithm.addParameter(
        model_parameter(tr("Model: one that is installed, or a model file (.safetensors)"))
    )
    algorithm.addParameter(
        QgsProcessingParameterBand(
            "BANDS",
            tr("Bands in the model's order, such as red, green, blue (none: found by name or place)"),
            parentLayerParameterName=INPUT,
            optional=True,
            allowMultiple=True,
        )
    )
    add_area(algorithm)


def add_area(algorithm: EngineAlgorithm) -> None:
    """Add where to classify."""
    algorithm.addParameter(QgsProcessingParameterExtent("AOI", tr("Only within this extent"), optional=True))
    algorithm.addParameter(
        QgsProcessingParameterFeatureSource(
            "AOI_LAYER",
            tr("Only within these polygons"),
            [QgsProcessing.TypeVectorPolygon],
            optional=True,
        )
    )


def model_parameter(label: str) -> QgsProcessingParameterString:
    """MODEL, which the dialog offers as a list of what is installed."""
    parameter = QgsProcessingParameterString("MODEL", label, DEFAULT_MODEL)
    parameter.setMetadata(_MODEL_WIDGET)
    return parameter


def add_computing(algorithm: EngineAlgorithm) -> None:
    """Add what few people change."""
    number = QgsProcessingParameterNumber
    for parameter in (
        number(
            "NODATA",
            tr("Value without data, instead of one that the image declares"),
            number.Double,
            optional=True,
        ),
        QgsProcessingParameterString(
            "VALUE_RANGE",
            tr("Values that become darkest and brightest, such as 0,3000 (empty: found)"),
            optional=True,
        ),
        device_parameter(),
        choice_parameter("PRECISION", tr("Precision"), _PRECISIONS),
        QgsProcessingParameterString(
            "MAX_MEMORY", tr("Refuse jobs that need more memory than, such as 4GB"), optional=True
        ),
        QgsProcessingParameterString(
            "MAX_GPU_MEMORY", tr("Use at most this much GPU memory, such as 2GB"), optional=True
        ),
        QgsProcessingParameterBoolean(
            "EXACT", tr("Compute exactly as the published code does (slow)"), False
        ),
    ):
        algorithm.add_advanced(parameter)


def bands_parameter() -> QgsProcessingParameterString:
    """BANDS of several images, as text."""
    label = tr("Bands in the model's order, such as 3,2,1 or red,green,blue (empty: found by name or place)")
    return QgsProcessingParameterString("BANDS", label, optional=True)


def device_parameter() -> QgsProcessingParameterEnum:
    """DEVICE."""
    return choice_parameter("DEVICE", tr("Compute on"), _DEVICES)


def choice_parameter(name: str, label: str, values: list[str]) -> QgsProcessingParameterEnum:
    """One of some words of the command line; the first is the default."""
    return QgsProcessingParameterEnum(name, label, values, defaultValue=values[0], usesStaticStrings=True)


def raster_input(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext
) -> QgsRasterLayer:
    """The layer of INPUT.

    Raises:
        SourceError: there is none.
    """
    layer: QgsRasterLayer | None = algorithm.parameterAsRasterLayer(parameters, INPUT, context)
    if layer is None or not layer.isValid():
        raise SourceError(
            tr("“{}” cannot be opened as an image: choose a raster layer or file.").format(
                called(parameters.get(INPUT, ""))
            )
        )
    return layer


def called(value: Any) -> str:
    """What a layer that may not be opened is called, where a parameter holds one; else what it holds."""
    return str(value.name() if isinstance(value, QgsMapLayer) else value)


def check_scene(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> None:
    """Refuse what `scene_arguments` could not hand over, before the job starts.

    Raises:
        SourceError: a layer is no file, or an area is named twice.
    """
    raster_path(raster_input(algorithm, parameters, context))
    check_area(parameters)


def check_area(parameters: Parameters) -> None:
    """Refuse an area that is named twice.

    Raises:
        SourceError: it is.
    """
    if is_given(parameters, "AOI") and is_given(parameters, "AOI_LAYER"):
        raise SourceError(tr("An extent and polygons are both given: choose one of them."))


def scene_arguments(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext
) -> list[str]:
    """The scene and all options that say how it is classified.

    Raises:
        SourceError: a layer cannot be handed over.
    """
    layer = raster_input(algorithm, parameters, context)
    arguments = [raster_path(layer)]
    model = algorithm.parameterAsString(parameters, "MODEL", context)
    arguments += ["--model", model or DEFAULT_MODEL]
    bands = _bands(algorithm, parameters, context)
    if bands:
        arguments += ["--bands", bands]
    area = area_file(algorithm, parameters, context, layer.crs())
    if area:
        arguments += ["--aoi", area]
    return arguments + computing_arguments(algorithm, parameters, context)


def _bands(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    """BANDS with commas: numbers of a layer, or what a server's command has, names too; empty for none."""
    value = parameters.get("BANDS")
    # QGIS makes zeros of what it cannot read.
    if isinstance(value, str):
        return ",".join(words(value.replace(";", ",")))
    if isinstance(value, list):
        return ",".join(str(band) for band in value)
    bands = algorithm.parameterAsInts(parameters, "BANDS", context) if is_given(parameters, "BANDS") else []
    return ",".join(str(band) for band in bands)


def confidence_arguments(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext
) -> list[str]:
    """How sure the map is, where CONFIDENCE is given.

    Raises:
        SourceError: it cannot be handed over.
    """
    if not is_given(parameters, "CONFIDENCE"):
        return []
    layer = algorithm.parameterAsRasterLayer(parameters, "CONFIDENCE", context)
    if layer is None or not layer.isValid():
        raise SourceError(tr("The confidence cannot be opened: choose another raster, or none."))
    return ["--confidence", raster_path(layer)]


def is_given(parameters: Parameters, name: str) -> bool:
    """Whether a parameter has a value."""
    return parameters.get(name) not in (None, "", [])


def area_file(
    algorithm: EngineAlgorithm,
    parameters: Parameters,
    context: QgsProcessingContext,
    crs: QgsCoordinateReferenceSystem,
) -> str:
    """A file of the area of interest; empty for everything.

    Args:
        algorithm: whose.
        parameters: of the job.
        context: of the job.
        crs: to write an extent in.

    Raises:
        SourceError: it cannot be handed over, is empty, or is named twice.
    """
    # A model asks for no check before it runs an algorithm.
    check_area(parameters)
    if is_given(parameters, "AOI_LAYER"):
        source = algorithm.parameterAsSource(parameters, "AOI_LAYER", context)
        if source is None:
            raise SourceError(tr("The layer of polygons cannot be opened: choose another."))
        value = parameters["AOI_LAYER"]
        layer = layer_of(value, context) if is_whole(value) else None
        return (own_file(layer) if layer is not None else None) or features_file(source)
    if is_given(parameters, "AOI"):
        extent = algorithm.parameterAsExtentGeometry(parameters, "AOI", context, crs)
        if extent.isNull() or not extent.area():
            raise SourceError(
                tr("“{}” is empty: choose another.").format(
                    algorithm.parameterDefinition("AOI").description()
                )
            )
        return polygon_file(extent, crs)
    return ""


def computing_arguments(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext
) -> list[str]:
    """What few people change, where they have."""
    arguments = text_arguments(algorithm, parameters, context, _TEXTS)
    arguments += choice_arguments(algorithm, parameters, context)
    if algorithm.parameterAsBool(parameters, "EXACT", context):
        arguments.append("--exact")
    return arguments


def text_arguments(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext, names: Sequence[str]
) -> list[str]:
    """Those of these numbers and texts that are given; the option of VALUE_RANGE is ``--value-range``."""
    # Joined, as a value may begin with a minus.
    return [
        f"--{name.lower().replace('_', '-')}={text_of(algorithm, parameters, context, name)}"
        for name in names
        if is_given(parameters, name)
    ]


def choice_arguments(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext
) -> list[str]:
    """Device and precision where they are not left to the engine."""
    arguments: list[str] = []
    for name, option in (("DEVICE", "--device"), ("PRECISION", "--precision")):
        value = algorithm.parameterAsEnumString(parameters, name, context)
        if value and value != "auto":
            arguments += [option, value]
    return arguments


def is_temporary(output: Any) -> bool:
    """Whether an output is lost when QGIS is closed, and is made elsewhere in the next run."""
    name = named_file(output)
    folder, path = (
        os.path.normcase(os.path.realpath(each)) for each in (QgsProcessingUtils.tempFolder(), name)
    )
    return not name or path.startswith(os.path.join(folder, ""))


def check_resumable(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext, outputs: Sequence[str]
) -> None:
    """Refuse to keep for the next run what it could not find.

    Raises:
        SourceError: RESUME is asked for, and one of these outputs is temporary.
    """
    if algorithm.parameterAsBool(parameters, "RESUME", context) and any(
        is_temporary(parameters.get(name)) for name in outputs
    ):
        raise SourceError(
            tr(
                "“{}” needs outputs that the next run finds again: name files instead of temporary ones, or switch it off."
            ).format(algorithm.parameterDefinition("RESUME").description())
        )


def ends_with(output: Any, suffix: str) -> bool:
    """Whether an output has a suffix; temporary ones get theirs from QGIS."""
    name = named_file(output)
    return not name or name.lower().endswith(suffix)


def words(text: str) -> list[str]:
    """The parts of a list with commas; one that holds commas itself stands in quotes, as in a table of text."""
    lines = csv.reader(text.splitlines(), skipinitialspace=True)
    return [part.strip() for line in lines for part in line if part.strip()]


def text_of(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext, name: str
) -> str:
    """A number or a text as the command line takes it: 0 and not 0.0."""
    if algorithm.parameterDefinition(name).type() == QgsProcessingParameterNumber.typeName():
        return f"{algorithm.parameterAsDouble(parameters, name, context):.15g}"
    return str(algorithm.parameterAsString(parameters, name, context)).strip()
