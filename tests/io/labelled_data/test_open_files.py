"""Of many rasters only some are open, and all can be read."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from glnet_geo.core.window import Window
from glnet_geo.io.labelled_data import labels as labels_module
from glnet_geo.io.labelled_data import zoomed as zoomed_module
from glnet_geo.io.labelled_data.open_files import OpenFiles
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.io.labelled_data.spot import Spot
from tests.rasters import write_plain

COUNT = 30
WHOLE = Spot.of(Window.whole((8, 8)))


class File:
    """One that may be in use."""

    def __init__(self) -> None:
        self.open = self.used = False

    def close_for_now(self) -> bool:
        self.open = self.used
        return not self.used


def test_those_that_were_read_last_stay_open() -> None:
    known, files = OpenFiles(most=2), [File() for _ in range(4)]
    for file in (files[0], files[1], files[0], files[2]):
        file.open = True
        known.note(file)
    assert [file.open for file in files] == [True, False, True, False]


def test_what_is_being_read_stays_open_until_it_is_not() -> None:
    known, files = OpenFiles(most=1), [File() for _ in range(3)]
    files[0].used = True
    for file in files[:2]:
        file.open = True
        known.note(file)
    assert files[0].open
    files[0].used = False
    files[2].open = True
    known.note(files[2])
    assert [file.open for file in files] == [False, False, True]


def test_what_a_refused_body_has_opened_is_closed() -> None:
    known, before, opened = OpenFiles(most=3), File(), File()
    before.open = True
    known.note(before)

    def refused() -> None:
        opened.open = True
        known.note(opened)
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"), known.closed_if_refused():
        refused()
    assert before.open
    assert not opened.open


def test_what_a_body_has_opened_stays_open() -> None:
    known, opened = OpenFiles(most=3), File()
    with known.closed_if_refused():
        opened.open = True
        known.note(opened)
    assert opened.open


def test_what_is_closed_for_good_is_forgotten() -> None:
    known, file = OpenFiles(most=1), File()
    known.note(file)
    known.forget(file)
    file.open = True
    known.note(File())
    assert file.open


def _pairs(folder: Path) -> list[Pair]:
    pairs = []
    for number in range(COUNT):
        image = write_plain(folder / f"{number}.png", np.full((3, 8, 8), number, np.uint8))
        label = write_plain(folder / f"{number}-label.png", np.full((8, 8), number, np.uint8))
        pairs.append(Pair(image, label))
    return pairs


def _files_open(folder: Path) -> int:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("this system does not tell which files are open")
    return sum(str(folder) in os.path.realpath(one) for one in descriptors.iterdir())


def test_more_pairs_can_be_learnt_from_than_may_be_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = OpenFiles(most=5)
    for module in (labels_module, zoomed_module):
        monkeypatch.setattr(module, "OPEN_FILES", known)
    pairs = _pairs(tmp_path)
    assert _files_open(tmp_path) <= 5
    order = np.random.default_rng(0).integers(0, COUNT, 400).tolist()

    def read(number: int) -> bool:
        values, valid = pairs[number].read(WHOLE)
        return valid is None and (values == number).all() and (pairs[number].label(WHOLE) == number).all()

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(read, order))
    assert _files_open(tmp_path) <= 5 + 4
    for pair in pairs:
        pair.close()
    assert _files_open(tmp_path) == 0
