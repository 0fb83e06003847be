"""What a batch knows of its tiles, also where a batch of another version has written it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from glnet_geo.batching.books import Books
from glnet_geo.batching.report import TileResult, TileState, entries
from glnet_geo.io.work_folder.ledger import REPORT, Ledger
from glnet_geo.report import ClassShare

DONE = TileResult(
    tile="/tiles/a.tif",
    status="done",
    classes=(ClassShare(id=1, name="water", color="#0000ff", pixels=4, share=1.0, area_m2=None),),
    state=TileState(job="this", identity=("/tiles/a.tif", 3, 2), outputs=(("/maps/a.tif", 7, 1),)),
)


def _of_another_version() -> list[Any]:
    """Entries that lack, add or change something."""
    entry = DONE.noted()
    state = entry["state"]
    changes: list[dict[str, object]] = [
        {"state": state | {"outputs": None}},
        {"state": state | {"outputs": [1]}},
        {"state": state | {"outputs": [[]]}},
        {"state": state | {"identity": 3}},
        {"state": {}},
        {"state": None},
        {"classes": [{"id": 1}]},
        {"classes": {"water": 1}},
        {"tile": ["a", "b"]},
        {"status": "postponed"},
    ]
    without_status = {name: value for name, value in entry.items() if name != "status"}
    return [without_status, {"kind": "result"}, *(entry | change for change in changes), None, [], "text"]


@pytest.mark.parametrize("foreign", _of_another_version())
def test_an_entry_that_cannot_be_read_counts_as_missing(foreign: object) -> None:
    assert TileResult.read(foreign) is None
    assert TileResult.read(DONE.noted()) == DONE


@pytest.mark.parametrize("foreign", _of_another_version())
def test_an_entry_of_a_report_that_cannot_be_read_counts_as_missing(foreign: Any) -> None:
    tiles, state = [foreign, DONE.to_json()], {DONE.tile: DONE.noted()["state"]}
    if isinstance(foreign, dict) and isinstance(foreign.get("tile"), str):
        tiles[0], state["foreign"] = foreign | {"tile": "foreign"}, foreign.get("state")
    assert entries({"tiles": tiles, "state": state}) == [DONE]


@pytest.mark.parametrize("foreign", [None, 3, {"a": 1}])
def test_a_report_of_another_form_has_no_entries(foreign: object) -> None:
    state = {DONE.tile: DONE.noted()["state"]}
    assert entries({"tiles": foreign, "mosaics": [DONE.to_json()], "state": state}) == [DONE]
    assert entries({"tiles": [DONE.to_json()], "state": foreign}) == []


def test_a_batch_goes_on_beside_events_that_it_cannot_read(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        for event in _of_another_version():
            if isinstance(event, dict):
                ledger.note({**event, "kind": "result"})
        for kind in ("begun", "range", "result", "moved"):
            ledger.note({"kind": kind, "job": "this"})
        ledger.note({"kind": "begun", "job": "this", "outputs": 3})
        ledger.note({"kind": "range", "job": "this", "of": "uint16", "range": [1]})
        ledger.note({"kind": "range", "job": "this", "of": "uint8", "range": [1, 9]})
        ledger.note({"job": "this"})
        ledger.note({"kind": "result", **DONE.noted()})
        books = Books(ledger, "this")
        assert books.result(DONE.tile) == DONE
        assert (books.value_range("uint8"), books.value_range("uint16")) == ((1, 9), None)


def test_a_report_of_another_form_does_not_stop_a_batch(tmp_path: Path) -> None:
    (tmp_path / REPORT).write_text('{"tiles": {"a.tif": "done"}}', encoding="utf-8")
    with Ledger(tmp_path) as ledger:
        assert Books(ledger, "this").result("a.tif") is None
