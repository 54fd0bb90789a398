"""Union-find agrees with connected components; groups are merged by their clusters."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from hilum.duplicates import UnionFind, merge_groups

EDGES = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=40)


@given(EDGES)
def test_groups_are_the_connected_components_by_smallest_member(
    edges: list[tuple[int, int]],
) -> None:
    sets = UnionFind(20)
    for edge in edges:
        sets.join(edge)
    ends = np.array(edges, dtype=int).reshape(-1, 2)
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(20, 20))
    _, labels = connected_components(graph, directed=False)
    smallest = [int(np.flatnonzero(labels == label)[0]) for label in labels]
    assert sets.groups().tolist() == smallest


def test_several_are_joined_at_once() -> None:
    sets = UnionFind(6)
    sets.join([5, 3, 4])
    assert sets.roots([5, 0]).tolist() == [3, 0]


def test_groups_that_share_a_cluster_become_the_first_of_them() -> None:
    groups = ["b", "b", "a", "c", "d"]
    clusters = np.array([0, 1, 1, 3, 4])
    assert merge_groups(groups, clusters) == ["b", "b", "b", "c", "d"]


def test_groups_are_joined_through_others() -> None:
    groups = ["a", "b", "b", "c"]
    clusters = np.array([0, 0, 2, 2])
    assert merge_groups(groups, clusters) == ["a"] * 4


def test_nothing_alike_leaves_the_groups_as_they_are() -> None:
    assert merge_groups(["x", "y", "x"], np.arange(3)) == ["x", "y", "x"]
