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
    from glnet_geo.batching.batch import batch
    from glnet_geo.batching.outputs import Outputs
    from glnet_geo.batching.report import BatchReport, TileResult
    from glnet_geo.core.polygons.drawing import Drawing
    from glnet_geo.errors import DoubtfulInputWarning, GlnetGeoError
    from glnet_geo.learn import train
    from glnet_geo.learn_options import (
        DrawnPolygons,
        LabelMaps,
        PublishedDataset,
        TrainOptions,
        TrainSummary,
    )
    from glnet_geo.model.package import Model, load_model
    from glnet_geo.pipeline import check, classify
    from glnet_geo.plan import Options
    from glnet_geo.report import ClassShare, Forecast, Summary
    from glnet_geo.vectorization import Vectorization, vectorize

__version__ = "0.1.0"

__all__ = [
    "BatchReport",
    "ClassShare",
    "DoubtfulInputWarning",
    "Drawing",
    "DrawnPolygons",
    "Evaluation",
    "Forecast",
    "GlnetGeoError",
    "LabelMaps",
    "Model",
    "Options",
    "Outputs",
    "PublishedDataset",
    "SampleSummary",
    "Summary",
    "TileResult",
    "TrainOptions",
    "TrainSummary",
    "Vectorization",
    "batch",
    "check",
    "classify",
    "evaluate",
    "evaluate_model",
    "load_model",
    "sample",
    "train",
    "vectorize",
]

_HOMES = {
    "BatchReport": "glnet_geo.batching.report",
    "ClassShare": "glnet_geo.report",
    "DoubtfulInputWarning": "glnet_geo.errors",
    "Drawing": "glnet_geo.core.polygons.drawing",
    "DrawnPolygons": "glnet_geo.learn_options",
    "Evaluation": "glnet_geo.assess.assessment",
    "Forecast": "glnet_geo.report",
    "GlnetGeoError": "glnet_geo.errors",
    "LabelMaps": "glnet_geo.learn_options",
    "Model": "glnet_geo.model.package",
    "Options": "glnet_geo.plan",
    "Outputs": "glnet_geo.batching.outputs",
    "PublishedDataset": "glnet_geo.learn_options",
    "SampleSummary": "glnet_geo.assess.sampling",
    "Summary": "glnet_geo.report",
    "TileResult": "glnet_geo.batching.report",
    "TrainOptions": "glnet_geo.learn_options",
    "TrainSummary": "glnet_geo.learn_options",
    "Vectorization": "glnet_geo.vectorization",
    "batch": "glnet_geo.batching.batch",
    "check": "glnet_geo.pipeline",
    "classify": "glnet_geo.pipeline",
    "evaluate": "glnet_geo.assess.maps",
    "evaluate_model": "glnet_geo.assess.models",
    "load_model": "glnet_geo.model.package",
    "sample": "glnet_geo.assess.sampling",
    "train": "glnet_geo.learn",
    "vectorize": "glnet_geo.vectorization",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"glnet_geo has no {name!r}")
    return getattr(import_module(_HOMES[name]), name)
