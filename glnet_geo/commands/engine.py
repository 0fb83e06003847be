"""glnet-geo engine: what another program must know before it gives this one a job."""

from __future__ import annotations

import platform
import sys
from dataclasses import asdict
from importlib import metadata
from typing import TYPE_CHECKING, Any

import click

from glnet_geo import __version__
from glnet_geo.commands.console import print_json
from glnet_geo.commands.options import json_option

if TYPE_CHECKING:
    from glnet_geo.model.card import Card

PROTOCOL = 1
"""Grows when a program that drives the command line must change: JSON lines of progress, ways to stop, exit codes."""

_LIBRARIES = ("torch", "numpy", "rasterio", "shapely", "pyogrio")


@click.command()
@click.option("--devices", is_flag=True, help="Also tell where this computer can compute; takes seconds.")
@click.option("--self-test", is_flag=True, help="Also map a small made-up scene; takes seconds.")
@json_option
def engine(devices: bool, self_test: bool, as_json: bool) -> None:  # noqa: FBT001 - click passes flags by name
    """Tell versions, commands and models of this installation, for programs that drive it.

    \b
    Examples:
      glnet-geo engine
      glnet-geo engine --devices --self-test
      glnet-geo engine --json
    """
    known = _about(devices=devices, self_test=self_test)
    if as_json:
        print_json(known)
        return
    _print(known)


def _about(*, devices: bool, self_test: bool) -> dict[str, Any]:
    from glnet_geo.commands import COMMANDS

    about: dict[str, Any] = {
        "protocol": PROTOCOL,
        "version": __version__,
        "python": platform.python_version(),
        "executable": sys.executable,
        "libraries": {name: _version(name) for name in _LIBRARIES},
        "commands": dict.fromkeys(COMMANDS, True),
        "models": _models(),
        "devices": None,
        "self_test": None,
    }
    if devices:
        from glnet_geo.model.devices import available_devices

        about["devices"] = [asdict(device) for device in available_devices()]
    if self_test:
        from glnet_geo.selftest import self_test as run

        summary = run()
        about["self_test"] = {"device": summary.device, "seconds": round(summary.seconds, 2)}
    return about


def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def _models() -> list[dict[str, Any]]:
    """What a person needs to choose an installed model."""
    from glnet_geo.model.installed import readable_models

    return [{"name": path.stem, "path": str(path), **_brief(card)} for path, card in readable_models()]


def _brief(card: Card) -> dict[str, Any]:
    distance = card.ground_sample_distance
    return {
        "title": card.name,
        "purpose": card.description,
        "classes": [c.name for c in card.legend],
        "bands": list(card.bands),
        "gsd": None if distance is None else [distance.minimum, distance.maximum],
    }


def _print(about: dict[str, Any]) -> None:
    lines = [
        ("version", f"{about['version']} (protocol {about['protocol']})"),
        ("python", f"{about['python']}, {about['executable']}"),
        (
            "libraries",
            ", ".join(f"{name} {version or 'missing'}" for name, version in about["libraries"].items()),
        ),
        ("commands", ", ".join(about["commands"])),
        ("models", ", ".join(model["name"] for model in about["models"]) or "none"),
    ]
    if about["devices"] is not None:
        lines.append(
            ("devices", ", ".join(f"{device['kind']} ({device['name']})" for device in about["devices"]))
        )
    if about["self_test"] is not None:
        lines.append(
            ("self-test", f"passed in {about['self_test']['seconds']} s on {about['self_test']['device']}")
        )
    for name, text in lines:
        click.echo(f"{name:<10} {text}")
