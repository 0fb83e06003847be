from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from glnet_geo.io.pictures.assessment import AssessmentPicture, write_picture

CURVE = [(0.55, 0.5, 0.4), (0.95, 0.9, 0.6)]


def _drawing(curve: list[tuple[float, float, float]] | None) -> AssessmentPicture:
    return AssessmentPicture(
        title="map.tif",
        names=["water", "road"],
        confusion=[[0.8, 0.2], [0, float("nan")]],
        heading="percent of each row (pixels)",
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


def test_areas_have_a_panel_of_their_own(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pictures are an extra")
    widths = []
    for number, areas in enumerate((None, [(3.0, 2.5, 0.4), (2.0, 1.0, None), (1.0, None, None)])):
        drawing = replace(
            _drawing(None), names=["a", "b", "c"][: 3 if areas else 2], areas=areas, area_unit="ha"
        )
        write_picture(tmp_path / f"{number}.png", drawing)
        with Image.open(tmp_path / f"{number}.png") as picture:
            widths.append(picture.size[0])
    assert widths[1] > widths[0] + 300
