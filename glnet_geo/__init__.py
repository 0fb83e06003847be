"""Wall-to-wall land-cover maps from any GeoTIFF, of any size, on any machine, in bounded memory.

    import glnet_geo

    summary = glnet_geo.classify("scene.tif", out="landcover.gpkg")

The names in ``__all__`` are the public ones. They are imported when they are first used, so that importing the package
is quick. The kinds of `GlnetGeoError` are in `glnet_geo.errors`, clusters in `glnet_geo.cluster.clusters`.
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
    from glnet_geo.core.legend import LandClass, Legend
    from glnet_geo.core.polygons.drawing import Drawing
    from glnet_geo.core.progress import Progress
    from glnet_geo.errors import DoubtfulInputWarning, GlnetGeoError
    from glnet_geo.frames import Frames
    from glnet_geo.learn import train
    from glnet_geo.learn_options import DrawnPolygons, LabelMaps, PublishedDataset, TrainOptions, TrainSummary
    from glnet_geo.model.package import Model, load_model
    from glnet_geo.pipeline import check, classify
    from glnet_geo.plan import Options
    from glnet_geo.report import ClassShare, Forecast, Summary
    from glnet_geo.training.augment import Augmentation
    from glnet_geo.vectorization import Vectorization, vectorize

__version__ = "0.1.0"

__all__ = [
    "Augmentation",
    "BatchReport",
    "ClassShare",
    "DoubtfulInputWarning",
    "Drawing",
    "DrawnPolygons",
    "Evaluation",
    "Forecast",
    "Frames",
    "GlnetGeoError",
    "LabelMaps",
    "LandClass",
    "Legend",
    "Model",
    "Options",
    "Outputs",
    "Progress",
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
    "Augmentation": "glnet_geo.training.augment",
    "BatchReport": "glnet_geo.batching.report",
    "ClassShare": "glnet_geo.report",
    "DoubtfulInputWarning": "glnet_geo.errors",
    "Drawing": "glnet_geo.core.polygons.drawing",
    "DrawnPolygons": "glnet_geo.learn_options",
    "Evaluation": "glnet_geo.assess.assessment",
    "Forecast": "glnet_geo.report",
    "Frames": "glnet_geo.frames",
    "GlnetGeoError": "glnet_geo.errors",
    "LabelMaps": "glnet_geo.learn_options",
    "LandClass": "glnet_geo.core.legend",
    "Legend": "glnet_geo.core.legend",
    "Model": "glnet_geo.model.package",
    "Options": "glnet_geo.plan",
    "Outputs": "glnet_geo.batching.outputs",
    "Progress": "glnet_geo.core.progress",
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
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
