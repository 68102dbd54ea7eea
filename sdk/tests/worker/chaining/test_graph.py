"""What comes before what, in plain Python."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from horde_sdk.worker.chaining import ChainGraphCycleError, TypedChainGraph


def a_graph(*edges: str, nodes: str = "") -> TypedChainGraph[str]:
    """Build a graph from edges such as "ab"; nodes come in the order of `nodes`, else of their first edge."""
    graph: TypedChainGraph[str] = TypedChainGraph()
    for key in nodes or dict.fromkeys("".join(edges)):
        graph.add_node(key)
    for edge in edges:
        graph.add_edge(*edge)
    return graph


def test_neighbours_are_known_from_both_sides() -> None:
    graph = a_graph("ab", "ac", "bd", "cd")

    assert graph.successors("a") == ("b", "c")
    assert graph.predecessors("d") == ("b", "c")
    assert (graph.sources(), graph.sinks()) == (("a",), ("d",))
    assert graph.descendants("b") == {"d"}
    assert (len(graph), list(graph), "a" in graph, "z" in graph) == (4, ["a", "b", "c", "d"], True, False)


@pytest.mark.parametrize(
    ("edge", "complaint"),
    [("ab", "already exists"), ("aa", "Self-loop"), ("az", "Target node z"), ("za", "Source node z")],
)
def test_impossible_edge_is_refused_and_changes_nothing(edge: str, complaint: str) -> None:
    graph = a_graph("ab")

    with pytest.raises(ValueError, match=complaint):
        graph.add_edge(*edge)

    assert graph.topological_order() == ("a", "b")


def test_node_is_added_once() -> None:
    with pytest.raises(ValueError, match="already exists"):
        a_graph("ab").add_node("a")


@pytest.mark.parametrize("ask", ["successors", "predecessors", "descendants"])
def test_unknown_node_is_a_key_error(ask: str) -> None:
    with pytest.raises(KeyError):
        getattr(a_graph("ab"), ask)("z")


def test_cycle_is_found_when_an_order_is_asked_for() -> None:
    graph = a_graph("ab", "bc", "ca", "xa")

    assert not graph.is_directed_acyclic()
    with pytest.raises(ChainGraphCycleError, match="involving: a, b, c"):
        graph.topological_order()


def test_pieces_are_not_connected_whichever_way_the_edges_point() -> None:
    assert a_graph("ab", "cb").is_connected()
    assert not a_graph("ab", nodes="abc").is_connected()
    assert TypedChainGraph[str]().is_connected()


@given(
    st.integers(1, 9).flatmap(
        lambda size: st.tuples(
            st.just(size),
            st.sets(
                st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(lambda edge: edge[0] != edge[1])
            ),
        )
    )
)
def test_order_respects_every_edge_or_there_is_a_cycle(drawn: tuple[int, set[tuple[int, int]]]) -> None:
    size, edges = drawn
    graph: TypedChainGraph[int] = TypedChainGraph()
    for key in range(size):
        graph.add_node(key)
    for source, target in edges:
        graph.add_edge(source, target)

    returns_to_itself = any(key in graph.descendants(key) for key in range(size))

    assert graph.is_directed_acyclic() is not returns_to_itself
    if not returns_to_itself:
        order = graph.topological_order()
        assert sorted(order) == list(range(size))
        assert all(order.index(source) < order.index(target) for source, target in edges)
