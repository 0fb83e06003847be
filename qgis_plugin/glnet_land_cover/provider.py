"""The Processing provider: which algorithms there are follows what the engine can do."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QIcon

from .algorithms import ALGORITHMS
from .engine import SETTING, changes, known
from .translation import tr

_GROUP = "GLNet land cover"
ICON = Path(__file__).parent / "icon.svg"


class Provider(QgsProcessingProvider):
    """GLNet land cover in the toolbox."""

    def id(self) -> str:
        """Name in the ids of algorithms; never changes."""
        return "glnet"

    def name(self) -> str:
        """Name for people."""
        return "GLNet land cover"

    def icon(self) -> QIcon:
        """Shown in the toolbox."""
        return QIcon(str(ICON))

    def load(self) -> bool:
        """Add the setting that names the engine's Python, and the algorithms."""
        _add_setting()
        # Later, and in the main thread: a job may be what brings the news.
        changes.happened.connect(self.refreshAlgorithms, Qt.ConnectionType.QueuedConnection)
        self.refreshAlgorithms()
        return True

    def unload(self) -> None:
        """Remove the setting."""
        changes.happened.disconnect(self.refreshAlgorithms)
        _remove_setting()

    def loadAlgorithms(self) -> None:
        """Add what the engine can do; all where it has not been asked yet: each asks again before it runs."""
        engine = known()
        for algorithm in ALGORITHMS:
            if engine is None or algorithm.COMMAND in engine.commands:
                self.addAlgorithm(algorithm())

    def supportedOutputRasterLayerExtensions(self) -> list[str]:
        """Kinds of rasters that the engine writes."""
        return ["tif"]

    def supportedOutputVectorLayerExtensions(self) -> list[str]:
        """Kinds of polygon files that the engine writes, and QGIS reads."""
        return ["gpkg", "fgb", "geojson"]

    def defaultVectorFileExtension(self, _has_geometry: bool = True) -> str:  # noqa: FBT001, FBT002 - QGIS's signature
        """Of temporary outputs."""
        return "gpkg"

    def defaultRasterFileExtension(self) -> str:
        """Of temporary outputs."""
        return "tif"

    def supportsNonFileBasedOutput(self) -> bool:
        """Databases and memory are not offered."""
        return False


def _add_setting() -> None:
    try:
        from processing.core.ProcessingConfig import ProcessingConfig, Setting
    except ImportError:
        # Without the Processing plugin there is no dialog of settings.
        return
    ProcessingConfig.settingIcons[_GROUP] = QIcon(str(ICON))
    ProcessingConfig.addSetting(
        Setting(
            _GROUP,
            SETTING,
            tr("Python of the engine (empty for the one that “Set up or check the engine” makes)"),
            "",
            valuetype=Setting.STRING,
        )
    )
    ProcessingConfig.readSettings()


def _remove_setting() -> None:
    try:
        from processing.core.ProcessingConfig import ProcessingConfig
    except ImportError:
        return
    ProcessingConfig.removeSetting(SETTING)
