"""Times the main job, whole processes from start to exit, and their peak memory; prints a table of medians.

python benchmarks/classify.py                 # the sample, repeated to 30 megapixels
python benchmarks/classify.py --scene my.tif  # your own
python benchmarks/classify.py --exact         # the published network, 2448 x 2448, rule-made weights
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
import numpy as np
import rasterio
from measure import GLNET_GEO, median, run

SAMPLE = Path(__file__).parents[1] / "sample_data" / "scene.tif"
COLLAR = 240
"""Pixels along every side of the sample that may lack data."""


@click.command()
@click.option("--scene", type=click.Path(path_type=Path, exists=True), help="a scene of your own")
@click.option("--runs", default=3, show_default=True, help="of every row; the median is printed")
@click.option("--exact", is_flag=True, help="the published network and --exact instead of the default model")
def main(scene: Path | None, runs: int, exact: bool) -> None:  # noqa: FBT001 - click passes flags by name
    """Measure classify on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        rows = (
            _exact_rows(work) if exact else _default_rows(scene or repeated_sample(work / "scene.tif"), work)
        )
        print(f"{'job':58} {'megapixels':>10} {'seconds':>8} {'MP/s':>6} {'peak GB':>8}")
        for name, megapixels, arguments in rows:
            done = median([run([*GLNET_GEO, *arguments]) for _ in range(runs)])
            rate, peak = megapixels / done.seconds, done.peak_bytes / 1e9
            print(f"{name:58} {megapixels:10.1f} {done.seconds:8.1f} {rate:6.2f} {peak:8.2f}")


def _default_rows(scene: Path, work: Path) -> list[tuple[str, float, list[str]]]:
    both = ["--out", str(work / "map.tif"), "--out", str(work / "map.gpkg")]
    job = ["classify", str(scene), "--overwrite", "--quiet"]
    size = _megapixels(scene)
    return [
        ("urban, to .tif and .gpkg", size, [*job, *both]),
        ("urban, to .tif and .gpkg, --precision fp32", size, [*job, *both, "--precision", "fp32"]),
        ("urban, to .tif alone", size, [*job, *both[:2]]),
    ]


def _exact_rows(work: Path) -> list[tuple[str, float, list[str]]]:
    import torch

    from glnet_geo.core.grid import Tiling
    from glnet_geo.core.legend import DEEPGLOBE
    from glnet_geo.core.normalize import Normalization
    from glnet_geo.model.architecture import published
    from glnet_geo.model.card import Card
    from glnet_geo.model.glnet import GLNet
    from glnet_geo.model.package import save_package

    torch.manual_seed(0)
    side, rows = 2448, []
    _noise(work / "scene.tif", side)
    for sharing in ("none", "global_to_local", "bidirectional"):
        network = GLNet(published(classes=len(DEEPGLOBE), sharing=sharing))
        card = Card.of(
            name=sharing,
            architecture=network.architecture,
            tiling=Tiling(frame=side, frame_overlap=0, patch=508, patch_overlap=52, global_size=508),
            bands=("red", "green", "blue"),
            normalization=Normalization(low=0, high=255, mean=(0,) * 3, std=(1,) * 3),
            legend=DEEPGLOBE,
        )
        package = work / f"{sharing}.safetensors"
        save_package(package, network, card)
        job = ["classify", str(work / "scene.tif"), "--overwrite", "--quiet", "--model", str(package)]
        for extra in (["--exact"], []):
            name = f"resnet50, {sharing} {' '.join(extra)}"
            rows.append((name, side * side / 1e6, [*job, *extra, "--out", str(work / "map.tif")]))
    return rows


def repeated_sample(path: Path, height: int = 5000, width: int = 6000) -> Path:
    """The sample without its collar, mirrored over and over, as one scene of 30 megapixels."""
    with rasterio.open(SAMPLE) as sample:
        pixels = sample.read()[:, COLLAR:-COLLAR, COLLAR:-COLLAR]
        profile = {**sample.profile, "height": height, "width": width}
    more = ((0, 0), (0, height - pixels.shape[1]), (0, width - pixels.shape[2]))
    with rasterio.open(path, "w", **profile) as scene:
        scene.write(np.pad(pixels, more, mode="symmetric"))
    return path


def _noise(path: Path, side: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, side, side), dtype=np.uint8)
    options = {
        "driver": "GTiff",
        "dtype": "uint8",
        "count": 3,
        "height": side,
        "width": side,
        "crs": "EPSG:32640",
    }
    with rasterio.open(path, "w", transform=rasterio.Affine(1, 0, 3e5, 0, -1, 2.8e6), **options) as scene:
        scene.write(pixels)


def _megapixels(path: Path) -> float:
    with rasterio.open(path) as scene:
        return float(scene.height * scene.width / 1e6)


if __name__ == "__main__":
    main()
