"""Reference polygons on the pixels of a map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from glnet_geo.core.accuracy.matching import Label
from glnet_geo.core.legend import NODATA
from glnet_geo.core.strip import Strip
from glnet_geo.core.window import Window
from glnet_geo.errors import EvaluationError
from glnet_geo.io.geodesy.placed import Placed
from glnet_geo.io.polygons.aoi import Aoi
from glnet_geo.io.polygons.placing import valid_polygons_in
from glnet_geo.io.references.vector import LabelledShapes

_ROWS_AT_ONCE = 512


class PolygonReference:
    """Reference polygons on the pixels of a map; a pixel is inside where its centre is.

    Args:
        shapes: the polygons.
        mapped: the map.
        meaning: what each label means: labels that mean the same do not contradict each other.

    Attributes:
        name: of the file.
        labels: what the classes are called, in the order of the values in `strips`.
        notes: sentences for the log.
        contradictory: pixels, so far, that lie in polygons of several classes; they are not compared.

    Raises:
        EvaluationError: no labelled polygon holds a pixel of the map, or they cannot be placed on it.
    """

    def __init__(self, shapes: LabelledShapes, mapped: Placed, meaning: Mapping[Label, int]) -> None:
        self.name, self.notes = shapes.name, shapes.notes
        self.labels = shapes.occurring
        self.contradictory = 0
        self._shape = mapped.height, mapped.width
        place = shapes.placing(mapped)
        scene = Window.whole((mapped.height, mapped.width))
        extent = place.extent(scene)
        meant = [meaning[label] for label in self.labels]
        # The first label of a meaning stands for all.
        codes = {label: meant.index(meaning[label]) for label in self.labels}
        of_shape = np.array([-1 if label is None else codes[label] for label in shapes.labels])
        self._areas = [
            Aoi.of(place.on_grid(valid_polygons_in(shapes.shapes[of_shape == code]), extent), scene)
            for code in range(len(self.labels))
        ]
        if not any(self._areas):
            raise EvaluationError(
                f"no labelled polygon of {self.name} holds the centre of a pixel of {mapped.name}: check that both show "
                "one place, and their CRS"
            )

    def strips(self) -> Iterator[Strip]:
        """All rows from top to bottom, as places in the labels, 255 where there is no class."""
        height, width = self._shape
        for row in range(0, height, _ROWS_AT_ONCE):
            window = Window(row=row, col=0, height=min(_ROWS_AT_ONCE, height - row), width=width)
            classes = np.full(window.shape, NODATA, dtype=np.uint8)
            contradicted = np.zeros(window.shape, dtype=np.bool_)
            for code, area in enumerate(self._areas):
                part = None if area is None else area.bounds.intersection(window)
                if area is None or part is None:
                    continue
                inside = area.mask(part)
                here = (slice(part.row - row, part.row_stop - row), part.cols)
                contradicted[here] |= inside & (classes[here] != NODATA)
                classes[here][inside] = code
            classes[contradicted] = NODATA
            self.contradictory += int(contradicted.sum())
            yield Strip(row=row, classes=classes)
