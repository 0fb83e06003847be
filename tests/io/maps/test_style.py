from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.io.maps.style import qml, sld, write_style
from tests.model.tiny import LEGEND

SLD = "{http://www.opengis.net/sld}"
OGC = "{http://www.opengis.net/ogc}"


def test_rasters_show_the_classes_and_nothing_else(tmp_path: Path) -> None:
    write_style(tmp_path / "map.tif", LEGEND)
    root = ET.parse(tmp_path / "map.qml").getroot()
    assert root.tag == "qgis"
    renderer = root.find("pipe/rasterrenderer")
    assert renderer is not None
    assert renderer.get("type") == "paletted"
    entries = [(e.get("value"), e.get("label"), e.get("color")) for e in renderer.iter("paletteEntry")]
    assert entries == [(str(c.id), c.name, c.color) for c in LEGEND]


def test_polygons_are_told_apart_by_their_class() -> None:
    renderer = ET.fromstring(qml(LEGEND)).find("renderer-v2")
    assert renderer is not None
    assert (renderer.get("type"), renderer.get("attr")) == ("categorizedSymbol", "class_id")
    categories = [(c.get("value"), c.get("label"), c.get("symbol")) for c in renderer.iter("category")]
    assert categories == [(str(c.id), c.name, str(number)) for number, c in enumerate(LEGEND)]
    for symbol, c in zip(renderer.iter("symbol"), LEGEND, strict=True):
        wanted = ",".join(map(str, (*c.rgb, 255)))
        for element, key in (("prop", "k"), ("Option", "name")):
            values = {e.get(key): e.get("v") or e.get("value") for e in symbol.iter(element)}
            assert values["color"] == wanted


def test_names_may_hold_any_character_that_files_can() -> None:
    strange = Legend((LandClass(id=0, name="a\x0bb<&\u00e9", color="#000000"),))
    shown = "a\ufffdb<&\u00e9"
    for text in (qml(strange), sld(strange, "landcover")):
        root = ET.fromstring(text.encode())
        assert shown in {e.get("label") or e.text for e in root.iter()}


def test_other_programs_get_the_same_colours() -> None:
    rules = list(ET.fromstring(sld(LEGEND, "landcover")).iter(f"{SLD}Rule"))
    found = [
        (
            rule.findtext(f".//{OGC}Literal"),
            rule.findtext(f"{SLD}Title"),
            rule.findtext(f".//{SLD}CssParameter"),
        )
        for rule in rules
    ]
    assert found == [(str(c.id), c.name, c.color) for c in LEGEND]
