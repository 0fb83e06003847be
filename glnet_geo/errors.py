"""What can go wrong, each kind with the exit code under which the command line reports it.

Every message is one sentence for a person who does not program: what is wrong, where, and what to do.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class GlnetGeoError(Exception):
    """Root of all errors that this package raises on purpose."""

    exit_code = 1


class OptionError(GlnetGeoError, ValueError):
    """An option or argument has a value that cannot be used."""

    exit_code = 2


class WindowError(GlnetGeoError, ValueError):
    """A window, frame or grid was asked for that cannot exist."""

    exit_code = 2


class SceneError(GlnetGeoError, OSError):
    """The scene cannot be opened, read, or understood by the model."""

    exit_code = 3


class ModelError(GlnetGeoError, ValueError):
    """A model package, checkpoint or class file cannot be used."""

    exit_code = 4


class OutputError(GlnetGeoError, OSError):
    """An output cannot be written where it was asked for."""

    exit_code = 5


class AoiError(GlnetGeoError, ValueError):
    """The area of interest cannot be read or misses the scene."""

    exit_code = 6


class AoiMissesError(AoiError):
    """The area of interest lies beside the scene."""


class TrainingError(GlnetGeoError, ValueError):
    """Training data or a training recipe cannot be used."""

    exit_code = 7


class EvaluationError(GlnetGeoError, ValueError):
    """A map and a reference cannot be compared."""

    exit_code = 8


class ClusterError(GlnetGeoError, RuntimeError):
    """The machines that compute for a job cannot be reached, or are lost."""

    exit_code = 9


class IncompleteError(GlnetGeoError):
    """Some tiles of a batch failed; the others are done."""

    exit_code = 10


class CancelledError(GlnetGeoError):
    """The person asked to stop; nothing was left behind."""

    exit_code = 130


class DoubtfulInputWarning(UserWarning):
    """The input can be used, but the answer may not mean what the person thinks it means."""


def doubt(sentence: str) -> None:
    """Warn of input that can be used, and may not mean what the person thinks.

    The warning is told of the line that called this package, however deep inside the doubt arose.

    Args:
        sentence: names the doubt, where it is, and what to do.
    """
    frame, depth, level = inspect.currentframe(), 0, 1
    while frame is not None:
        depth += 1
        if str(frame.f_globals.get("__name__")).partition(".")[0] == __package__:
            level = depth + 1
        frame = frame.f_back
    warnings.warn(sentence, DoubtfulInputWarning, stacklevel=level)


@contextmanager
def looking_at(path: str | Path, kind: type[GlnetGeoError]) -> Iterator[None]:
    """Let somebody ask what a path is; where the system does not tell, that is an error of a kind.

    Args:
        path: that a person gave.
        kind: of error.

    Raises:
        GlnetGeoError: of that kind, where its folder may not be entered, or no file can have its name.
    """
    try:
        yield
    except OSError as error:
        raise kind(
            f"{path} cannot be looked at ({error.strerror}): check its name, and whether you may enter its folder"
        ) from error
