"""The handshake with programs that drive the command line, and the job that does not outlive them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import save_file

from glnet_geo import __version__
from glnet_geo.commands import COMMANDS, run
from glnet_geo.commands.engine import PROTOCOL
from glnet_geo.model import installed
from glnet_geo.model.installed import card_text, installed_models
from glnet_geo.model.package import find_model

ROOT = Path(__file__).resolve().parents[2]
SCENE = ROOT / "sample_data" / "scene.tif"


def test_it_tells_versions_commands_and_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["engine", "--json"]) == 0
    about = json.loads(capsys.readouterr().out)
    assert (about["protocol"], about["version"]) == (PROTOCOL, __version__)
    assert about["commands"] == dict.fromkeys(COMMANDS, True)
    urban = next(model for model in about["models"] if model["name"] == "urban")
    assert "water" in urban["classes"]
    assert urban["gsd"][0] < urban["gsd"][1]
    assert Path(urban["path"]).is_file()
    assert (about["devices"], about["self_test"]) == (None, None)


def test_a_broken_package_among_the_models_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And of two of one name, that is told which is taken by it."""
    monkeypatch.setattr(installed, "user_model_folder", lambda: tmp_path)
    shipped = next(path for path in installed_models() if path.stem == "urban")
    (tmp_path / "cut.safetensors").write_bytes(shipped.read_bytes()[:5000])
    newer = json.dumps({**json.loads(card_text(shipped)), "glnet:invented": 1})
    for name, card in (("strange", "{}"), ("other", "[]"), ("endless", "NaN"), ("newer", newer)):
        save_file({}, tmp_path / f"{name}.safetensors", metadata={installed.CARD_KEY: card})
    for command in (["engine", "--json"], ["models", "list", "--json"]):
        assert run(command) == 0
        told = capsys.readouterr()
        answer = json.loads(told.out)
        found = answer["models"] if command[0] == "engine" else answer
        assert [model["name"] for model in found] == ["urban"]
        for name in ("cut", "strange", "other", "endless", "newer"):
            assert f"{name}.safetensors" in told.err
        assert told.err.count("it is left out") == 5
        assert "holds glnet:invented" in told.err
    own = tmp_path / "urban.safetensors"
    own.write_bytes(shipped.read_bytes())
    assert run(["models", "list", "--json"]) == 0
    assert [model["path"] for model in json.loads(capsys.readouterr().out)] == [str(own)]
    assert find_model("urban") == own


def test_torch_is_not_waited_for() -> None:
    code = "import sys; from glnet_geo.commands import run; run(['engine', '--json']); sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0


def test_devices_and_self_test(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["engine", "--devices", "--self-test", "--json"]) == 0
    about = json.loads(capsys.readouterr().out)
    assert about["devices"][-1]["kind"] == "cpu"
    assert about["self_test"]["seconds"] > 0


def test_a_person_can_read_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["engine"]) == 0
    assert f"version    {__version__}" in capsys.readouterr().out


def _started(out: Path, *, until_stdin_ends: bool) -> subprocess.Popen[bytes]:
    watching = ["--until-stdin-ends"] if until_stdin_ends else []
    job = [
        "classify",
        str(SCENE),
        "--out",
        str(out / "map.tif"),
        "--no-resume",
        "--progress",
        "json",
        "--json",
    ]
    started = subprocess.Popen(
        [sys.executable, "-m", "glnet_geo", *watching, *job],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert started.stderr is not None
    started.stderr.readline()
    return started


@pytest.mark.slow
def test_a_job_ends_with_the_input_that_it_watches(tmp_path: Path) -> None:
    job = _started(tmp_path, until_stdin_ends=True)
    _, said = job.communicate(timeout=30)
    assert job.returncode == 130
    assert said.decode().splitlines()[-1].startswith("Stopped")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_job_that_watches_nothing_goes_on(tmp_path: Path) -> None:
    job = _started(tmp_path, until_stdin_ends=False)
    assert job.stdin is not None
    job.stdin.close()
    with pytest.raises(subprocess.TimeoutExpired):
        job.wait(timeout=1)
    job.terminate()
    job.stdin = None
    job.communicate(timeout=30)
    assert job.returncode == 130


@pytest.mark.slow
def test_the_folders_of_a_job_name_its_process(tmp_path: Path) -> None:
    """So that a program that has to kill it knows what to remove."""
    job = _started(tmp_path, until_stdin_ends=True)
    assert job.stderr is not None
    for line in job.stderr:
        if b'"progress"' in line:
            break
    job.kill()
    job.communicate()
    assert [path.name.startswith(f".glnet-geo-{job.pid}-") for path in tmp_path.iterdir()] == [True]
