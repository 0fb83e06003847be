"""Pictures that matplotlib draws."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from glnet_geo.errors import OptionError
from glnet_geo.io.files.small_files import write_whole
from glnet_geo.io.files.staging import check_output

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PNG = (".png",)


def check_figure(path: Path, option: str, *, overwrite: bool) -> None:
    """Refuse a picture that cannot be drawn or written, before a long job.

    Args:
        path: of the picture.
        option: of the command line that asks for it.
        overwrite: whether it may be there already.

    Raises:
        OptionError: matplotlib is missing.
        OutputError: it is no PNG, its folder is missing or read-only, or it exists.
    """
    check_output(path, _PNG, overwrite=overwrite)
    require_matplotlib(option)


def require_matplotlib(option: str) -> None:
    """Refuse an option without the package that draws.

    Raises:
        OptionError: it is not installed.
    """
    if find_spec("matplotlib") is None:
        raise OptionError(
            f"{option} needs matplotlib, which is not installed: pip install 'glnet_geo[report]', or leave {option} out"
        )


def write_figure(path: Path, figure: Figure, dpi: int) -> None:
    """Write a picture, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    write_whole(path, lambda made: figure.savefig(made, format="png", dpi=dpi))
