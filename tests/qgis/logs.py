"""A feedback that remembers, and that presses Cancel."""

from __future__ import annotations

from qgis.core import QgsProcessingFeedback


class Log(QgsProcessingFeedback):  # type: ignore[misc]
    """Remembers what was said.

    Args:
        cancel_at: progress at which the job is cancelled; None for never.
    """

    def __init__(self, cancel_at: float | None = None) -> None:
        super().__init__(False)
        self.said: list[str] = []
        self.warnings: list[str] = []
        self.commands: list[str] = []
        self.errors: list[str] = []
        self.texts: list[str] = []
        self.shares: list[float] = []
        self._cancel_at = cancel_at
        self.progressChanged.connect(self._moved)

    def pushInfo(self, info: str) -> None:
        self.said.append(info)

    def pushWarning(self, warning: str) -> None:
        self.warnings.append(warning)

    def setProgressText(self, text: str) -> None:
        self.texts.append(text)

    def pushCommandInfo(self, info: str) -> None:
        self.commands.append(info)

    def reportError(self, error: str, fatalError: bool = False) -> None:  # noqa: FBT001, FBT002, N803 - QGIS's signature
        self.errors.append(error)

    def _moved(self, share: float) -> None:
        self.shares.append(share)
        if self._cancel_at is not None and share >= self._cancel_at:
            self.cancel()
