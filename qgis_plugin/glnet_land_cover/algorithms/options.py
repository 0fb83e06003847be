"""Parameters that algorithms share, and the options of the command line that they become."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingParameterBand,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsRasterLayer,
)

from ..sources import SourceError, features_file, polygon_file, raster_path
from ..translation import tr
from .base import EngineAlgorithm

Parameters = dict[str, Any]

INPUT = "INPUT"
DEFAULT_MODEL = "urban"
_DEVICES = ["auto", "cpu", "cuda", "mps"]
_PRECISIONS = ["auto", "fp32", "bf16", "fp16"]
_MODEL_WIDGET = {"widget_wrapper": {"class": f"{__package__.rsplit('.', 1)[0]}.model_choice.ModelChoice"}}


def add_scene(algorithm: EngineAlgorithm) -> None:
    """Add what to classify, with which model, and where."""
    algorithm.addParameter(QgsProcessingParameterRasterLayer(INPUT, tr("Image")))
    model = QgsProcessingParameterString(
        "MODEL", tr("Model: one that is installed, or a model file (.safetensors)"), DEFAULT_MODEL
    )
    model.setMetadata(_MODEL_WIDGET)
    algorithm.addParameter(model)
    algorithm.addParameter(
        QgsProcessingParameterBand(
            "BANDS",
            tr("Bands in the model's order, such as red, green, blue (none: found by name or place)"),
            parentLayerParameterName=INPUT,
            optional=True,
            allowMultiple=True,
        )
    )
    algorithm.addParameter(QgsProcessingParameterExtent("AOI", tr("Only within this extent"), optional=True))
    algorithm.addParameter(
        QgsProcessingParameterFeatureSource(
            "AOI_LAYER",
            tr("Only within these polygons"),
            [QgsProcessing.TypeVectorPolygon],
            optional=True,
        )
    )


def add_computing(algorithm: EngineAlgorithm) -> None:
    """Add what few people change."""
    number = QgsProcessingParameterNumber
    for parameter in (
        number(
            "NODATA", tr("Value without data, if the image does not declare it"), number.Double, optional=True
        ),
        QgsProcessingParameterString(
            "VALUE_RANGE",
            tr("Values that become darkest and brightest, such as 0,3000 (empty: found)"),
            optional=True,
        ),
        _enum("DEVICE", tr("Compute on"), _DEVICES),
        _enum("PRECISION", tr("Precision"), _PRECISIONS),
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


def _enum(name: str, label: str, values: list[str]) -> QgsProcessingParameterEnum:
    return QgsProcessingParameterEnum(name, label, values, defaultValue=values[0], usesStaticStrings=True)


def add_polygon_options(algorithm: EngineAlgorithm) -> None:
    """Add how polygons are drawn."""
    number = QgsProcessingParameterNumber
    for parameter in (
        number(
            "MIN_AREA",
            tr("Merge areas smaller than (m²) into a neighbour"),
            number.Double,
            optional=True,
            minValue=0,
        ),
        number("SIMPLIFY", tr("Simplify borders by (m)"), number.Double, optional=True, minValue=0),
        QgsProcessingParameterBoolean("SMOOTH", tr("Smooth borders"), False),
        QgsProcessingParameterBoolean("DISSOLVE", tr("One feature for each class"), False),
        QgsProcessingParameterEnum(
            "CONNECTIVITY",
            tr("Pixels are one area where they share"),
            [tr("an edge"), tr("an edge or a corner")],
            optional=True,
        ),
        number(
            "MAX_VERTICES",
            tr("Cut polygons with more corners than"),
            number.Integer,
            optional=True,
            minValue=4,
        ),
        QgsProcessingParameterCrs("CRS", tr("CRS of the polygons (empty: that of the image)"), optional=True),
    ):
        algorithm.add_advanced(parameter)


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
                parameters.get(INPUT, "")
            )
        )
    return layer


def check_scene(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> None:
    """Refuse what `scene_arguments` could not hand over, before the job starts.

    Raises:
        SourceError: a layer is no file, or an area is named twice.
    """
    raster_path(raster_input(algorithm, parameters, context))
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
    bands = algorithm.parameterAsInts(parameters, "BANDS", context) if is_given(parameters, "BANDS") else []
    if bands:
        arguments += ["--bands", ",".join(str(band) for band in bands)]
    area = _area(algorithm, parameters, context, layer)
    if area:
        arguments += ["--aoi", area]
    return arguments + _computing_arguments(algorithm, parameters, context)


def is_given(parameters: Parameters, name: str) -> bool:
    """Whether a parameter has a value."""
    return parameters.get(name) not in (None, "", [])


def _area(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext, layer: QgsRasterLayer
) -> str:
    """A file of the area of interest; empty for everything."""
    if is_given(parameters, "AOI_LAYER"):
        source = algorithm.parameterAsSource(parameters, "AOI_LAYER", context)
        if source is None:
            raise SourceError(tr("The layer of polygons cannot be opened: choose another."))
        return features_file(source)
    if is_given(parameters, "AOI"):
        crs = layer.crs()
        return polygon_file(algorithm.parameterAsExtentGeometry(parameters, "AOI", context, crs), crs)
    return ""


def _computing_arguments(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext
) -> list[str]:
    arguments: list[str] = []
    for name, option in (
        ("NODATA", "--nodata"),
        ("VALUE_RANGE", "--value-range"),
        ("MAX_MEMORY", "--max-memory"),
        ("MAX_GPU_MEMORY", "--max-gpu-memory"),
    ):
        if is_given(parameters, name):
            # Joined, as a value may begin with a minus.
            arguments.append(f"{option}={text_of(algorithm, parameters, context, name)}")
    for name, option in (("DEVICE", "--device"), ("PRECISION", "--precision")):
        value = algorithm.parameterAsEnumString(parameters, name, context)
        if value and value != "auto":
            arguments += [option, value]
    if algorithm.parameterAsBool(parameters, "EXACT", context):
        arguments.append("--exact")
    return arguments


def text_of(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext, name: str
) -> str:
    """A number or a text as the command line takes it: 0 and not 0.0."""
    if algorithm.parameterDefinition(name).type() == QgsProcessingParameterNumber.typeName():
        return f"{algorithm.parameterAsDouble(parameters, name, context):.15g}"
    return str(algorithm.parameterAsString(parameters, name, context)).strip()


def polygon_arguments(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext
) -> list[str]:
    """The options that say how polygons are drawn; none where nothing is asked for."""
    arguments: list[str] = []
    for name, option in (
        ("MIN_AREA", "--min-area"),
        ("SIMPLIFY", "--simplify"),
        ("MAX_VERTICES", "--max-vertices"),
    ):
        if is_given(parameters, name):
            arguments += [option, text_of(algorithm, parameters, context, name)]
    if is_given(parameters, "CONNECTIVITY"):
        arguments += [
            "--connectivity",
            ("4", "8")[algorithm.parameterAsEnum(parameters, "CONNECTIVITY", context)],
        ]
    for name, option in (("SMOOTH", "--smooth"), ("DISSOLVE", "--dissolve")):
        if algorithm.parameterAsBool(parameters, name, context):
            arguments.append(option)
    if is_given(parameters, "CRS"):
        crs = algorithm.parameterAsCrs(parameters, "CRS", context)
        if crs.isValid():
            arguments += ["--crs", crs.authid() or crs.toWkt()]
    return arguments
