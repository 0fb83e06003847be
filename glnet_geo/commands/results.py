"""Standard output: what is told there is done already, and stays done whoever reads it."""

from __future__ import annotations

import codecs
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from glnet_geo.errors import OutputError

_IN_OTHER_CHARACTERS = {"█": "#", "±": "+-", "²": "2", "…": "..."}
"""What is told, for encodings that lack it."""

_READER_GONE = (errno.EPIPE, errno.EINVAL)
"""The second where Windows means the first."""


def tell_results() -> None:
    """Let standard output forgive readers who leave, and characters that it has no bytes for."""
    stream = sys.stdout
    if isinstance(stream, TextIOWrapper):
        sys.stdout = Results(stream)


class Results(TextIOWrapper):
    """A text stream that a reader who leaves does not break; characters that it cannot hold become others, or question marks.

    Args:
        stream: whose file and encoding it takes over.
    """

    def __init__(self, stream: TextIOWrapper) -> None:
        stream.flush()
        # Forgotten, it would close the file.
        self._before = stream
        super().__init__(
            stream.buffer,
            encoding=stream.encoding,
            errors=_written_otherwise.__name__,
            line_buffering=stream.line_buffering,
        )

    def write(self, text: str) -> int:
        """Write, unless nobody reads.

        Raises:
            OutputError: it cannot be written for another reason.
        """
        with self._forgiving():
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Pass on what was written, unless nobody reads.

        Raises:
            OutputError: it cannot be written for another reason.
        """
        with self._forgiving():
            super().flush()

    @contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # What is left would be tried again when Python ends.
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), self.fileno())
            if error.errno not in _READER_GONE:
                raise OutputError(
                    f"what there is to tell cannot be written ({error.strerror}); all else is done: free some space, or write "
                    "it elsewhere"
                ) from error


def _written_otherwise(error: UnicodeError) -> tuple[str, int]:
    """What to write in the place of characters that an encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_IN_OTHER_CHARACTERS.get(character, "?") for character in lacking), error.end


codecs.register_error(_written_otherwise.__name__, _written_otherwise)
