from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from glnet_geo.io.assessment_picture import Drawing, write_picture

CURVE = [(0.55, 0.5, 0.4), (0.95, 0.9, 0.6)]


def _drawing(curve: list[tuple[float, float, float]] | None) -> Drawing:
    return Drawing(
        title="map.tif",
        names=["water", "road"],
        confusion=[[5, 1], [0, 0]],
        unit="pixels",
        curve=curve,
        calibration_error=None if curve is None else 0.05,
    )


def test_a_curve_makes_the_picture_wider(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pictures are an extra")
    sizes = []
    for number, curve in enumerate((None, CURVE)):
        write_picture(tmp_path / f"{number}.png", _drawing(curve))
        with Image.open(tmp_path / f"{number}.png") as picture:
            assert picture.format == "PNG"
            sizes.append(picture.size)
            colours = picture.convert("RGB").getcolors(1 << 20)
            assert colours is not None
            assert len(colours) > 20
    assert sizes[1][0] > sizes[0][0] + 300
    assert len(list(tmp_path.iterdir())) == 2
