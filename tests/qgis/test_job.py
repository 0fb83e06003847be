"""The engine that is missing, old, dies, runs out of memory, is stopped, or is left alone."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

core = pytest.importorskip("qgis.core", reason="QGIS's Python is absent here: run make test-qgis")

from tests.qgis.conftest import PLUGINS, SAMPLE  # noqa: E402
from tests.qgis.logs import Log  # noqa: E402
from tests.qgis.processes import children, ends, wait_for  # noqa: E402


def classify(out: Path, scene: Path = SAMPLE, log: Log | None = None, **more: Any) -> dict[str, Any]:
    import processing

    parameters = {"INPUT": str(scene), "RASTER": str(out / "map.tif"), **more}
    made: dict[str, Any] = processing.run("glnet:classify", parameters, feedback=log)
    return made


def _reason(run: Callable[[], Any]) -> str:
    with pytest.raises(core.QgsProcessingException) as raised:
        run()
    return str(raised.value)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out put"
    folder.mkdir()
    return folder


# --- before it starts ---


def test_no_engine_at_all(qgis: Any, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GLNET_GEO_PYTHON", raising=False)
    assert "run “Set up or check the engine”" in _reason(lambda: classify(out))
    algorithm = core.QgsApplication.processingRegistry().createAlgorithmById("glnet:classify")
    able, why = algorithm.canExecute()
    assert not able
    assert "Set up" in why


def test_a_python_that_is_not_there(qgis: Any, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLNET_GEO_PYTHON", "/nowhere/python")
    assert "/nowhere/python, which the environment variable GLNET_GEO_PYTHON names" in _reason(
        lambda: classify(out)
    )
    assert "which the parameter names" in _reason(lambda: classify(out, ENGINE="/elsewhere/python"))


def test_the_parameter_comes_first_and_the_setting_second(
    fake_engine: Any, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = str(fake_engine())
    monkeypatch.setenv("GLNET_GEO_PYTHON", "/nowhere/python")
    classify(out, ENGINE=fake)
    key = "Processing/Configuration/GLNET_GEO_PYTHON"
    core.QgsSettings().setValue(key, fake)
    try:
        classify(out)
    finally:
        core.QgsSettings().remove(key)


def test_a_python_without_the_engine(qgis: Any, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLNET_GEO_PYTHON", "/usr/bin/python3")
    reason = _reason(lambda: classify(out))
    # The private engine comes after the variable: to set it up would change nothing.
    where = "the environment variable GLNET_GEO_PYTHON names, or name none there"
    assert f"/usr/bin/python3 has no glnet_geo: install glnet_geo anew in the Python that {where}" in reason


@pytest.mark.parametrize(("protocol", "what"), [(0, "older than this plugin"), (2, "newer than this plugin")])
def test_another_protocol(fake_engine: Any, out: Path, protocol: int, what: str) -> None:
    fake_engine(protocol=protocol)
    assert what in _reason(lambda: classify(out))


def test_an_engine_from_before_the_handshake(fake_engine: Any, out: Path) -> None:
    path = fake_engine()
    path.write_text("#!/usr/bin/python3\nimport sys\nsys.exit(\"Error: No such command 'engine'.\")")
    assert (
        "older than this plugin: install glnet_geo anew in the Python that the environment variable"
        in _reason(lambda: classify(out))
    )


def test_an_engine_that_lacks_the_command(fake_engine: Any, out: Path) -> None:
    fake_engine(commands=("check", "engine"))
    assert "cannot do this yet: install glnet_geo anew" in _reason(lambda: classify(out))


def test_the_list_of_algorithms_follows_the_engine(fake_engine: Any, qgis: Any) -> None:
    from glnet_land_cover import engine

    provider = core.QgsApplication.processingRegistry().providerById("glnet")
    fake_engine(commands=("check", "engine"))
    try:
        engine.ask(engine.find_interpreter())
        qgis.processEvents()
        assert {algorithm.name() for algorithm in provider.algorithms()} == {"check", "engine"}
    finally:
        engine.forget()
        qgis.processEvents()
    assert {algorithm.name() for algorithm in provider.algorithms()} == {
        "batch",
        "check",
        "classify",
        "engine",
        "evaluate",
        "import",
        "sample",
        "train",
        "vectorize",
    }


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "it has 4 bands: name them with --bands 3,2,1 or --value-range",
            "it has 4 bands: name them with “Bands in the model's order” 3,2,1 or “Values that become darkest and brightest”",
        ),
        (
            "add --max-vertices=5, --nodata: or leave",
            "add “Cut polygons with more corners than” 5, “Value without data”: or leave",
        ),
        # What the dialog does not have stays as it is, and so do names of files.
        (
            "add --no-seamless, not a--bands.tif or --bands.tif",
            "add --no-seamless, not a--bands.tif or --bands.tif",
        ),
    ],
)
def test_options_are_told_as_the_dialog_calls_them(
    fake_engine: Any, out: Path, said: str, shown: str
) -> None:
    fake_engine(f"print({'Warning: ' + said!r}, file=sys.stderr); sys.exit({'Error: ' + said!r})")
    log = Log()
    assert _reason(lambda: classify(out, log=log)) == shown
    assert log.warnings == [shown]


# --- while it runs ---


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (
            "os.kill(os.getpid(), signal.SIGSEGV)",
            "died .signal 11.*tests it; if it fails, install glnet_geo anew",
        ),
        ("os.kill(os.getpid(), signal.SIGKILL)", "ran out of memory: .*smaller"),
        ("sys.exit('Error: something unforeseen (MemoryError: )')", "ran out of memory"),
        ("sys.exit('Error: CUDA out of memory. Tried to allocate 2 GiB')", "ran out of memory"),
        ("sys.exit('Error: No such option: --smooth')", "9.9 is too old for this .*: install glnet_geo anew"),
        ("sys.exit('Error: the scene is odd: choose another')", "the scene is odd: choose another$"),
        ("sys.exit(7)", "exit code 7"),
    ],
)
def test_an_engine_that_fails(fake_engine: Any, out: Path, job: str, reason: str) -> None:
    fake_engine(job)
    with pytest.raises(core.QgsProcessingException, match=reason):
        classify(out)


def test_a_stage_of_a_training_is_told_in_the_persons_language(
    fake_engine: Any, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from glnet_land_cover import job

    german = {"stage {} of {}": "Stufe {} von {}"}
    monkeypatch.setattr(job, "tr", lambda text: german.get(text, text))
    event = json.dumps({"type": "progress", "what": "stage 1 of 2, global", "share": 0.5})
    fake_engine(f"print({event!r}, file=sys.stderr)\nprint('{{}}')")
    log = Log()
    classify(out, log=log)
    assert log.texts == ["Stufe 1 von 2, global"]


def test_warnings_and_messages_reach_the_log(fake_engine: Any, out: Path) -> None:
    fake_engine(
        "print('Warning: the scene is blue', file=sys.stderr)\n"
        "print(json.dumps({'type': 'info', 'message': 'grüße'}), file=sys.stderr)\n"
        "print('{}')"
    )
    log = Log()
    classify(out, log=log)
    assert log.warnings == ["the scene is blue"]
    assert "grüße" in log.said


def test_variables_of_qgis_do_not_reach_the_engine(
    fake_engine: Any, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = dict.fromkeys(("PYTHONHOME", "PYTHONPATH", "PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "GDAL_DRIVER_PATH", "LD_LIBRARY_PATH", "QT_PLUGIN_PATH", "VIRTUAL_ENV"), "/nowhere")  # fmt: skip
    fake_engine("open(__file__ + '.environment', 'w').write(json.dumps(dict(os.environ))); print('{}')")
    for name, value in poison.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GDAL_HTTP_PROXY", "kept")
    classify(out)
    environment = json.loads(Path(os.environ["GLNET_GEO_PYTHON"] + ".environment").read_text())
    assert not poison.keys() & environment.keys()
    assert environment["GDAL_HTTP_PROXY"] == "kept"


def test_the_real_engine_survives_the_poison(
    engine: str, scene: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONHOME", "PYTHONPATH", "PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "GDAL_DRIVER_PATH"):
        monkeypatch.setenv(name, "/nowhere")
    classify(out, scene)
    assert (out / "map.tif").is_file()


@pytest.mark.parametrize("share", [0.0, 10.0, 60.0, 96.0])
def test_cancel_leaves_nothing(engine: str, out: Path, share: float) -> None:
    log = Log(cancel_at=share)
    if share == 0:
        log.cancel()
    reason = _reason(lambda: classify(out, log=log))
    assert reason == "Stopped: nothing was written."
    assert list(out.iterdir()) == []


_MOMENTS = random.Random(5).sample(range(1, 60), 5)  # noqa: S311 - the same in every run


@pytest.mark.parametrize("moment", _MOMENTS)
def test_cancel_at_a_random_moment_leaves_nothing(engine: str, out: Path, moment: int) -> None:
    """While the engine is asked, starts, reads, computes: whenever it comes."""
    log = Log()
    timer = threading.Timer(moment / 10, log.cancel)
    timer.start()
    try:
        assert _reason(lambda: classify(out, log=log)) == "Stopped: nothing was written."
    finally:
        timer.cancel()
    assert list(out.iterdir()) == []
    assert children(os.getpid()) == []


def test_an_engine_that_does_not_listen_is_ended(fake_engine: Any, out: Path) -> None:
    """Within two seconds, and what it was making goes with it."""
    fake_engine(
        "import pathlib; folder = pathlib.Path(arguments[arguments.index('--out') + 1]).parent\n"
        "maker = os.environ['GLNET_GEO_MAKER']\n"
        "(folder / f'.glnet-geo-{maker}-abc').mkdir()\n"
        "(folder / f'.glnet-geo-{maker}-def').touch()\n"
        "(folder / '.glnet-geo-1-of-another').mkdir()\n"
        "print(json.dumps({'type': 'progress', 'what': 'x', 'share': 0.5}), file=sys.stderr, flush=True)\n"
        "time.sleep(60)"
    )
    log = Log(cancel_at=1)
    started = time.monotonic()
    assert "Stopped" in _reason(lambda: classify(out, log=log))
    assert time.monotonic() - started < 10
    assert [path.name for path in out.iterdir()] == [".glnet-geo-1-of-another"]


def test_a_real_engine_that_is_killed(engine: str, out: Path) -> None:
    class Killing(Log):
        def _moved(self, share: float) -> None:
            if share > 20:
                for child in children(os.getpid()):
                    os.kill(child, signal.SIGKILL)

    assert "ran out of memory" in _reason(lambda: classify(out, log=Killing()))
    assert list(out.iterdir()) == []


_LAUNCHER = """
import subprocess, sys
sys.exit(subprocess.run([{python!r}, *sys.argv[1:]]).returncode)
"""


def test_an_engine_behind_a_launcher_that_is_killed(
    engine: str, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that QGIS knows is not the one that makes the files, as with virtual environments of Windows."""
    launcher = tmp_path / "launcher"
    launcher.write_text(f"#!{sys.executable} -S\n" + _LAUNCHER.format(python=engine))
    launcher.chmod(0o700)
    monkeypatch.setenv("GLNET_GEO_PYTHON", str(launcher))

    class Killing(Log):
        def _moved(self, share: float) -> None:
            if share > 20:
                for child in children(os.getpid()):
                    # The engine first: it must not clean up by itself.
                    for each in (*children(child), child):
                        os.kill(each, signal.SIGKILL)

    assert "ran out of memory" in _reason(lambda: classify(out, log=Killing()))
    assert list(out.iterdir()) == []


_RUN_AND_WAIT = """
import sys
sys.path.insert(0, {plugins!r})
from qgis.core import QgsApplication
QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
from glnet_land_cover.child import run
from glnet_land_cover.engine import command_line
run(command_line({python!r}, ["classify", {scene!r}, "--out", {out!r}, "--no-resume", "--progress", "json"]))
"""


def test_the_engine_dies_with_qgis(engine: str, out: Path) -> None:
    """However QGIS ends: nobody stays behind, and nothing."""
    code = _RUN_AND_WAIT.format(
        plugins=str(PLUGINS), python=engine, scene=str(SAMPLE), out=str(out / "map.tif")
    )
    qgis = subprocess.Popen([sys.executable, "-c", code])
    worker = wait_for(lambda: next((pid for pid in children(qgis.pid) if list(out.iterdir())), None))
    qgis.kill()
    qgis.wait()
    assert ends(worker)
    assert list(out.iterdir()) == []
