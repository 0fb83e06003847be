from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import rasterio
from rasterio.enums import Resampling

import glnet_geo
from glnet_geo import Options
from glnet_geo.frames import Steps
from glnet_geo.io.scenes import pixels as pixels_module
from glnet_geo.plan import planned
from tests.jobs import Told
from tests.scenes import texture, write_scene


def _mostly_empty(path: Path, **more: Any) -> Path:
    pixels = texture(533, 467)
    pixels[:, 40:] = 0
    pixels[:, :, 60:] = 0
    return write_scene(path, pixels, **more)


def _steps(scene: Path, model: Path) -> tuple[int, int, bool]:
    """Those of all frames, their patches, and whether it is known which have data."""
    with planned(scene, Options(model=model)) as plan:
        frames = list(chain(*plan.frames()))
        steps = Steps(plan)
        return steps.of(frames), sum(len(frame.patches) for frame in frames), steps.sure


def test_only_patches_with_data_are_steps(tmp_path: Path, model: Path) -> None:
    scene = _mostly_empty(tmp_path / "scene.tif", nodata=0)
    steps, patches, sure = _steps(scene, model)
    assert 0 < steps < patches / 10
    assert sure
    progress = Told()
    glnet_geo.classify(scene, tmp_path / "map.tif", options=Options(model=model), progress=progress)
    assert progress.begun["classifying"] == progress.steps == steps
    assert 0 not in progress.advances


@pytest.mark.filterwarnings("ignore::glnet_geo.DoubtfulInputWarning")
def test_where_nothing_can_be_missing_every_patch_is_a_step(tmp_path: Path, model: Path) -> None:
    steps, patches, sure = _steps(_mostly_empty(tmp_path / "scene.tif"), model)
    assert steps == patches
    assert sure


def test_what_takes_long_to_look_up_is_not_looked_up_and_that_is_told(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pixels_module, "SOON_DECODED", 533 * 467 // 16)
    scene = _mostly_empty(tmp_path / "scene.tif", nodata=0)
    steps, patches, sure = _steps(scene, model)
    assert steps == patches
    assert not sure
    forecast = glnet_geo.check(scene, options=Options(model=model))
    assert forecast.seconds_at_most
    assert "or less (where pixels lack data was not looked up" in dict(forecast.lines())["time"]
    with rasterio.open(scene, "r+") as raster:
        raster.build_overviews([2, 4], Resampling.nearest)
    steps, patches, sure = _steps(scene, model)
    assert 0 < steps < patches / 10
    assert sure
    assert not glnet_geo.check(scene, options=Options(model=model)).seconds_at_most
