"""Outputs that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from typing_extensions import Self

from glnet_geo.errors import OutputError
from glnet_geo.io.files.identity import identity
from glnet_geo.io.files.odd_names import is_text, sign_of_an_address
from glnet_geo.io.files.style_places import STYLE, StylePlaces
from glnet_geo.io.files.suffixes import MAP_RASTERS, MAP_VECTORS, MAPS
from glnet_geo.replacing import check_place, hidden_name

# Left over from an older file, these would describe the new one wrongly.
_SIDECARS = (".aux.xml", ".ovr", ".msk", "-wal", "-shm", "-journal")

_LONGEST_NAME = 230
"""Bytes; most systems allow 255, and what lies beside an output while it is made has a longer name."""

_LONGEST_FOLDER = 255
"""Bytes of the name of a folder."""


def is_raster(path: Path) -> bool:
    """Whether a path names a raster output."""
    return path.suffix.lower() in MAP_RASTERS


def check_suffix(path: Path, suffixes: Sequence[str]) -> None:
    """Refuse an output whose name asks for a format that it cannot have.

    Raises:
        OutputError: its suffix is another.
    """
    if path.suffix.lower() not in suffixes:
        choice = "one of " if len(suffixes) > 1 else ""
        raise OutputError(f"{path} has no known suffix: use {choice}{' '.join(suffixes)}")


def check_name(path: Path) -> None:
    """Refuse an output whose name is so long that what belongs to it could not be named, or that would be written elsewhere.

    Raises:
        OutputError: its name, or that of its folder, is of such a kind.
    """
    place = _folder(path) / path.name
    if not is_text(place):
        raise OutputError(f"{str(path)!a} holds bytes that are no characters: choose another name or folder")
    sign = sign_of_an_address(place) if path.suffix.lower() in MAP_VECTORS else ""
    if sign:
        raise OutputError(
            f"{str(path)!r} cannot be written, as {sign!r} in the path of a vector file would lead elsewhere: choose another "
            "name or folder"
        )
    for name, most in ((path.name, _LONGEST_NAME), *((part, _LONGEST_FOLDER) for part in path.parent.parts)):
        length = len(os.fsencode(name))
        if length > most:
            raise OutputError(
                f"the name {name[:20]}...{Path(name).suffix} has {length} bytes, and may have {most}: choose a shorter one"
            )


def check_output(path: Path, suffixes: Sequence[str], *, overwrite: bool) -> None:
    """Refuse an output that cannot be written, before a long job.

    Raises:
        OutputError: its suffix is another, its name cannot be written or is too long, its folder missing or read-only, it is a folder itself, or
            it exists.
    """
    check_suffix(path, suffixes)
    check_name(path)
    check_place(path, overwrite=overwrite)


def refuse_taken(paths: Iterable[Path], known: Mapping[Path, object]) -> None:
    """Refuse to replace outputs that have appeared, or were changed, while a job was making its own.

    Args:
        paths: of the outputs.
        known: identities of those that were there before, and may be replaced.

    Raises:
        TakenError: one has.
    """
    for path in paths:
        if path.exists() and identity(path) != known.get(path):
            raise TakenError(
                f"{path} has appeared meanwhile and is not replaced: add --overwrite to replace it, or move it away, and "
                "run the same command again"
            )


class TakenError(OutputError):
    """Another job, or a person, has put a file where an output was to be."""

    def keeping(self, place: object) -> TakenError:
        """The same, of a job that keeps what is finished."""
        return TakenError(f"{self}; what is finished is kept in {place}")


def unwritten(path: Path, reason: object) -> OutputError:
    """The error for an output that broke while it was being written."""
    return OutputError(
        f"{path.name} could not be written ({str(reason).strip().rstrip('.')}): free some space on its disk, or choose "
        "another folder"
    )


class Staging:
    """A place to make outputs in, beside where they will stand; they get there together, when all are whole.

    Use it as a context; leaving it without `commit` removes everything that was made.

    Args:
        paths: the outputs.
        overwrite: whether existing files may be replaced, and those that appear meanwhile.
        ours: whether what is there now was made by this job, and may be replaced in any case.
        styled: those of the outputs that show classes: styles that are made for them come along, see `StylePlaces`.
        keep_styles: whether a style that somebody else made stays, where it would be replaced or refused.

    Raises:
        OutputError: a path cannot be written: its kind is unknown, its folder is missing or read-only, it exists, it
            is named twice; or somebody else's style is in the way.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        overwrite: bool,
        ours: bool = False,
        styled: Collection[Path] = (),
        keep_styles: bool = False,
    ) -> None:
        for path in paths:
            check_output(path, MAPS, overwrite=overwrite or ours)
        for path, times in Counter(path.resolve() for path in paths).items():
            if times > 1:
                raise OutputError(f"{path} is named twice: give every output a name of its own")
        self._paths = list(paths)
        self._known = None if overwrite else {path: identity(path) for path in paths if path.exists()}
        self._folders = _hidden_names(self._paths)
        self._styles = StylePlaces.of(paths, styled, replace=overwrite and not keep_styles, keep=keep_styles)

    def __enter__(self) -> Self:
        try:
            _make(self._folders.values())
        except OSError as error:
            raise OutputError(
                f"nothing can be written beside {error.filename} ({error.strerror}): choose another folder"
            ) from error
        return self

    def __exit__(self, *_error: object) -> None:
        _remove(self._folders.values())

    @property
    def folders(self) -> list[Path]:
        """The hidden folders, also before they are made."""
        return list(self._folders.values())

    def temporary(self, path: Path) -> Path:
        """Where to make an output: a path of the same name, in a hidden folder on the same disk."""
        return self._folders[_folder(path)] / path.name

    def commit(self, paths: Sequence[Path] | None = None) -> None:
        """Move outputs, and what belongs to them, to their places; where one cannot be moved, none is.

        Args:
            paths: of those that are whole; None for all.

        Raises:
            TakenError: a file that may not be replaced has appeared there.
            OutputError: one could not be moved; what was there before is there again.
        """
        paths = self._paths if paths is None else paths
        if self._known is not None:
            refuse_taken(paths, self._known)
        arrivals = {made: path.with_name(made.name) for path in paths for made in self._with_sidecars(path)}
        stale = [sidecar for path in paths for sidecar in _sidecars(path)]
        try:
            self._exchange(paths, arrivals, [path for path in {*arrivals.values(), *stale} if path.exists()])
        except OSError as error:
            raise OutputError(
                f"{error.filename} could not be moved to its place ({error.strerror}): close the programs that have it open"
            ) from error

    def _with_sidecars(self, path: Path) -> list[Path]:
        """What was made for an output; itself last, so that whoever waits for it finds everything beside it."""
        made = self.temporary(path)
        beside = [sidecar for sidecar in _sidecars(made) if sidecar.exists()]
        style = made.with_suffix(STYLE)
        if style.exists() and self._styles.take(path, style):
            beside.append(style)
        return [*beside, made]

    def _exchange(
        self, paths: Sequence[Path], arrivals: Mapping[Path, Path], departures: Sequence[Path]
    ) -> None:
        """Move new files in and old ones out, all or none."""
        old = _hidden_names(paths)
        _make(old.values())
        try:
            with _all_or_none() as move:
                for path in departures:
                    move(path, old[_folder(path)] / path.name)
                for made, path in arrivals.items():
                    move(made, path)
        except BaseException:
            # An old file that could not be put back must not be lost with its folder.
            for folder in old.values():
                with suppress(OSError):
                    folder.rmdir()
            raise
        _remove(old.values())


def _sidecars(path: Path) -> list[Path]:
    """What GDAL may have put beside an output."""
    return [path.with_name(path.name + suffix) for suffix in _SIDECARS]


@contextmanager
def _all_or_none() -> Iterator[Callable[[Path, Path], None]]:
    """A way to move files; where one move fails, all are taken back."""
    done: list[tuple[Path, Path]] = []

    def move(source: Path, target: Path) -> None:
        os.replace(source, target)  # noqa: PTH105 - the rename must replace on every system
        done.append((source, target))

    try:
        yield move
    except BaseException:
        for source, target in reversed(done):
            with suppress(OSError):
                os.replace(target, source)  # noqa: PTH105 - as above
        raise


def _folder(path: Path) -> Path:
    """The folder of a path: one and the same, however it is spelled."""
    return path.parent.resolve()


def _hidden_names(paths: Sequence[Path]) -> dict[Path, Path]:
    """A path for a new hidden folder in every folder that paths lie in."""
    name = hidden_name()
    return {folder: folder / name for folder in {_folder(path) for path in paths}}


def _make(folders: Collection[Path]) -> None:
    """Make folders, all or none."""
    try:
        for folder in folders:
            folder.mkdir(mode=0o700)
    except BaseException:
        _remove(folders)
        raise


def _remove(folders: Iterable[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
