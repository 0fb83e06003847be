"""Which nodes of a graph belong together, and in which order, for a whole graph at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.ragged import offsets_of


def cycles(
    successor: NDArray[np.int64], heads: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lists the nodes of a permutation cycle by cycle, each in the order of walking.

    Every round lets the nodes whose random key is the lowest among their neighbours be swallowed by their
    predecessor, about a third of all; when each cycle is one node, the swallowed are put back in reverse. The
    work is linear in the number of nodes, however long the cycles are.

    Args:
        successor: (nodes,) the node after each node; a permutation.
        heads: (nodes,) where a cycle should start: one with such a node starts at one of them.

    Returns:
        The nodes in order, (nodes,), and the place in that order where each cycle starts, (cycles,).

    Source: list contraction after Anderson and Miller, "A simple randomized parallel algorithm for list-ranking",
    Information Processing Letters 33 (1990); the rule for who is swallowed is our own.
    """
    count = successor.size
    key = np.random.default_rng(0).permutation(count)
    key[heads] += count
    successor, weight = successor.copy(), np.ones(count, np.int64)
    swallowed = np.zeros(count, np.bool_)
    rounds = []
    alive = np.flatnonzero(successor != np.arange(count))
    while alive.size:
        middle = successor[alive]
        lowest = (key[middle] < key[alive]) & (key[middle] < key[successor[middle]])
        holder, middle = alive[lowest], middle[lowest]
        rounds.append((holder, middle, weight[holder]))
        weight[holder] += weight[middle]
        successor[holder] = successor[middle]
        swallowed[middle] = True
        alive = alive[~swallowed[alive]]
        alive = alive[successor[alive] != alive]

    left = np.flatnonzero(~swallowed)
    starts = offsets_of(weight[left])[:-1]
    place = np.empty(count, np.int64)
    place[left] = starts
    for holder, middle, ahead in reversed(rounds):
        place[middle] = place[holder] + ahead
    order = np.empty(count, np.int64)
    order[place] = np.arange(count)
    return order, starts


def components(count: int, ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Names the connected component of each node after the lowest of its nodes.

    Args:
        count: number of nodes.
        ends: (2, links) the two nodes of each link.

    Returns:
        (nodes,) equal for two nodes exactly if links lead from one to the other.
    """
    root = np.arange(count)
    while True:
        ends = root[ends]
        ends = ends[:, ends[0] != ends[1]]
        if not ends.size:
            return root
        # Roots are hooked onto lower ones only, so no cycle can arise.
        np.minimum.at(root, ends.max(axis=0), ends.min(axis=0))
        while (root[root] != root).any():
            root = root[root]
