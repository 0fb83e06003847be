"""Sentences in the person's language."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QTranslator

CONTEXT = "GlnetLandCover"
_FOLDER = Path(__file__).parent / "i18n"


def tr(text: str) -> str:
    """A sentence of this plugin in the person's language; what is in braces is filled in afterwards."""
    translated: str = QCoreApplication.translate(CONTEXT, text)
    return translated


def translator() -> QTranslator | None:
    """What translates the plugin to the language of QGIS; None where there is none."""
    found = QTranslator()
    for language in (QgsApplication.locale(), QgsApplication.locale()[:2]):
        if found.load(str(_FOLDER / f"glnet_land_cover_{language}.qm")):
            return found
    return None
