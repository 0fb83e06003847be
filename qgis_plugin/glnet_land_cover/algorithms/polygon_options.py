"""How polygons are drawn: parameters that algorithms share, and the options of the command line that they become."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
)

from ..translation import tr
from .base import EngineAlgorithm
from .options import Parameters, is_given, text_of

_AUTHORITIES = ("EPSG", "ESRI", "IGNF", "OGC")
"""Whose CRSs every PROJ has."""
_ONLY_SHAPES = ("SIMPLIFY", "MAX_VERTICES", "SMOOTH", "DISSOLVE", "CRS")


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
            tr("Cut polygons with more corners than (0: never)"),
            number.Integer,
            optional=True,
            minValue=0,
        ),
        QgsProcessingParameterCrs("CRS", tr("CRS of the polygons (empty: that of the image)"), optional=True),
    ):
        algorithm.add_advanced(parameter)


def polygon_arguments(
    algorithm: EngineAlgorithm,
    parameters: Parameters,
    context: QgsProcessingContext,
    feedback: QgsProcessingFeedback,
    *,
    polygons: bool = True,
) -> list[str]:
    """The options that say how polygons are drawn; none where nothing is asked for.

    Where no polygons are made, those that only shape polygons are left out, which the log tells: the engine refuses them.
    """
    arguments: list[str] = []
    for name, option in (
        ("MIN_AREA", "--min-area"),
        ("SIMPLIFY", "--simplify"),
        ("MAX_VERTICES", "--max-vertices"),
    ):
        if is_given(parameters, name) and (polygons or name not in _ONLY_SHAPES):
            arguments += [option, text_of(algorithm, parameters, context, name)]
    if is_given(parameters, "CONNECTIVITY"):
        arguments += [
            "--connectivity",
            ("4", "8")[algorithm.parameterAsEnum(parameters, "CONNECTIVITY", context)],
        ]
    if not polygons:
        if any(parameters.get(name) for name in _ONLY_SHAPES):
            feedback.pushWarning(tr("Options that only shape polygons are left out: no polygons are made."))
        return arguments
    for name, option in (("SMOOTH", "--smooth"), ("DISSOLVE", "--dissolve")):
        if algorithm.parameterAsBool(parameters, name, context):
            arguments.append(option)
    if is_given(parameters, "CRS"):
        crs = algorithm.parameterAsCrs(parameters, "CRS", context)
        if crs.isValid():
            arguments += ["--crs", _crs_text(crs)]
    return arguments


def _crs_text(crs: QgsCoordinateReferenceSystem) -> str:
    """A CRS as the engine's PROJ knows it: those of a person, and of newer databases, only by their definition."""
    authority = crs.authid().partition(":")[0]
    if authority in _AUTHORITIES:
        return str(crs.authid())
    return str(crs.toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT_PREFERRED))
