"""What README, docs and help show can be typed as it stands, and their links lead somewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from glnet_geo.commands import COMMANDS, cli

_ROOT = Path(__file__).resolve().parents[1]
_PAGES = sorted([*_ROOT.glob("*.md"), *(_ROOT / "docs").glob("*.md"), *(_ROOT / "sample_data").glob("*.md")])
_SHOWN = re.compile(r"^ {2,}(?:\$ )?(glnet-geo .+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s#]*)(?:#([^)\s]*))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def _commands(group: click.Group, *names: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*names, name), command
        if isinstance(command, click.Group):
            yield from _commands(command, *names, name)


_EVERY = dict(_commands(cli))


def _examples(text: str) -> list[str]:
    """The commands that a text shows as code, long ones on one line."""
    found = _SHOWN.findall(re.sub(r"\\\n\s*", "", text))
    # Shell variables and pages cut off at "..." stand for something else.
    return [line.replace("$SLURM_ARRAY_TASK_ID", "3") for line in found if "..." not in line]


def _parsed(example: str) -> tuple[click.Context, list[str]]:
    """What an example asks for."""
    words = shlex.split(example, comments=True)[1:]
    if not words or words[0].startswith("-"):
        return cli.make_context("glnet-geo", words), words
    count = 2 if words[0] == "models" and len(words) > 1 else 1
    return _EVERY[tuple(words[:count])].make_context(words[0], words[count:]), words


_HELP = {
    " ".join(names): click.Context(command, info_name=names[-1]).get_help()
    for names, command in _EVERY.items()
}
_ALL_EXAMPLES = sorted(
    {
        example
        for text in [*(page.read_text(encoding="utf-8") for page in _PAGES), *_HELP.values()]
        for example in _examples(text)
    }
)


@pytest.mark.parametrize("example", _ALL_EXAMPLES)
def test_an_example_is_understood_as_it_stands(example: str) -> None:
    _parsed(example)


@pytest.mark.parametrize("example", _ALL_EXAMPLES)
def test_an_example_makes_no_map_that_takes_the_style_of_another_file(example: str) -> None:
    context, _ = _parsed(example)
    given = context.params
    read = [given.get(name) for name in ("scene", "classes", "map", "aoi", "reference")]
    named = {
        Path(str(path)).with_suffix("") for path in [*read, *given.get("inputs", ())] if path is not None
    }
    made = [*(given.get("outs") or ()), *(given.get("mosaics") or ())]
    # A GeoPackage holds its style.
    styled = {Path(str(path)).with_suffix("") for path in made if Path(str(path)).suffix != ".gpkg"}
    assert not styled & named


@pytest.mark.parametrize("name", list(_HELP))
def test_every_option_says_what_it_does(name: str) -> None:
    silent = [
        param.name
        for param in _EVERY[tuple(name.split())].params
        if isinstance(param, click.Option) and not param.help
    ]
    assert not silent


@pytest.mark.parametrize("name", [name for name in _HELP if name != "models"])
def test_every_command_shows_an_example(name: str) -> None:
    assert any(f"glnet-geo {name}" in example for example in _examples(_HELP[name]))


def test_the_group_lists_every_command() -> None:
    assert {names[0] for names in _EVERY} == set(COMMANDS)


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for place, anchor in _LINK.findall(page.read_text(encoding="utf-8")):
        if ":" in place:
            continue
        target = page.parent / place if place else page
        assert target.exists(), place
        if anchor:
            assert anchor in _anchors(target), f"{place}#{anchor}"


def _anchors(page: Path) -> set[str]:
    headings = _HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
