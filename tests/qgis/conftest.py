"""A QGIS without a window, with the plugin in it, and an engine beside it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "qgis_plugin"
SAMPLE = ROOT / "sample_data" / "scene.tif"

_STATUS = pytest.StashKey[int]()

FAKE_ENGINE = '''#!/usr/bin/python3 -S
"""Speaks the engine's protocol; what it does with a job is written beside it."""
import json, os, signal, sys, time
arguments = sys.argv[sys.argv.index("glnet_geo") + 1:]
if arguments[0] == "--until-stdin-ends":
    arguments = arguments[1:]
if arguments[0] == "engine":
    print(json.dumps({"protocol": PROTOCOL, "version": "9.9", "python": "3", "executable": sys.executable,
        "libraries": {}, "commands": dict.fromkeys(COMMANDS, True), "devices": [], "self_test": None,
        "models": [{"name": "urban", "path": "", "title": "", "purpose": "", "classes": ["water", "road"],
                    "bands": ["red"], "gsd": [0.4, 2]}]}))
    sys.exit()
open(__file__ + ".arguments", "w").write(json.dumps(arguments))
JOB
'''


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.qgis)
            # Old bindings warn of themselves.
            item.add_marker(pytest.mark.filterwarnings("default"))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave at once where QGIS was there: it may crash when Python takes down what it has left."""
    if "qgis.core" in sys.modules and _STATUS in config.stash:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[_STATUS])


@pytest.fixture(scope="session")
def qgis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """QGIS with the Processing plugin and ours."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from qgis.core import QgsApplication

    QgsApplication.setPrefixPath(os.environ.get("QGIS_PREFIX_PATH", "/usr"), True)
    application = QgsApplication([], True, str(tmp_path_factory.mktemp("profile")))
    application.initQgis()
    sys.path[:0] = [str(PLUGINS), str(Path(QgsApplication.pkgDataPath()) / "python" / "plugins")]
    from processing.core.Processing import Processing

    Processing.initialize()
    import glnet_land_cover

    plugin = glnet_land_cover.classFactory(None)
    plugin.initProcessing()
    yield application
    plugin.unload()
    application.exitQgis()


@pytest.fixture(scope="session")
def engine_python() -> str:
    """The Python that has the engine."""
    named = os.environ.get("GLNET_GEO_PYTHON", str(ROOT / ".venv" / "bin" / "python"))
    if not Path(named).is_file():
        pytest.skip(f"there is no engine at {named}: run make demo, or set GLNET_GEO_PYTHON")
    return named


@pytest.fixture
def engine(qgis: Any, engine_python: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The engine, named as on a server."""
    monkeypatch.setenv("GLNET_GEO_PYTHON", engine_python)
    return engine_python


@pytest.fixture(scope="session")
def commands(engine_python: str) -> list[str]:
    """What this engine can do."""
    import json

    return list(json.loads(command_line(engine_python, "engine", "--json").stdout)["commands"])


@pytest.fixture(scope="session")
def scene(qgis: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of the sample that is classified in a second, in a folder and of a name that quoting must survive."""
    from osgeo import gdal

    gdal.UseExceptions()
    path = tmp_path_factory.mktemp("Luft bild's “ö”") / "das 'Bild' Ω 1.tif"
    gdal.Translate(str(path), str(SAMPLE), srcWin=[300, 300, 620, 600])
    return path


@pytest.fixture
def fake_engine(qgis: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes an engine that answers the handshake, and then does what the test says."""

    def make(
        job: str = "print('{}')", *, protocol: int = 1, commands: tuple[str, ...] = ALL_COMMANDS
    ) -> Path:
        path = tmp_path / "fake engine.py"
        text = (
            FAKE_ENGINE.replace("PROTOCOL", str(protocol))
            .replace("COMMANDS", repr(commands))
            .replace("JOB", job)
        )
        path.write_text(text, encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("GLNET_GEO_PYTHON", str(path))
        return path

    return make


ALL_COMMANDS = ("batch", "check", "classify", "engine", "evaluate", "models", "sample", "train", "vectorize")


def command_line(python: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a person does."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "QT_"))
    }
    return subprocess.run(
        [python, "-I", "-X", "utf8", "-m", "glnet_geo", *arguments],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
        env=environment,
    )
