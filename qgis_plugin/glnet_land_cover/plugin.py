"""What QGIS loads: a translator, a Processing provider, and in the desktop one early look at the engine."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QTimer

from .engine import look_in_background
from .provider import Provider
from .replacement import put_back
from .translation import translator

_UNTIL_QGIS_IS_UP_MS = 3000


class Plugin:
    """The plugin as QGIS sees it."""

    def __init__(self) -> None:
        self._provider: Provider | None = None
        self._translator = translator()
        if self._translator is not None:
            QCoreApplication.installTranslator(self._translator)

    def initProcessing(self) -> None:
        """Offer the algorithms."""
        put_back()
        self._provider = Provider()
        QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self) -> None:
        """Offer the algorithms in the desktop, and learn in the background what the engine can do."""
        self.initProcessing()
        QTimer.singleShot(_UNTIL_QGIS_IS_UP_MS, self._look)

    def unload(self) -> None:
        """Leave QGIS as it was."""
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None
        if self._translator is not None:
            QCoreApplication.removeTranslator(self._translator)

    def _look(self) -> None:
        if self._provider is not None:
            look_in_background()
