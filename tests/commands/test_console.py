from __future__ import annotations

import re

import pytest
from rich.table import Table

from glnet_geo.commands.console import Bar, area_text, paced, print_table, swatch


@pytest.mark.parametrize(
    ("computed", "said"),
    [
        (6.0, "6.0 megapixels in 3.0 s (2.00 a second)"),
        (1.5, "6.0 megapixels, 1.5 of them computed now, in 3.0 s (0.50 a second)"),
        (0.0, "6.0 megapixels, 0.0 of them computed now, in 3.0 s"),
    ],
)
def test_the_pace_is_that_of_what_was_computed(computed: float, said: str) -> None:
    assert paced(6.0, computed, 3.0) == said


@pytest.mark.parametrize(
    ("square_metres", "said"),
    [
        (None, "-"),
        (0.0, "0 m²"),
        (0.25, "0.25 m²"),
        (40.0, "40 m²"),
        (999.4, "999 m²"),
        (1_000.0, "0.10 ha"),
        (10_000.0, "1.00 ha"),
        (352_400.0, "35.24 ha"),
        (2.5e8, "250.00 km²"),
    ],
)
def test_no_area_is_told_as_nothing_that_is_something(square_metres: float | None, said: str) -> None:
    assert area_text(square_metres) == said


_NAMES = ("water", "bare land", "[vegetation]")


@pytest.mark.parametrize("width", [16, 30, 40, 60, 80, 200])
def test_no_table_is_cut_however_narrow_the_terminal(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    table = Table(title="How well each class is mapped")
    for name in ("", "class", "IoU", "in the map"):
        table.add_column(name, justify="right" if name[:1].islower() and name != "class" else "left")
    for number, name in enumerate(_NAMES):
        table.add_row(swatch("#ff0000"), name.replace("[", r"\["), f"0.{number}45", f"{number + 1},234,567")
    print_table(table)
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= width
    words = set(re.split(r"[^\w\[\].,]+", said.replace(",\n", "\n").replace(", ", " ")))
    for word in ("How", "IoU", "map", "water", "bare", "land", "[vegetation]", "0.145", "3,234,567"):
        assert word in words


def test_a_narrow_terminal_has_a_paragraph_of_each_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "25")
    table = Table("", "class", "IoU", "in map", title="Scores")
    table.add_row(swatch("#ff0000"), "vegetation", "0.145", "3,234,567")
    print_table(table)
    assert capsys.readouterr().out.split() == [
        "Scores",
        "class",
        "vegetation,",
        "IoU",
        "0.145,",
        "in",
        "map",
        "3,234,567",
    ]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_bar_is_cut(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    with Bar() as bar:
        bar.begin("looking at the tiles", 2)
        bar.advance(2)
    (line,) = capsys.readouterr().err.splitlines()
    assert "looking at the tiles" in line
    assert "100%" in line
    assert "0:00:00" in line
    assert "…" not in line
    assert len(line) <= width
