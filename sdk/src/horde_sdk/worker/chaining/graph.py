"""A directed graph of anything hashable, in plain Python; nodes keep the order in which they were added."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

NodeKeyT = TypeVar("NodeKeyT", bound=Hashable)


class ChainGraphCycleError(ValueError):
    """The graph has a cycle, so that there is no order in which to do it."""


class TypedChainGraph(Generic[NodeKeyT]):
    """What comes before what."""

    def __init__(self) -> None:
        self._after: dict[NodeKeyT, list[NodeKeyT]] = {}
        self._before: dict[NodeKeyT, list[NodeKeyT]] = {}

    def __contains__(self, key: NodeKeyT) -> bool:
        return key in self._after

    def __len__(self) -> int:
        return len(self._after)

    def __iter__(self) -> Iterator[NodeKeyT]:
        return iter(self._after)

    def add_node(self, key: NodeKeyT) -> None:
        """Add a node.

        Raises:
            ValueError: It is there already.
        """
        if key in self._after:
            raise ValueError(f"Node {key} already exists in the graph")
        self._after[key] = []
        self._before[key] = []

    def add_edge(self, source: NodeKeyT, target: NodeKeyT) -> None:
        """Put `source` before `target`. A cycle is found when an order is asked for.

        Raises:
            ValueError: A node is unknown, the edge is there already, or it leads back to its own node.
        """
        for role, key in (("Source", source), ("Target", target)):
            if key not in self._after:
                raise ValueError(f"{role} node {key} is not in the graph")
        if source == target:
            raise ValueError(f"Self-loop on {source} is not allowed")
        if target in self._after[source]:
            raise ValueError(f"Edge {source} -> {target} already exists")
        self._after[source].append(target)
        self._before[target].append(source)

    def successors(self, key: NodeKeyT) -> tuple[NodeKeyT, ...]:
        """Return what comes directly after a node.

        Raises:
            KeyError: The node is unknown.
        """
        return tuple(self._after[key])

    def predecessors(self, key: NodeKeyT) -> tuple[NodeKeyT, ...]:
        """Return what comes directly before a node.

        Raises:
            KeyError: The node is unknown.
        """
        return tuple(self._before[key])

    def sources(self) -> tuple[NodeKeyT, ...]:
        """Return the nodes that nothing comes before."""
        return tuple(key for key, before in self._before.items() if not before)

    def sinks(self) -> tuple[NodeKeyT, ...]:
        """Return the nodes that nothing comes after."""
        return tuple(key for key, after in self._after.items() if not after)

    def descendants(self, key: NodeKeyT) -> set[NodeKeyT]:
        """Return everything that comes after a node, however far.

        Raises:
            KeyError: The node is unknown.
        """
        return self._reached(self._after[key], self._after)

    def is_connected(self) -> bool:
        """Tell whether the graph is in one piece, the direction of its edges aside."""
        if not self._after:
            return True
        either_way = {key: [*after, *self._before[key]] for key, after in self._after.items()}
        first = next(iter(self._after))
        return len(self._reached([first], either_way)) == len(self._after)

    def topological_order(self) -> tuple[NodeKeyT, ...]:
        """Return the nodes so that each comes after all that it waits for; of equals, what was added first.

        Raises:
            ChainGraphCycleError: There is no such order.
        """
        missing = {key: len(before) for key, before in self._before.items()}
        order: list[NodeKeyT] = []
        free = [key for key, count in missing.items() if count == 0]
        while free:
            key = free.pop(0)
            order.append(key)
            for following in self._after[key]:
                missing[following] -= 1
                if missing[following] == 0:
                    free.append(following)
        if len(order) < len(self._after):
            stuck = ", ".join(str(key) for key in self._after if key not in order)
            raise ChainGraphCycleError(f"Graph contains a cycle involving: {stuck}")
        return tuple(order)

    def is_directed_acyclic(self) -> bool:
        """Tell whether there is an order in which to do it all."""
        try:
            self.topological_order()
        except ChainGraphCycleError:
            return False
        return True

    @staticmethod
    def _reached(start: list[NodeKeyT], leads_to: dict[NodeKeyT, list[NodeKeyT]]) -> set[NodeKeyT]:
        seen: set[NodeKeyT] = set()
        todo = list(start)
        while todo:
            key = todo.pop()
            if key not in seen:
                seen.add(key)
                todo.extend(leads_to[key])
        return seen
