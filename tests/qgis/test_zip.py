"""The zip that people install: what is in it, and that it works in a fresh profile."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

core = pytest.importorskip("qgis.core", reason="QGIS's Python is absent here: run make test-qgis")

from tests.qgis import wheels  # noqa: E402
from tests.qgis.conftest import ROOT, SAMPLE, command_line  # noqa: E402
from tests.qgis.server import Server  # noqa: E402

NAME = "glnet_land_cover"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, ROOT / "tools" / "qgis_plugin.py", folder], check=True, capture_output=True
    )
    return folder / f"{NAME}.zip"


@pytest.fixture
def installed(package: Path, tmp_path: Path) -> Path:
    """The folder of plugins of a profile, with ours."""
    with zipfile.ZipFile(package) as found:
        found.extractall(tmp_path / "plugins")
    return tmp_path / "plugins"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home with blanks"
    folder.mkdir()
    return folder


def test_the_zip_is_one_small_folder(package: Path) -> None:
    assert package.stat().st_size < 200_000
    names = zipfile.ZipFile(package).namelist()
    assert all(name.startswith(f"{NAME}/") and name.isascii() for name in names)
    for needed in ("metadata.txt", "LICENSE", "__init__.py", "icon.svg", "i18n/glnet_land_cover_de.qm"):
        assert f"{NAME}/{needed}" in names
    assert not [name for name in names if "__pycache__" in name or name.endswith(".ts")]


def test_what_editors_and_file_managers_leave_stays_outside(tmp_path: Path) -> None:
    copied = tmp_path / "project"
    shutil.copytree(ROOT / "tools", copied / "tools", ignore=shutil.ignore_patterns("urban", "__pycache__"))
    shutil.copytree(ROOT / "qgis_plugin", copied / "qgis_plugin")
    plugin = copied / "qgis_plugin" / NAME
    for stray in (".DS_Store", ".idea/settings.txt", "algorithms/.env"):
        (plugin / stray).parent.mkdir(exist_ok=True)
        (plugin / stray).write_text("mine")
    subprocess.run(
        [sys.executable, copied / "tools" / "qgis_plugin.py", tmp_path / "dist"],
        check=True,
        capture_output=True,
    )
    names = zipfile.ZipFile(tmp_path / "dist" / f"{NAME}.zip").namelist()
    assert not [name for name in names if "/." in name]


def test_the_plugin_speaks_german(qgis: object) -> None:
    from qgis.PyQt.QtCore import QTranslator

    translator = QTranslator()
    assert translator.load(str(ROOT / "qgis_plugin" / NAME / "i18n" / f"{NAME}_de.qm"))
    assert translator.translate("GlnetLandCover", "Classify land cover") == "Landbedeckung klassifizieren"


def _said(server: Server, *arguments: str) -> str:
    done = server("run", "glnet:engine", "--", *arguments)
    return done.stdout + done.stderr


def test_set_up_use_repair_remove(installed: Path, home: Path, tmp_path: Path) -> None:
    server = Server(home, installed, engine=None)
    folder = wheels.stand_in(tmp_path / "wheel house")
    said = server("run", "glnet:classify", "--", f"INPUT={SAMPLE}", f"RASTER={tmp_path / 'map.tif'}")
    assert "run “Set up or check the engine”" in said.stdout + said.stderr
    assert "It downloads about" in _said(server, "ACTION=0")

    said_setting_up = _said(server, "ACTION=1", f"WHEELHOUSE={folder}")
    engines = [path.parent for path in home.rglob("engine-is-complete.json")]
    assert len(engines) == 1, said_setting_up
    engine = engines[0]
    assert engine.parts[-2:] == ("glnet_land_cover", "engine")
    assert f"Installing into {engine}: about 0.0 GB to download" in said_setting_up
    assert "VERSION:\t9.9" in said_setting_up
    assert "Self-test passed" in _said(server, "ACTION=0")
    used = server("run", "glnet:classify", "--", f"INPUT={SAMPLE}", f"RASTER={tmp_path / 'map.tif'}")
    assert f"{engine}/bin/python" in used.stdout

    (engine / "bin" / "python").unlink()
    assert "VERSION:\t9.9" in _said(server, "ACTION=2", f"WHEELHOUSE={folder}")
    assert "was removed" in _said(server, "ACTION=3")
    assert not engine.exists()
    assert "There is no engine" in _said(server, "ACTION=3")


def test_the_real_engine_set_up_from_wheels_makes_the_same_map(
    installed: Path, home: Path, scene: Path, engine_python: str, tmp_path: Path
) -> None:
    """Of its libraries the wheels only say where they lie; all else is as a person does it, and so is the map."""
    server = Server(home, installed, engine=None)
    folder, base = wheels.real(tmp_path / "wheels", engine_python)
    said = _said(server, "ACTION=1", f"WHEELHOUSE={folder}", f"PYTHON={base}")
    assert "Self-test passed" in said, said
    engine = next(home.rglob("engine-is-complete.json")).parent
    out = tmp_path / "map.tif"
    done = server("run", "glnet:classify", "--", f"INPUT={scene}", f"RASTER={out}")
    assert f"{engine}/bin/python" in done.stdout
    command_line(engine_python, "classify", str(scene), "--out", str(tmp_path / "cli.tif"))
    assert out.read_bytes() == (tmp_path / "cli.tif").read_bytes()
    models = [model["path"] for model in _about(engine)["models"]]
    assert all(path.startswith(str(engine)) for path in models)
    assert "was removed" in _said(server, "ACTION=3")
    assert not engine.exists()


def _about(engine: Path) -> dict[str, Any]:
    """What an engine says of itself."""
    return dict(json.loads(command_line(str(engine / "bin" / "python"), "engine", "--json").stdout))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["WHEELHOUSE={empty}"], "holds no wheels"),
        (["WHEELHOUSE={wheels}", "PACKAGE=another_engine"], "has no wheel of another_engine for this"),
        (["WHEELHOUSE={wheels}", "PYTHON=/nowhere/python"], "/nowhere/python is no Python 3.10"),
    ],
)
def test_a_set_up_that_fails_leaves_nothing(
    installed: Path, home: Path, tmp_path: Path, arguments: list[str], reason: str
) -> None:
    server = Server(home, installed, engine=None)
    folder = wheels.stand_in(tmp_path / "wheels")
    (tmp_path / "empty").mkdir()
    filled = [each.format(empty=tmp_path / "empty", wheels=folder) for each in arguments]
    assert reason in _said(server, "ACTION=1", *filled)
    assert not list(home.rglob("pyvenv.cfg"))
