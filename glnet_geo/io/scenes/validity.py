"""Which pixels of a scene are usable: by nodata value, alpha band or mask, as the file declares them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.io import DatasetReader

from glnet_geo.core.window import Window
from glnet_geo.errors import OptionError
from glnet_geo.io.scenes.source import Source, can_hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """The rule by which pixels of a scene are usable.

    A dark roof may have the value 0 in one band, so a pixel lacks data only where *all* bands have the nodata
    value. A value that no measurement takes (negative, NaN) tells from *any* band that something is missing.

    Attributes:
        nodata: of each band that is read, None where it has none.
        any_band: whether the nodata value in any band makes a pixel unusable, rather than in all.
        masks: numbers of the bands whose masks by GDAL count: one for all, or each for itself.
        alpha: numbers of bands that tell transparency and are not read themselves.
        floating: whether values may be NaN or infinite, which is never usable.
        words: the rule, for a person.
    """

    nodata: tuple[float | None, ...]
    any_band: bool
    masks: tuple[int, ...]
    alpha: tuple[int, ...]
    floating: bool
    words: str

    @classmethod
    def of(cls, dataset: DatasetReader, bands: Sequence[int], dtype: str, nodata: float | None) -> Validity:
        """The rule for some bands of a scene.

        Args:
            dataset: the open scene.
            bands: numbers of the bands that are read.
            dtype: of their values.
            nodata: value that replaces declared ones; None to use these.
        """
        flags = [set(dataset.mask_flag_enums[number - 1]) for number in bands]
        # A mask comes before declared values, as in GDAL.
        declared = [
            dataset.nodatavals[number - 1] if MaskFlags.nodata in flag else None
            for number, flag in zip(bands, flags, strict=True)
        ]
        values = [nodata] * len(bands) if nodata is not None else _possible(declared, dtype)
        # Values that count only together, an old way to declare them, come as a mask too.
        other = {MaskFlags.alpha} if nodata is None else {MaskFlags.alpha, MaskFlags.nodata}
        common = [
            number
            for number, flag in zip(bands, flags, strict=True)
            if MaskFlags.per_dataset in flag and not other & flag
        ]
        # GDAL has no word for a mask that is a band's own.
        own = [number for number, flag in zip(bands, flags, strict=True) if not flag]
        alpha = [n for n, c in enumerate(dataset.colorinterp, 1) if c == ColorInterp.alpha and n not in bands]
        known = [value for value in values if value is not None]
        kind = "declared" if nodata is None else "given"
        words = list(dict.fromkeys(f"{kind} value {value:g}" for value in known))
        words += ["mask"] * bool(common) + ["masks of bands"] * bool(own) + ["alpha band"] * bool(alpha)
        floating = np.issubdtype(np.dtype(dtype), np.floating)
        none = "none declared: every pixel counts" + " that is a number" * floating
        return cls(
            nodata=tuple(values),
            any_band=bool(known) and not any(value >= 0 for value in known),
            masks=(*common[:1], *own),
            alpha=tuple(alpha),
            floating=floating,
            words=" and ".join(words) or none,
        )

    @property
    def declared(self) -> bool:
        """Whether anything in the file or from the caller tells which pixels lack data."""
        return bool(self.alpha or self.masks) or self.nodata.count(None) < len(self.nodata)

    @property
    def everywhere(self) -> bool:
        """Whether every pixel is usable, whatever its values."""
        return not (self.declared or self.by_pixels)

    @property
    def by_pixels(self) -> bool:
        """Whether pixel values are needed to apply the rule."""
        return self.floating or self.nodata.count(None) < len(self.nodata)

    def apply(
        self,
        source: Source,
        window: Window,
        pixels: NDArray[np.generic] | None,
        shape: tuple[int, int] | None = None,
    ) -> NDArray[np.bool_]:
        """(rows, cols) True = usable.

        Args:
            source: the scene.
            window: inside the scene.
            pixels: (bands, rows, cols) in the file's type; None for what mask and alpha alone say.
            shape: rows and columns of a sample of the window; None for all pixels.

        Raises:
            SceneError: the file is damaged there, or went away.
        """
        valid: NDArray[np.bool_] = np.ones(shape or window.shape, dtype=np.bool_)
        for band in self.masks:
            valid &= source.mask(band, window, shape)
        if self.alpha:
            valid &= (source.values(self.alpha, window, shape) != 0).all(axis=0)
        return valid if pixels is None else valid & self.measured(pixels)

    def measured(self, pixels: NDArray[np.generic]) -> NDArray[np.bool_]:
        """(rows, cols) True where values (bands, rows, cols) in the file's type tell of nothing that is missing."""
        valid: NDArray[np.bool_] = np.ones(pixels.shape[1:], dtype=np.bool_)
        if self.floating:
            # Also what a narrower type would turn into infinity.
            valid &= (np.abs(pixels) <= np.finfo(np.float32).max).all(axis=0)
        missing = [
            _equal(band, value) for band, value in zip(pixels, self.nodata, strict=True) if value is not None
        ]
        if missing:
            combine = np.logical_or if self.any_band else np.logical_and
            valid &= ~combine.reduce(missing)
        return valid


def check_nodata(value: float, dtype: str, name: str) -> None:
    """Refuses a nodata value that a raster of this type cannot hold.

    Raises:
        OptionError: it cannot.
    """
    if not can_hold(dtype, value):
        raise OptionError(f"{name} holds {dtype} values, and none of them can be {value:g}: correct --nodata")


def _possible(values: Sequence[float | None], dtype: str) -> list[float | None]:
    """Declared values; None in place of one that no pixel can have, as it says nothing."""
    return [value if value is not None and can_hold(dtype, value) else None for value in values]


def _equal(band: NDArray[np.generic], value: float) -> NDArray[np.bool_]:
    if math.isnan(value):
        return np.asarray(np.isnan(band), dtype=np.bool_)
    if np.issubdtype(band.dtype, np.integer):
        return np.asarray(band == int(value), dtype=np.bool_)
    return np.asarray(band == value, dtype=np.bool_)
