"""Draws an imaginary coastal town from above: a photograph, and the class of every pixel in it.

All lengths are in pixels of 0.6 m, positions are (x, y) with x to the right and y down from the upper left corner, and
angles turn from x towards y. A shape is given by its signed distance: negative inside, zero on the edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import camera, green, ground, landmarks, plan, quarters, roads, streets, traffic
from .canvas import Canvas, Cover
from .town import Town

__all__ = ["NODATA", "Cover", "Sample", "render"]

NODATA = camera.NODATA


@dataclass(frozen=True, slots=True)
class Sample:
    """A photograph and its label.

    Attributes:
        photograph: (3, rows, cols) uint8, red, green, blue; 0 where not valid.
        label: (rows, cols) uint8 of `Cover`; `NODATA` where not valid.
        valid: (rows, cols) bool, True = photographed.
    """

    photograph: NDArray[np.uint8]
    label: NDArray[np.uint8]
    valid: NDArray[np.bool_]


def render(seed: int) -> Sample:
    """Draw the town; the same seed draws the same town."""
    rng = np.random.default_rng(seed)
    canvas = Canvas(plan.ROWS, plan.COLS)
    shore = ground.shore_distance(rng, canvas.shape)
    ground.draw_desert(canvas, rng)
    ground.draw_tracks(canvas, rng)
    ground.draw_water(canvas, rng, shore)

    network = streets.all_roads(shore)
    survey = roads.survey(canvas, network)
    roads.draw_roads(canvas, rng, network, survey, shore)

    town = Town(canvas, rng)
    green.draw_greens(town)
    landmarks.build_landmarks(town, shore)
    quarters.build_quarters(town, network)
    green.scatter_scrub(town)
    traffic.plant_avenues(town, network, survey)
    traffic.drive(town, network, survey)
    town.rise()

    valid = camera.footprint(rng, canvas.shape)
    photograph = camera.expose(canvas, rng) * valid
    return Sample(photograph, np.where(valid, canvas.label, NODATA).astype(np.uint8), valid)
