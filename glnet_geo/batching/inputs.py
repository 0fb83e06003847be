"""What a batch takes for tiles, where maps of earlier batches lie among its inputs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from glnet_geo.batching.books import outputs_noted
from glnet_geo.batching.outputs import Outputs
from glnet_geo.core.listing import listed
from glnet_geo.core.progress import Progress
from glnet_geo.errors import OutputError, SceneError
from glnet_geo.io.files.identity import identity, place_of
from glnet_geo.io.scenes.own_maps import is_map
from glnet_geo.io.work_folder.ledger import Ledger
from glnet_geo.map_files import MapFiles


def outputs_of_tiles(
    paths: Sequence[str], outputs: Outputs, read: Iterable[str | Path], progress: Progress
) -> dict[str, MapFiles]:
    """The outputs of every tile; inputs that are maps of earlier batches in the places of outputs are no tiles.

    Args:
        paths: of the inputs.
        outputs: what is written.
        read: other files that the batch reads.
        progress: told of inputs that are no tiles.

    Raises:
        OptionError: two outputs would be one file.
        OutputError: an output would replace something that the batch reads, and that no batch has made.
        SceneError: no input is a tile.
    """
    noted = outputs_noted(Ledger(outputs.folder))
    tiles = list(paths)
    known = {place_of(path) for path in paths}
    others = {place: str(path) for path in read if (place := place_of(path)) not in known}
    while True:
        made = {place_of(path) for path in all_paths(outputs.proposed(tiles), outputs)}
        _refuse_to_replace([path for place, path in others.items() if place in made])
        among = {path for path in tiles if place_of(path) in made}
        if not among:
            break
        _refuse_to_replace([path for path in tiles if path in among and not _is_ours(path, noted)])
        # Other tiles have other numbers then, and so may their outputs.
        tiles = [path for path in tiles if path not in among]
    if len(tiles) < len(paths):
        progress.info(f"{len(paths) - len(tiles)} of the inputs are outputs of this batch and are not mapped")
    if not tiles:
        raise SceneError("all inputs are outputs of this batch: name the tiles, or choose another folder")
    return outputs.of(tiles)


def all_paths(named: Mapping[str, MapFiles], outputs: Outputs) -> Iterator[Path]:
    """Every file that a batch writes, but the catalogue."""
    for tile in named.values():
        yield from tile.all
    yield from outputs.mosaics


def _is_ours(path: str, noted: Collection[tuple[object, ...]]) -> bool:
    return tuple(identity(path)) in noted or is_map(path)


def _refuse_to_replace(paths: Sequence[str]) -> None:
    if paths:
        raise OutputError(
            f"outputs of this batch would replace {listed(paths)}, which it reads and no batch has made: give "
            "them another folder, or another name with --name or --mosaic"
        )
