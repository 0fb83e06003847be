"""The progress of many scenes as one job, made of that of each."""

from __future__ import annotations

from collections.abc import Iterable

from glnet_geo.core.progress import Progress

_STEPS_PER_MEGAPIXEL = 1000


class Overall:
    """Counts the pixels of all scenes as one job, so that the time left is that of all.

    Args:
        progress: told of it.
        megapixels: of every scene.
        what: is being done.
    """

    def __init__(self, progress: Progress, megapixels: Iterable[float], what: str) -> None:
        self._progress = progress
        progress.begin(what, sum(map(_steps, megapixels)))

    def part(self, megapixels: float, *, talks: bool) -> Part:
        """The progress for one scene.

        Args:
            megapixels: of it.
            talks: whether its messages are passed on.
        """
        return Part(self._progress, _steps(megapixels), talks=talks)


class Part:
    """The progress of one scene as steps of the whole; its first part counts for all of it."""

    def __init__(self, whole: Progress, steps: int, *, talks: bool) -> None:
        self._whole, self._left, self._talks = whole, steps, talks
        self._total, self._steps, self._owed = 0, steps, 0.0

    def begin(self, what: str, total: int) -> None:
        """The scene is being classified; what follows, and what is begun anew, takes no steps of its own."""
        if what == "classifying":
            self._total, self._steps, self._owed = max(1, total), self._left, 0.0
        else:
            self._total = 0

    def advance(self, steps: int = 1) -> None:
        """Some steps of the scene are done."""
        if self._total:
            self._owed += steps * self._steps / self._total
            self._pay(int(self._owed))

    def info(self, message: str) -> None:
        """Pass a message on."""
        if self._talks:
            self._whole.info(message)

    def cancelled(self) -> bool:
        """Whether the person asked to stop the whole job."""
        return self._whole.cancelled()

    def finish(self) -> None:
        """The scene is done, or was there already."""
        self._pay(self._left)

    def _pay(self, steps: int) -> None:
        steps = min(steps, self._left)
        if steps:
            self._owed -= steps
            self._left -= steps
            self._whole.advance(steps)


def _steps(megapixels: float) -> int:
    return max(1, round(megapixels * _STEPS_PER_MEGAPIXEL))
