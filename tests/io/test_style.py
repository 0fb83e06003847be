from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from glnet_geo.io.style import write_raster_style
from tests.model.tiny import LEGEND


def test_qgis_is_told_of_the_classes_and_of_nothing_else(tmp_path: Path) -> None:
    write_raster_style(tmp_path / "map.tif", LEGEND)
    root = ET.parse(tmp_path / "map.qml").getroot()
    assert root.tag == "qgis"
    renderer = root.find("pipe/rasterrenderer")
    assert renderer is not None
    assert renderer.get("type") == "paletted"
    entries = [(e.get("value"), e.get("label"), e.get("color")) for e in renderer.iter("paletteEntry")]
    assert entries == [(str(c.id), c.name, c.color) for c in LEGEND]
