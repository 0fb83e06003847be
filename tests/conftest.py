"""What tests of several layers need."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.golden import Golden

# Networks in tests are so small that threads only wait for each other; torch reads this when it is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A slow machine is no fault of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

_SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture
def usual_handlers() -> Iterator[None]:
    """Ctrl-C and SIGTERM raise KeyboardInterrupt, as in the command line; in the background a shell has Ctrl-C ignored."""
    before = {
        kind: signal.signal(kind, signal.default_int_handler) for kind in (signal.SIGINT, signal.SIGTERM)
    }
    yield
    for kind, handler in before.items():
        assert signal.signal(kind, handler) is signal.default_int_handler


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of half a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)],
            check=False,
            capture_output=True,
        )
    except FileNotFoundError:
        pytest.skip("there is no mount here, so no small disk")
    if mounted.returncode:
        pytest.skip("a small disk can only be mounted by an administrator")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of a tiny network; no test may change it."""
    from tests.scenes import write_model

    return write_model(tmp_path_factory.mktemp("models") / "tiny.safetensors")


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scene of a few frames of that network; no test may change it."""
    from tests.scenes import texture, write_scene

    return write_scene(tmp_path_factory.mktemp("scenes") / "scene.tif", texture(533, 467))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real imagery beside the repository."""
    folder = _SHARED / "data"
    if not folder.is_dir():
        pytest.skip(f"the real imagery is not here: {folder}")
    return folder


@pytest.fixture(scope="session")
def golden() -> Golden:
    """The parity vectors, and the networks that must reproduce them."""
    from tests.golden import FILE, Golden

    folder = _SHARED / "golden"
    if not (folder / FILE).is_file():
        pytest.skip(f"the parity vectors are not here: {folder / FILE}")
    return Golden(folder)
