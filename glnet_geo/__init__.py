"""Wall-to-wall land-cover maps from any GeoTIFF, of any size, on any machine, in bounded memory.

    import glnet_geo

    summary = glnet_geo.classify("scene.tif", out="landcover.gpkg")

The names below are the public ones. They are imported when first used, so that importing the package is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glnet_geo.assess.assessment import Evaluation
    from glnet_geo.assess.maps import evaluate
    from glnet_geo.assess.models import evaluate_model
    from glnet_geo.assess.sampling import SampleSummary, sample
    from glnet_geo.errors import DoubtfulInputWarning, GlnetGeoError
    from glnet_geo.model.package import Model, load_model
    from glnet_geo.pipeline import check, classify
    from glnet_geo.plan import Options
    from glnet_geo.report import ClassShare, Forecast, Summary

__version__ = "0.1.0"

__all__ = [
    "ClassShare",
    "DoubtfulInputWarning",
    "Evaluation",
    "Forecast",
    "GlnetGeoError",
    "Model",
    "Options",
    "SampleSummary",
    "Summary",
    "check",
    "classify",
    "evaluate",
    "evaluate_model",
    "load_model",
    "sample",
]

_HOMES = {
    "ClassShare": "glnet_geo.report",
    "DoubtfulInputWarning": "glnet_geo.errors",
    "Evaluation": "glnet_geo.assess.assessment",
    "Forecast": "glnet_geo.report",
    "GlnetGeoError": "glnet_geo.errors",
    "Model": "glnet_geo.model.package",
    "Options": "glnet_geo.plan",
    "SampleSummary": "glnet_geo.assess.sampling",
    "Summary": "glnet_geo.report",
    "check": "glnet_geo.pipeline",
    "classify": "glnet_geo.pipeline",
    "evaluate": "glnet_geo.assess.maps",
    "evaluate_model": "glnet_geo.assess.models",
    "load_model": "glnet_geo.model.package",
    "sample": "glnet_geo.assess.sampling",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"glnet_geo has no {name!r}")
    return getattr(import_module(_HOMES[name]), name)
