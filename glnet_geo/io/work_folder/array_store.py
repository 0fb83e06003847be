"""Arrays as small files that tell which job they belong to, and whether they are whole."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from glnet_geo.errors import OutputError
from glnet_geo.io.files.identity import mark_of
from glnet_geo.io.work_folder.store import Store

Value = TypeVar("Value", bound=np.generic)

Lacking: TypeAlias = Mapping[tuple[int, int], str]
"""Frames, by (row, col), that cannot see all that they were to see, and what tells them from those that did."""


@dataclass(frozen=True, slots=True)
class ArrayStore:
    """The arrays of one job in a store; can be pickled and used by several processes at once.

    Attributes:
        store: where they are.
        mark: of the job; an array with another mark counts as missing, whoever wrote it and whenever.
    """

    store: Store
    mark: bytes

    def put(self, name: str, array: NDArray[np.generic], level: int) -> None:
        """Keep an array.

        Args:
            name: of its file.
            array: any that holds numbers.
            level: of compression, 0 to 9.

        Raises:
            OutputError: the disk is full, or the store cannot be written to.
        """
        packed = io.BytesIO()
        packed.write(self.mark)
        np.save(packed, array, allow_pickle=False)
        try:
            # The checksum of zlib tells damaged files.
            self.store.write(name, zlib.compress(packed.getbuffer(), level))
        except OSError as error:
            raise not_kept(self.store, error) from error

    def get(self, name: str, dtype: type[Value]) -> NDArray[Value] | None:
        """An array, or None where there is none, or it is damaged or another job's."""
        try:
            packed = io.BytesIO(zlib.decompress(self.store.read(name)))
            if packed.read(len(self.mark)) != self.mark:
                return None
            return np.load(packed, allow_pickle=False).astype(dtype, copy=False)  # type: ignore[no-any-return]
        except (OSError, ValueError, EOFError, zlib.error):
            return None


@dataclass(frozen=True, slots=True)
class FrameStore:
    """The logits of frames of one job, each by its place on the lattice; can be pickled.

    Attributes:
        arrays: where they are.
        lacking: frames that lack something; those of their places that do not lack it count as missing.
    """

    arrays: ArrayStore
    lacking: Lacking = field(default_factory=dict, repr=False)

    def found(self) -> set[tuple[int, int]]:
        """The places (row, col) of all frames that are kept."""
        return set(numbers_in(self.arrays.store.names(), "frame"))

    def get(self, row: int, col: int) -> NDArray[np.float32] | None:
        """The logits of a frame, without any class where it shows nothing; None where they are not kept."""
        return self._marked(row, col).get(_name(row, col), np.float32)

    def put(self, row: int, col: int, logits: NDArray[np.float32] | None) -> None:
        """Keep the logits of a frame; None where it shows nothing.

        Raises:
            OutputError: the disk is full, or the store cannot be written to.
        """
        kept = np.empty((0, 0, 0), np.float32) if logits is None else logits
        # Logits are noise to a compressor.
        self._marked(row, col).put(_name(row, col), kept, level=0)

    def remove(self, row: int, col: int) -> None:
        """Let go of one frame."""
        self.arrays.store.remove(_name(row, col))

    def forget(self, last_row: int) -> None:
        """Let go of frames that begin on this row of the lattice or above."""
        for row, col in self.found():
            if row <= last_row:
                self.arrays.store.remove(_name(row, col))

    def _marked(self, row: int, col: int) -> ArrayStore:
        lacking = self.lacking.get((row, col))
        if lacking is None:
            return self.arrays
        return replace(self.arrays, mark=mark_of([self.arrays.mark.hex(), lacking]))


def numbers_in(names: Iterable[str], kind: str) -> list[tuple[int, int]]:
    """The two numbers of every name of a kind, such as ``rows_0_97``; what others have put there, as copies, has other names."""
    named = re.compile(rf"{kind}_(-?[0-9]+)_(-?[0-9]+)")
    return [(int(found[1]), int(found[2])) for name in names if (found := named.fullmatch(name))]


def not_kept(store: Store, error: OSError) -> OutputError:
    """The error for a part that could not be kept."""
    return OutputError(
        f"the finished part could not be kept in {store} ({error.strerror or error}): free some space on its disk, "
        "and run the same command again to go on"
    )


def _name(row: int, col: int) -> str:
    return f"frame_{row}_{col}"
