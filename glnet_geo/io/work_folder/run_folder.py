"""What a training leaves beside its model while it runs: its plan, its log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from typing_extensions import Self

from glnet_geo.errors import TrainingError
from glnet_geo.io.work_folder.locked_folder import LockedFolder
from glnet_geo.replacing import HIDDEN, replacing


class RunFolder:
    """The folder of one training.

    Args:
        path: made where it is missing.

    Raises:
        TrainingError: it cannot be made, read or written (in every method).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(exist_ok=True)
        except OSError as error:
            raise _unmade(path, error) from error
        self._log = path / "log.jsonl"

    @contextmanager
    def held(self) -> Iterator[Self]:
        """Keep other trainings out, and remove what was being written when one was killed.

        Raises:
            TrainingError: another one is in.
        """
        try:
            lock = LockedFolder(self.path)
        except BlockingIOError as error:
            raise TrainingError(
                f"another training works in {self.path}: wait for it, or name another --out"
            ) from error
        except OSError as error:
            raise _unmade(self.path, error) from error
        try:
            for half in self.path.glob(f"{HIDDEN}*"):
                with suppress(OSError):
                    half.unlink()
            yield self
        finally:
            lock.release()

    def checkpoint(self, name: str) -> Path:
        """Where the checkpoint of a stage lies."""
        return self.path / f"{name}.checkpoint"

    @property
    def best(self) -> Path:
        """Where the best weights lie."""
        return self.path / "best.safetensors"

    def read_plan(self) -> dict[str, Any] | None:
        """What was settled before the first step; None where nothing is."""
        path = self.path / "plan.json"
        if not path.exists():
            return None
        try:
            plan: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TrainingError(f"{path} cannot be read: remove {self.path} to start afresh") from error
        return plan

    def write_plan(self, plan: Mapping[str, Any]) -> None:
        """Settle a plan."""
        self._replace(self.path / "plan.json", json.dumps(plan, indent=1))

    def log(self, **line: object) -> None:
        """Add a line to the log."""
        try:
            with self._log.open("a", encoding="utf-8") as log:
                log.write(json.dumps(line) + "\n")
        except OSError as error:
            raise _unwritten(self._log, error) from error

    def lines(self) -> list[dict[str, Any]]:
        """All lines of the log; one that a kill cut short is left out."""
        if not self._log.exists():
            return []
        found = []
        for text in self._log.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError):
                found.append(json.loads(text))
        return found

    def keep(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        """Leave out of the log what will be done again."""
        kept = [json.dumps(line) + "\n" for line in self.lines() if wanted(line)]
        self._replace(self._log, "".join(kept))

    def _replace(self, path: Path, text: str) -> None:
        try:
            with replacing(path) as made:
                made.write_text(text, encoding="utf-8")
        except OSError as error:
            raise _unwritten(path, error) from error


def _unmade(path: Path, error: OSError) -> TrainingError:
    return TrainingError(f"{path} cannot be made ({error.strerror}): name --out in another folder")


def _unwritten(path: Path, error: OSError) -> TrainingError:
    return TrainingError(
        f"{path} cannot be written ({error.strerror}): free some space, and run the same command again to go on"
    )
