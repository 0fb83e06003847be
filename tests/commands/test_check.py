"""glnet-geo check."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import pytest
import shapely

from glnet_geo.commands import run
from glnet_geo.plan import Options, planned
from tests.commands.outcome import failed
from tests.scenes import UTM, texture, write_scene


class TestCheck:
    def test_tells_without_doing(
        self, tmp_path: Path, scene: Path, model: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["check", str(scene), "--model", str(model)]) == 0
        out = capsys.readouterr().out
        for word in ("bands", "1 as red", "CRS", "EPSG:32640", "pixel size", "0.5 x 0.5 m", "memory", "time"):
            assert word in out

    @pytest.mark.parametrize("name", ["ortho[rgb].tif", "[/b].tif"])
    def test_names_with_brackets_are_no_markup(
        self, tmp_path: Path, model: Path, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        write_scene(path, texture(20, 20))
        assert run(["check", str(path), "--model", str(model)]) == 0
        assert name.rpartition("/")[2] in capsys.readouterr().out.replace("\n", "")

    def test_json(self, scene: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["check", str(scene), "--model", str(model), "--json"]) == 0
        forecast = json.loads(capsys.readouterr().out)
        assert forecast["bands"] == [1, 2, 3]
        assert forecast["memory"] > 0
        assert forecast["seconds"] > 0

    def test_refuses_as_classify_does(
        self, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, sentence = failed(capsys, "check", tmp_path / "no.tif", "--model", model)
        assert code == 3
        assert "does not exist" in sentence

    def test_tells_the_memory_that_polygons_need(
        self, scene: Path, model: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["check", str(scene), "--model", str(model), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)["memory"]
        with planned(scene, Options(model=model), confidence=True) as plan:
            assert told == plan.memory.total

    @pytest.mark.parametrize("more", [[], ["--exact"], ["--max-memory", "4GB"]])
    def test_refuses_a_scene_without_data_as_classify_does(
        self, tmp_path: Path, model: Path, more: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        empty = write_scene(tmp_path / "empty.tif", 0 * texture(40, 50), nodata=0)
        told = failed(capsys, "check", empty, "--model", model, *more)
        assert told == failed(
            capsys, "classify", empty, "-o", tmp_path / "map.tif", "--model", model, "-q", *more
        )
        assert told[0] == 3
        assert "no valid pixel" in told[1]

    def test_refuses_an_area_of_interest_without_data(
        self, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pixels = texture(40, 50)
        pixels[:, :, :30] = 0
        scene = write_scene(tmp_path / "half.tif", pixels, nodata=0)
        left = shapely.box(UTM.c + 1, UTM.f - 9, UTM.c + 9, UTM.f - 1)
        area = tmp_path / "area.gpkg"
        geopandas.GeoDataFrame(geometry=[left], crs="EPSG:32640").to_file(area)
        code, sentence = failed(capsys, "check", scene, "--aoi", area, "--model", model)
        assert code == 3
        assert "no valid pixel" in sentence

    def test_data_that_is_not_seen_from_afar_is_found(
        self, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pixels = 0 * texture(4, 5000)
        pixels[:, 2, 3333] = 7
        scene = write_scene(tmp_path / "speck.tif", pixels, nodata=0)
        assert run(["check", str(scene), "--model", str(model)]) == 0

    def test_exact(self, scene: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["check", str(scene), "--model", str(model), "--exact", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["device"].endswith("fp32")
