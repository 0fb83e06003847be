"""Threads of a network that wait for each other leave the cores to other programs."""

from __future__ import annotations

import os

import pytest

from glnet_geo.commands import run


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        # Set first, so that what the command line sets is taken back too.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_they_wait_briefly() -> None:
    run(["--version"])
    assert os.environ["GOMP_SPINCOUNT"] == "10000"


@pytest.mark.parametrize("name", ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY"])
def test_what_a_person_has_set_is_kept(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "mine")
    before = dict(os.environ)
    run(["--version"])
    assert {key: os.environ[key] for key in before} == before
    assert os.environ.get("GOMP_SPINCOUNT", "mine") == "mine"
