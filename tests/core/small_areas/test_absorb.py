from __future__ import annotations

import numpy as np

from glnet_geo.core.small_areas.absorb import Absorbed, absorb
from glnet_geo.core.small_areas.region_table import RegionTable
from glnet_geo.core.small_areas.runs import Contacts


def table_of(classes: list[int], pixels: list[int], last: list[int]) -> RegionTable:
    """Regions with these classes, sizes and last rows, after the one that stands for nodata."""
    return RegionTable(
        np.array([255, *classes], np.uint8),
        np.array([0, *pixels]),
        np.array([np.inf, *pixels]),
        np.arange(len(classes) + 1, dtype=np.uint64),
        np.array([-1, *last]),
    )


def contacts_of(*contacts: tuple[int, int, int]) -> Contacts:
    one, other, edges = np.array(contacts).T
    return Contacts(np.stack([one, other]), edges)


def classes_of(table: RegionTable, absorbed: Absorbed) -> list[int]:
    return [int(class_id) for class_id in table.class_id[absorbed.number][1:]]


def test_a_small_region_joins_and_brings_its_neighbors_together() -> None:
    table = table_of([1, 2, 1], [5, 1, 5], [9, 4, 9])
    done = absorb(table, contacts_of((1, 2, 2), (2, 3, 2)), least=3, before=10)
    assert classes_of(table, done) == [1, 1, 1]
    assert done.number.tolist() == [0, 1, 1, 1]
    assert table.pixels[1] == 11
    assert table.last[1] == 9
    assert done.settled.all()
    assert len(done.contacts) == 0


def test_edges_that_are_listed_apart_count_together() -> None:
    table = table_of([1, 2, 3], [5, 1, 9], [9, 4, 9])
    done = absorb(table, contacts_of((1, 2, 2), (2, 3, 3), (2, 1, 2)), least=3, before=10)
    assert classes_of(table, done) == [1, 1, 3]


def test_a_small_region_waits_for_an_open_one_that_has_fewer_pixels_so_far() -> None:
    table = table_of([1, 2, 3], [1, 2, 9], [9, 4, 9])
    contacts = contacts_of((1, 2, 1), (2, 3, 5))
    done = absorb(table, contacts, least=3, before=5)
    assert classes_of(table, done) == [1, 2, 3]
    assert done.settled.tolist() == [True, False, False, True]
    assert done.contacts.ends.tolist() == contacts.ends.tolist()


def test_a_small_region_does_not_wait_for_an_open_one_that_has_more() -> None:
    table = table_of([1, 2, 3], [2, 1, 9], [9, 4, 9])
    done = absorb(table, contacts_of((1, 2, 1), (2, 3, 5)), least=3, before=5)
    assert classes_of(table, done) == [1, 3, 3]
    assert done.settled.tolist() == [True, False, True, True]
    assert done.contacts.ends.tolist() == [[1], [2]]


def test_a_corner_is_no_border_but_unites() -> None:
    table = table_of([1, 2, 1], [5, 1, 5], [9, 4, 9])
    done = absorb(table, contacts_of((1, 2, 0)), least=3, before=10)
    assert classes_of(table, done) == [1, 2, 1]
    done = absorb(table, contacts_of((1, 2, 0), (2, 3, 1)), least=3, before=10)
    assert done.number.tolist() == [0, 1, 1, 1]


def test_many_rounds_end_in_one_region() -> None:
    # Frames in frames: all that lie within one are smaller together, so they are absorbed one after the other.
    count = 40
    table = table_of([ring % 2 for ring in range(count)], [2**ring for ring in range(count)], [0] * count)
    contacts = contacts_of(*((ring, ring + 1, 4 * ring) for ring in range(1, count)))
    done = absorb(table, contacts, least=1e20, before=1)
    assert (done.number[1:] == 1).all()
    assert table.class_id[1] == (count - 1) % 2
