"""What a map depends on, by names for a person: finished parts are taken over by the same job alone."""

from __future__ import annotations

from pathlib import Path

import glnet_geo
from glnet_geo.io.polygons.aoi import area_mark
from glnet_geo.io.scenes.source_files import raster_identity
from glnet_geo.model.machine import Machine
from glnet_geo.model.package import Model
from glnet_geo.plan import Options, Plan

SURE = "polygons or confidence"
"""Under which name a job says whether any output tells how sure the map is."""


def scene_job(plan: Plan, options: Options, *, confidence: bool) -> dict[str, object]:
    """Everything that the rows of a map depend on, by names for a person."""
    return job_of(plan, options) | {"scene": raster_identity(plan.scene.path), SURE: confidence}


def job_of(plan: Plan, options: Options) -> dict[str, object]:
    """What the rows of a map depend on beside the scene, by names for a person."""
    return means_of(plan.model, plan.machine, options) | {
        "bands": plan.scene.bands,
        "value range": plan.normalization.value_range,
    }


def means_of(model: Model, machine: Machine, options: Options) -> dict[str, object]:
    """What all maps of a run depend on, whatever the scene, by names for a person."""
    return {
        "version": glnet_geo.__version__,
        "model": model.sha256,
        "nodata": options.nodata,
        "area of interest": None if options.aoi is None else area_mark(Path(options.aoi)),
        "device": machine.device,
        "precision": str(machine.dtype),
    }
