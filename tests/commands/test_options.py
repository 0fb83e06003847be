from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from glnet_geo.commands.option_types import Place, WorkPlace, file_argument


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("~/maps/a.tif", "{home}/maps/a.tif"),
        ("~", "{home}"),
        ("~maps/a.tif", "~maps/a.tif"),
        ("maps/~/a.tif", "maps/~/a.tif"),
        ("s3://bucket/~/a", None),
        ("maps", "maps"),
    ],
)
def test_a_tilde_that_the_shell_has_left_is_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, meant: str | None
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    found: list[object] = []

    @click.command()
    @click.option("--file", type=file_argument())
    @click.option("--place", type=Place())
    def command(file: Path, place: str) -> None:
        found.extend([file, place])

    CliRunner().invoke(command, [f"--file={given}", f"--place={given}"], catch_exceptions=False)
    place = (meant or given).format(home=tmp_path)
    assert found == [Path(place), place]


@pytest.mark.parametrize("kind", [file_argument(), Place(), WorkPlace()])
def test_an_empty_path_is_refused(kind: click.ParamType[Any]) -> None:
    """As of a variable that is not set: it would mean the current folder, which may hold shapefiles."""

    @click.command()
    @click.option("--aoi", type=kind)
    def command(aoi: Path) -> None:
        raise AssertionError(aoi)

    done = CliRunner().invoke(command, ["--aoi", ""])
    assert done.exit_code == 2
    assert "Invalid value for '--aoi': it is empty: name a file" in done.output
