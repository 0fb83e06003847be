"""The engine in its private environment: set up, updated, and kept where an update fails, is cancelled, or QGIS dies in it."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

core = pytest.importorskip("qgis.core", reason="QGIS's Python is absent here: run make test-qgis")

from tests.qgis import wheels  # noqa: E402
from tests.qgis.conftest import PLUGINS  # noqa: E402
from tests.qgis.logs import Log  # noqa: E402
from tests.qgis.processes import children, ends  # noqa: E402
from tests.qgis.server import Server  # noqa: E402

_CHECK, _SET_UP, _REPAIR, _REMOVE = range(4)


def run(action: int, log: Log | None = None, **parameters: Any) -> dict[str, Any]:
    import processing

    made: dict[str, Any] = processing.run("glnet:engine", {"ACTION": action, **parameters}, feedback=log)
    return made


@pytest.fixture
def profile(qgis: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the plugin in the profile, without an engine before and after."""
    from glnet_land_cover import private_environment

    monkeypatch.delenv("GLNET_GEO_PYTHON", raising=False)
    run(_REMOVE)
    yield Path(private_environment.folder()).parent
    run(_REMOVE)


@pytest.fixture(scope="module")
def made(qgis: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of an engine of version 9.9 as it is set up: to make it takes long."""
    from glnet_land_cover import private_environment

    folder = tmp_path_factory.mktemp("made")
    run(_SET_UP, WHEELHOUSE=str(wheels.stand_in(folder / "wheels")))
    shutil.copytree(private_environment.folder(), folder / "engine", symlinks=True)
    return folder / "engine"


@pytest.fixture
def engine_9(made: Path, profile: Path) -> Path:
    """The folder of an engine of version 9.9 that is set up."""
    shutil.copytree(made, profile / "engine", symlinks=True)
    return profile / "engine"


def _content(folder: Path) -> dict[str, bytes]:
    """All files but those that Python writes when it runs."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _is_alone(engine: Path) -> bool:
    """Whether nothing lies beside the engine."""
    return list(engine.parent.iterdir()) == [engine]


# --- an update that does not become whole ---


@pytest.mark.parametrize("action", [_SET_UP, _REPAIR])
def test_an_update_that_fails_leaves_the_engine_as_it_was(
    engine_9: Path, tmp_path: Path, action: int
) -> None:
    before = _content(engine_9)
    newer = wheels.stand_in(tmp_path / "newer", "9.10", broken=True)
    with pytest.raises(core.QgsProcessingException, match=r"does not answer.* there is as it was\.$"):
        run(action, WHEELHOUSE=str(newer))
    assert _content(engine_9) == before
    assert _is_alone(engine_9)
    assert run(_CHECK)["VERSION"] == "9.9"


@pytest.mark.parametrize("action", [_SET_UP, _REPAIR])
def test_an_update_that_is_cancelled_leaves_the_engine_as_it_was(
    engine_9: Path, tmp_path: Path, action: int
) -> None:
    newer = wheels.stand_in(tmp_path / "newer", "9.10")
    with pytest.raises(core.QgsProcessingException, match=r"^Stopped: nothing was installed.*as it was"):
        run(action, Log(cancel_at=5), WHEELHOUSE=str(newer))
    assert _is_alone(engine_9)
    assert run(_CHECK)["VERSION"] == "9.9"


@pytest.mark.parametrize("action", [_SET_UP, _REPAIR])
def test_an_update(engine_9: Path, tmp_path: Path, action: int) -> None:
    newer = wheels.stand_in(tmp_path / "newer", "9.10")
    assert run(action, WHEELHOUSE=str(newer))["VERSION"] == "9.10"
    assert _is_alone(engine_9)
    assert run(_CHECK)["VERSION"] == "9.10"


@pytest.mark.parametrize("action", [_SET_UP, _REPAIR])
def test_an_update_in_which_qgis_dies_leaves_the_engine_as_it_was(
    made: Path, tmp_path: Path, action: int
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    server = Server(home, PLUGINS, engine=None)

    def said(*arguments: str) -> str:
        done = server("run", "glnet:engine", "--", *arguments)
        return done.stdout + done.stderr

    engine = (
        next(path.parent for path in home.rglob("profiles/default"))
        / "default"
        / "glnet_land_cover"
        / "engine"
    )
    shutil.copytree(made, engine, symlinks=True)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        index = f"INDEX=http://127.0.0.1:{silent.getsockname()[1]}/simple"
        process = server.start("run", "glnet:engine", "--", f"ACTION={action}", index)
        silent.settimeout(60)
        asked, _address = silent.accept()
        (pip,) = children(process.pid)
        process.kill()
        process.wait()
        # It would write into the engine that is put back.
        assert ends(pip)
        asked.close()
    assert not (engine / "engine-is-complete.json").exists()
    assert "VERSION:\t9.9" in said(f"ACTION={_CHECK}")
    said(f"ACTION={_SET_UP}", f"WHEELHOUSE={made.parent / 'wheels'}")
    assert _is_alone(engine)


def test_two_at_once_do_not_disturb_each_other(engine_9: Path, made: Path) -> None:
    from glnet_land_cover.replacement import put_back, replacing

    with replacing(anew=True):
        with pytest.raises(core.QgsProcessingException, match="being set up already"):
            run(_SET_UP, WHEELHOUSE=str(made.parent / "wheels"))
        put_back()
        assert not engine_9.exists()
        # The block ends well only with an engine in its place.
        (engine_9.parent / "before").rename(engine_9)
    assert run(_CHECK)["VERSION"] == "9.9"


# --- what is installed ---


def test_all_that_the_algorithms_offer_is_installed(engine_9: Path) -> None:
    assert list(engine_9.rglob(f"{wheels.EXTRA}.py"))


@pytest.mark.parametrize(
    ("package", "as_pip_takes_it"),
    [
        ("glnet_geo", "glnet_geo[report,parquet,stac]"),
        ("glnet_geo==1.2", "glnet_geo[report,parquet,stac]==1.2"),
        ("glnet_geo[report] >= 1", "glnet_geo[report] >= 1"),
        (
            "https://a.b/c-1-py3-none-any.whl",
            "glnet_geo[report,parquet,stac] @ https://a.b/c-1-py3-none-any.whl",
        ),
        ("git+ssh://git@a.b/c", "glnet_geo[report,parquet,stac] @ git+ssh://git@a.b/c"),
        ("glnet_geo @ https://a.b/c.whl", "glnet_geo @ https://a.b/c.whl"),
    ],
)
def test_packages_with_their_extras(qgis: Any, package: str, as_pip_takes_it: str) -> None:
    from glnet_land_cover.installer import with_extras

    assert with_extras(package) == as_pip_takes_it


def test_an_index_without_the_engine(profile: Path, tmp_path: Path) -> None:
    empty = tmp_path / "index"
    empty.mkdir()
    with pytest.raises(
        core.QgsProcessingException, match=r"index has no glnet_geo .*a wheel.*Package of the"
    ):
        run(_SET_UP, INDEX=empty.as_uri())
    assert list(profile.iterdir()) == []


# --- which engine it is ---


def test_setting_up_a_wheel_warns_where_another_python_comes_first(
    profile: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLNET_GEO_PYTHON", "/nowhere/python")
    log = Log()
    folder = made.parent / "wheels"
    wheel = next(folder.glob("glnet_geo-*.whl"))
    run(_SET_UP, log, WHEELHOUSE=str(folder), PACKAGE=str(wheel))
    assert list(profile.rglob(f"{wheels.EXTRA}.py"))
    assert any(
        "but /nowhere/python, which the environment variable GLNET_GEO_PYTHON names" in warning
        for warning in log.warnings
    )


def test_a_check_does_not_offer_to_download_where_a_name_is_wrong(
    profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(core.QgsProcessingException, match="It downloads about"):
        run(_CHECK)
    monkeypatch.setenv("GLNET_GEO_PYTHON", "/nowhere/python")
    with pytest.raises(core.QgsProcessingException, match=r"or leave it empty\.$"):
        run(_CHECK)


def test_the_remedy_of_the_private_engine_is_to_set_it_up(engine_9: Path) -> None:
    (next(engine_9.rglob("glnet_geo")) / "__main__.py").write_text("import sys; sys.exit('broken')")
    with pytest.raises(core.QgsProcessingException, match="update or repair it with “Set up or check the"):
        run(_CHECK)
