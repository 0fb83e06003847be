"""Scenes on servers: read in parts, by this process and by workers, and work folders in buckets."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from pathlib import Path

import boto3
import fsspec
import geopandas
import pytest
from shapely import box

from glnet_geo.cluster.dask_frames import DaskFrames
from glnet_geo.errors import OutputError, SceneError
from glnet_geo.shards import Shard, compute_shard
from tests.cluster.inproc import inproc
from tests.io.servers import ServedFolder, http_server, s3_server
from tests.jobs import Job, Told, assert_same
from tests.scenes import UTM, texture, write_scene

BUCKET = "imagery"


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    return Job(tmp_path_factory.mktemp("job"))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scene of which a small place can be read without the rest: 17 MB in tiles, not compressed."""
    path = tmp_path_factory.mktemp("large") / "large.tif"
    return write_scene(path, texture(2400, 2400), tiled=True, blockxsize=256, blockysize=256)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[ServedFolder]:
    (tmp_path / "web").mkdir()
    with http_server(tmp_path / "web") as served:
        yield served


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty bucket that GDAL and fsspec find by the environment; yields its address."""
    environment = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{store}",
        "AWS_S3_ENDPOINT": store,
        "AWS_HTTPS": "NO",
        "AWS_VIRTUAL_HOSTING": "FALSE",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    storage = boto3.client("s3")
    storage.create_bucket(Bucket=BUCKET)
    # A file system that another test has used remembers its server.
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    yield f"s3://{BUCKET}"
    for found in storage.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        storage.delete_object(Bucket=BUCKET, Key=found["Key"])
    storage.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def workers() -> Iterator[DaskFrames]:
    """Two threads of this process, as a cluster."""
    with inproc(1) as frames:
        yield frames


def at(job: Job, address: str) -> Job:
    """The same job with its scene elsewhere."""
    moved = copy(job)
    moved.scene = address
    return moved


@pytest.mark.parametrize("form", ["{url}/scene.tif", "/vsicurl/{url}/scene.tif?key=secret"])
def test_a_scene_on_the_web_gives_the_same_map(
    tmp_path: Path, job: Job, web: ServedFolder, workers: DaskFrames, form: str
) -> None:
    shutil.copy(job.scene, tmp_path / "web" / "scene.tif")
    expected = job.run(tmp_path / "expected")
    remote = at(job, form.format(url=web.url))
    assert_same(remote.run(tmp_path / "alone"), expected)
    assert_same(remote.run(tmp_path / "workers", frames=workers), expected)


def test_only_what_is_mapped_is_read(tmp_path: Path, job: Job, large: Path, web: ServedFolder) -> None:
    shutil.copy(large, tmp_path / "web" / "large.tif")
    left, top = UTM @ (1100, 1100)
    aoi = tmp_path / "aoi.gpkg"
    geopandas.GeoDataFrame(geometry=[box(left, top - 40, left + 40, top)], crs="EPSG:32640").to_file(aoi)
    part = copy(job)
    part.options = replace(job.options, aoi=aoi)
    expected = at(part, str(large)).run(tmp_path / "expected")
    assert_same(at(part, f"/vsicurl/{web.url}/large.tif").run(tmp_path / "remote"), expected)
    answers = web.answers("large.tif")
    assert all(part for part, _ in answers)
    assert sum(size for _, size in answers) < large.stat().st_size / 2


def test_a_scene_that_is_not_there_is_told(tmp_path: Path, job: Job, web: ServedFolder) -> None:
    with pytest.raises(SceneError, match=r"none\.tif cannot be opened .*check its address"):
        at(job, f"{web.url}/none.tif?key=secret").run(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["web", "web.log"]


def test_a_scene_and_a_work_folder_in_a_bucket(
    tmp_path: Path, job: Job, bucket: str, workers: DaskFrames
) -> None:
    boto3.client("s3").upload_file(str(job.scene), BUCKET, "scene.tif")
    expected = job.run(tmp_path / "expected")
    remote = at(job, f"/vsis3/{BUCKET}/scene.tif")
    out = tmp_path / "out"
    out.mkdir()
    compute_shard(*remote.arguments(out), Shard(1, 2), options=job.options, work=f"{bucket}/work")
    told = Told()
    remote.run(out, frames=workers, work=f"{bucket}/work", progress=told)
    assert_same(out, expected)
    left = boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [found["Key"] for found in left] == ["scene.tif"]
    whole = Told()
    job.run(tmp_path / "whole", progress=whole)
    assert 0 < told.begun["classifying"] < whole.begun["classifying"]


def test_a_bucket_that_is_not_there_is_told(tmp_path: Path, job: Job, bucket: str) -> None:
    with pytest.raises(OutputError, match=r"s3://nobodys/.*--work-dir"):
        job.run(tmp_path, work="s3://nobodys/work/deep")
    assert list(tmp_path.iterdir()) == []
    assert bucket
