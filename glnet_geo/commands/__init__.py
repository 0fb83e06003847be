"""The command line: parse, call one function, report.

Exit codes: 0 done, 1 a bug, 2 wrong use, 3 scene, 4 model, 5 output, 6 area of interest, 7 training, 8 evaluation, 9 cluster,
10 some tiles failed, 130 stopped.
"""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import click

from glnet_geo import __version__
from glnet_geo.commands.results import tell_results
from glnet_geo.commands.stopping import stop_on_signals
from glnet_geo.errors import CancelledError, DoubtfulInputWarning, GlnetGeoError

COMMANDS = {
    "batch": "Map the land cover of many tiles as one.",
    "check": "Tell what classify would do, without doing it.",
    "classify": "Map the land cover of a scene.",
    "engine": "Tell versions, commands and models, for programs that drive this one.",
    "evaluate": "Tell how good a map or a model is.",
    "models": "List, show and import models.",
    "sample": "Draw random points of a map, to be labelled and given to evaluate.",
    "train": "Make a model of your own from polygons or label maps.",
    "vectorize": "Draw the polygons of any class raster.",
}
_DEBUG = "GLNET_GEO_DEBUG"


class _LazyGroup(click.Group):
    """Imports a command when it is used, and not to list it: the help of all must come at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, "--version", "-V", prog_name="glnet-geo")
@click.option(
    "--until-stdin-ends",
    is_flag=True,
    help="Stop when standard input ends: for programs that start this one.",
)
def cli(until_stdin_ends: bool) -> None:  # noqa: FBT001 - click passes flags by name
    """Wall-to-wall land-cover maps from any GeoTIFF, of any size, on any machine.

    \b
    Examples:
      glnet-geo classify scene.tif --out landcover.gpkg
      glnet-geo check scene.tif
      glnet-geo models list

    glnet-geo COMMAND --help tells more of a command, with examples.
    """
    if until_stdin_ends:
        from glnet_geo.commands.lifeline import stop_when_stdin_ends

        stop_when_stdin_ends()


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with its documented code."""
    stop_on_signals()
    tell_results()
    code = run(arguments)
    if code == CancelledError.exit_code:
        # All is cleaned up; taking the libraries down would only keep whoever stopped the job waiting.
        _leave_at_once(code)
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code, having said in one sentence what went wrong."""
    _silence_gdal()
    _wait_briefly()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", DoubtfulInputWarning)
            warnings.showwarning = _Doubts().show
            cli.main(args=arguments, prog_name="glnet-geo", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt, SystemExit):
        # click and rich leave where whoever listened to the progress is gone: nobody waits for the outcome.
        _say("Stopped: nothing was written.")
        return CancelledError.exit_code
    except CancelledError as stopped:
        _say(f"Stopped: {stopped}.")
        return stopped.exit_code
    except GlnetGeoError as error:
        if os.environ.get(_DEBUG):
            raise
        _say(f"Error: {error}")
        return error.exit_code
    except MemoryError:
        _say(
            "Error: the computer has too little free memory: close other programs, or use a computer with more."
        )
        return 1
    except Exception as error:
        # The last resort: a person never meets a traceback.
        if os.environ.get(_DEBUG):
            raise
        _say(f"Error: something unforeseen happened ({type(error).__name__}: {error}); nothing was written.")
        _say(f"Please report it with the output of the same command after setting {_DEBUG}=1.")
        return 1
    return 0


def _silence_gdal() -> None:
    """Have GDAL, wherever it was built in, not print what it hands over as errors."""
    if not os.environ.get(_DEBUG):
        os.environ.setdefault("CPL_LOG", os.devnull)


def _wait_briefly() -> None:
    """Have threads of a network that wait for each other sleep after some microseconds, before torch is loaded.

    By default they keep their cores busy for milliseconds. Where other programs want these cores, those that are waited for
    do not get any, and a map takes up to twice as long (benchmarks/busy.py).
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "10000")


def _leave_at_once(code: int) -> NoReturn:
    with suppress(OSError):
        # Whoever read what was said may be gone.
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


class _Doubts:
    """The doubts of one run: what is true of each of many scenes is told once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def show(self, message: Warning | str, *_where: Any, **_more: Any) -> None:
        """Tell a doubt, unless it was told."""
        if str(message) not in self._told:
            self._told.add(str(message))
            _say(f"Warning: {message}")


def _say(sentence: str) -> None:
    with suppress(BrokenPipeError):
        click.echo(sentence, err=True)
