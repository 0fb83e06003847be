"""What a command that fails says."""

from __future__ import annotations

import pytest

from glnet_geo.commands import run


def failed(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Exit code and the one sentence of a command that must fail."""
    code = run([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert captured.out == ""
    sentences = [line for line in captured.err.splitlines() if line.startswith("Error:")]
    assert len(sentences) == 1, captured.err
    assert "Traceback" not in captured.err
    return code, sentences[0]
