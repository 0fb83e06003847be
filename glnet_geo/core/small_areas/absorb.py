"""Small regions are absorbed by their neighbours, round by round.

A neighbour is a region that shares a pixel edge. In every round, each small region that comes before all its small
neighbours takes the class of the neighbour with which it shares the most edges. Fewer pixels come first; among
equals, the lower lot. Two regions that act in one round are never neighbours, so a round has one outcome, in
whatever order it is worked out.

Lots let equals act all over the map at once. By reading order, a checkerboard would be worked off pixel by pixel
from its first corner. By area, where pixels shrink toward a pole, it would be worked off row by row, and rows that
come from the equator would wait for the last one.

A region that takes a class becomes one with all regions of that class that it touches. So pixels only ever gain
company, a region's turn only ever moves back, and a region that may act before a neighbour of which more is still
to come would act before it as well if all were known.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.graph import components
from glnet_geo.core.small_areas.region_table import RegionTable
from glnet_geo.core.small_areas.runs import Contacts

_ROUNDS_UNSUMMED = 8
"""Contacts of one pair are added up now and then only: most are gone after a few rounds."""


@dataclass(frozen=True, slots=True)
class Absorbed:
    """What is left after the last round that can be played.

    Attributes:
        contacts: those that later rounds need, each pair once.
        number: (regions,) int64, the region that each one is part of now.
        settled: (regions,) bool, True where no later round can change the class.
    """

    contacts: Contacts
    number: NDArray[np.int64]
    settled: NDArray[np.bool_]


def absorb(table: RegionTable, contacts: Contacts, *, least: float, before: int) -> Absorbed:
    """Plays rounds until no region can act any more.

    Args:
        table: the regions; their classes and sizes are brought up to date in place.
        contacts: between different regions, at least all those of regions that are not settled.
        least: regions with less area than this are small.
        before: only regions that end above this row may act; they must be complete.
    """
    return _Rounds(table, contacts, least, before).play()


class _Rounds:
    def __init__(self, table: RegionTable, contacts: Contacts, least: float, before: int) -> None:
        self._table, self._least = table, least
        self._before = before
        self._small = table.area < least
        self._may_act = self._small & (table.last < before)
        self._number = np.arange(len(table))
        self._place = np.empty_like(self._number)
        self._aside: list[Contacts] = []
        self._contacts = contacts
        self._prune()

    def play(self) -> Absorbed:
        for played in count(1):
            actors = self._actors()
            if not actors.any():
                break
            self._act(actors)
            self._prune()
            if played % _ROUNDS_UNSUMMED == 0:
                self._contacts = self._contacts.summed(len(self._table))

        number = self._number
        while (number[number] != number).any():
            number = number[number]
        left = Contacts.stacked([*self._aside, self._contacts]).renamed(number)
        left = left.where(_either(self._small, left)).summed(len(self._table))
        waits = np.zeros(number.size, np.bool_)
        waits[self._contacts.ends[:, self._contacts.edges > 0]] = True
        settled = ~self._small | (self._may_act & ~waits)
        return Absorbed(left, number, settled[number])

    def _prune(self) -> None:
        """Sets contacts aside between regions that may not act."""
        active = _either(self._may_act, self._contacts)
        if not active.all():
            aside = self._contacts.where(~active)
            self._aside.append(aside.where(_either(self._small, aside)))
            self._contacts = self._contacts.where(active)

    def _actors(self) -> NDArray[np.bool_]:
        """Who acts in this round; also lets those go that have no neighbour."""
        table = self._table
        shared = self._contacts.edges > 0
        one, other = self._contacts.ends[:, shared]
        has_neighbor = np.zeros(len(table), np.bool_)
        has_neighbor[one] = has_neighbor[other] = True
        if not shared.all():
            # Who has no neighbour stays as it is, and what unites around it passes it by: its rows may be gone.
            alone = self._may_act & ~has_neighbor
            self._contacts = self._contacts.where(~_either(alone, self._contacts))

        fewer = table.pixels[one] < table.pixels[other]
        fewer |= (table.pixels[one] == table.pixels[other]) & (table.lot[one] < table.lot[other])
        first, second = np.where(fewer, one, other), np.where(fewer, other, one)
        actors = self._may_act & has_neighbor
        actors[second[self._small[first]]] = False
        return actors

    def _act(self, actors: NDArray[np.bool_]) -> None:
        """Lets each actor take the class of its best neighbour and become one with all of that class."""
        table, ends = self._table, self._contacts.ends
        acts = actors[ends]
        shared = self._contacts.edges > 0
        by_first, by_second = (np.flatnonzero(acts[end] & shared) for end in (0, 1))
        near = np.concatenate([ends[0, by_first], ends[1, by_second]])
        far = np.concatenate([ends[1, by_first], ends[0, by_second]])
        edges = np.concatenate([self._contacts.edges[by_first], self._contacts.edges[by_second]])
        actor, best = _best(near, far, edges, table.area)
        table.class_id[actor] = table.class_id[best]

        touched = ends[:, acts[0] | acts[1]]
        touched = touched[:, table.class_id[touched[0]] == table.class_id[touched[1]]]
        is_touched = np.zeros(len(table), np.bool_)
        is_touched[touched] = True
        name = np.flatnonzero(is_touched)
        self._place[name] = np.arange(name.size)
        root = name[components(name.size, self._place[touched])]
        part, whole = name[name != root], root[name != root]
        table.unite(part, whole)
        self._number[part] = whole
        self._small[part] = self._may_act[part] = False
        self._small[whole] = table.area[whole] < self._least
        self._may_act[whole] = self._small[whole] & (table.last[whole] < self._before)
        self._contacts = self._contacts.renamed(self._number)


def _either(flag: NDArray[np.bool_], contacts: Contacts) -> NDArray[np.bool_]:
    """The contacts of which at least one end has the flag."""
    one, other = contacts.ends
    either: NDArray[np.bool_] = flag[one] | flag[other]
    return either


def _best(
    near: NDArray[np.int64], far: NDArray[np.int64], edges: NDArray[np.int64], area: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each ``near`` once, and the ``far`` with which it shares the most edges; then the larger, then the first."""
    pair = near * area.size + far
    order = np.argsort(pair)
    pair = pair[order]
    starts = np.flatnonzero(np.append(True, pair[1:] != pair[:-1]))
    near, far = np.divmod(pair[starts], area.size)
    edges = np.add.reduceat(edges[order], starts)

    near, far = _where_most(near, far, edges)
    near, far = _where_most(near, far, area[far])
    first = np.append(True, near[1:] != near[:-1])
    return near[first], far[first]


def _where_most(
    near: NDArray[np.int64], far: NDArray[np.int64], value: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of the pairs, those with the highest value for their ``near``, which come one after the other."""
    starts = np.flatnonzero(np.append(True, near[1:] != near[:-1]))
    most = np.repeat(np.maximum.reduceat(value, starts), np.diff(starts, append=near.size))
    return near[value == most], far[value == most]
