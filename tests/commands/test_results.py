"""What is told on standard output, and who reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from glnet_geo.commands.results import Results
from glnet_geo.errors import OutputError


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("cp1252", "## Straße, 5 km² ± 2?"),
        ("ascii", "## Stra?e, 5 km2 +- 2?"),
        ("utf-8", "██ Straße, 5 km² ± 2?"),
    ],
)
def test_what_an_encoding_lacks_is_written_in_its_characters(encoding: str, told: str) -> None:
    """As where Windows writes to a file; a question mark where there is no other way."""
    kept = BytesIO()
    results = Results(TextIOWrapper(kept, encoding=encoding))
    results.write("██ Straße, 5 km² ± 2\udcff\n")
    results.flush()
    assert kept.getvalue().decode(encoding).rstrip() == told


def test_a_reader_who_has_left_is_not_missed() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with Results(TextIOWrapper(os.fdopen(writing, "wb"))) as results:
        for _ in range(3):
            results.write("told\n" * 99)
            results.flush()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk")
def test_what_cannot_be_told_is_said_once() -> None:
    with Results(TextIOWrapper(Path("/dev/full").open("wb"))) as results:
        results.write("told")
        with pytest.raises(
            OutputError, match=r"cannot be written \(No space left on device\); all else is done"
        ):
            results.flush()


@pytest.mark.parametrize("command", [["engine"], ["models", "list", "--json"], ["models", "show", "urban"]])
def test_commands_end_well_though_nobody_reads(command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "glnet_geo", *command], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")
