"""What is to be said of many images is said of the first."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from glnet_geo.core.progress import Progress

_NUMBER = re.compile(r"\d[\d.,]*")


class Once:
    """Passes on warnings and messages about images; of those that differ in names and numbers alone, the first.

    Args:
        count: of the images.
    """

    def __init__(self, count: int) -> None:
        self._hint = f" (said once, of {count} images)" if count > 1 else ""
        self._said: set[str] = set()

    @contextmanager
    def about(self, *names: str) -> Iterator[None]:
        """Warnings inside are about the image or label map of these names."""
        with warnings.catch_warnings():
            passed_on = warnings.showwarning

            def show(
                message: Warning | str,
                category: type[Warning],
                filename: str,
                lineno: int,
                file: TextIO | None = None,
                line: str | None = None,
            ) -> None:
                text = self.first(str(message), *names)
                if text is not None:
                    passed_on(category(text), category, filename, lineno, file, line)

            warnings.showwarning = show
            yield

    def first(self, sentence: str, *names: str) -> str | None:
        """What to say instead of a sentence about an image or label map; None where the like was said before."""
        kind = sentence
        for name in names:
            kind = kind.replace(name, "")
        kind = _NUMBER.sub("", kind)
        if kind in self._said:
            return None
        self._said.add(kind)
        return f"{sentence}{self._hint}"


class ImageProgress:
    """The progress of one image, which says what was not said before.

    Args:
        progress: of the image.
        once: knows what was said.
        name: of the image.
    """

    def __init__(self, progress: Progress, once: Once, name: str) -> None:
        self._progress, self._once, self._name = progress, once, name

    def begin(self, what: str, total: int) -> None:
        """A part of the job begins."""
        self._progress.begin(what, total)

    def advance(self, steps: int = 1) -> None:
        """Some steps are done."""
        self._progress.advance(steps)

    def info(self, message: str) -> None:
        """Pass on what is new."""
        text = self._once.first(message, self._name)
        if text is not None:
            self._progress.info(text)

    def cancelled(self) -> bool:
        """Whether the person asked to stop the whole job."""
        return self._progress.cancelled()
