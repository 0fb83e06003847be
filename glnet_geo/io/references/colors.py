"""Reference maps that are pictures: the colour of a pixel tells its class."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.colors import nearest_colors, packed_colors
from glnet_geo.core.legend import NODATA
from glnet_geo.core.strip import Strip
from glnet_geo.core.window import Window
from glnet_geo.errors import doubt
from glnet_geo.io.labelled_data.labels import lossy
from glnet_geo.io.references.key import ReferenceKey
from glnet_geo.io.scenes.source import Source
from glnet_geo.io.scenes.validity import Validity

_PIXELS_AT_ONCE = 1 << 22


class ColorReference:
    """A raster of red, green and blue that draws classes, on the grid of a map; it is read once to see which occur.

    Args:
        source: the open raster; whoever opened it closes it.
        key: what its colours mean.

    Attributes:
        name: without its folder.
        labels: what the classes that occur are called, in the order of the values in `strips`.
        notes: sentences for the log.

    Raises:
        EvaluationError: a colour means nothing.
    """

    def __init__(self, source: Source, key: ReferenceKey) -> None:
        self.name = source.name
        self._source = source
        dataset = source.dataset()
        self._alpha = dataset.count == 4
        self._validity = Validity.of(dataset, (1, 2, 3), dataset.dtypes[0], None)
        known = key.labels_of_colors(self.name)
        self._lossy = lossy(dataset)
        self._colors = np.array(sorted(known), dtype=np.int64)
        found = self._occurring(key)
        self.labels = tuple(known[color] for color in found)
        self.notes: tuple[str, ...] = ()
        if not key.own:
            self.notes = (f"the colours of {self.name} are taken for those of the map's classes",)
        self._colors = np.array(found, dtype=np.int64)

    def strips(self) -> Iterator[Strip]:
        """All rows from top to bottom, as places in the labels, 255 where there is no class."""
        for row, shown, opaque in self._shown():
            place = np.searchsorted(self._colors, shown)
            yield Strip(row=row, classes=np.where(opaque, place, NODATA).astype(np.uint8))

    def _occurring(self, key: ReferenceKey) -> list[int]:
        """All colours that the raster shows, rising.

        Raises:
            EvaluationError: one means nothing.
        """
        if self._lossy:
            doubt(
                f"{self.name} is compressed with loss, so its colours are not exact: each is taken for the nearest that is "
                "known; a PNG would be safer"
            )
        found: set[int] = set()
        for _, shown, opaque in self._shown():
            colors = np.unique(shown[opaque])
            strange = colors[~np.isin(colors, self._colors)]
            if strange.size:
                raise key.stranger(int(strange[0]), self.name)
            found.update(colors.tolist())
        return sorted(found)

    def _shown(self) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.bool_]]]:
        """The first row, the packed colours and where they are opaque, of all rows from top to bottom."""
        dataset = self._source.dataset()
        step = max(1, _PIXELS_AT_ONCE // dataset.width)
        for row in range(0, dataset.height, step):
            rows = min(step, dataset.height - row)
            window = Window(row=row, col=0, height=rows, width=dataset.width)
            bands = range(1, 5 if self._alpha else 4)
            raw = self._source.values(bands, window)
            shown = packed_colors(raw[:3])
            opaque = self._validity.apply(self._source, window, raw[:3])
            if self._alpha:
                opaque &= raw[3] > 0
            yield row, self._nearest(shown) if self._lossy else shown, opaque

    def _nearest(self, shown: NDArray[np.int64]) -> NDArray[np.int64]:
        """The known colours that differ least."""
        return self._colors[nearest_colors(shown, self._colors)]
