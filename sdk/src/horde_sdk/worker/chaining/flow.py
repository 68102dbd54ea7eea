"""Chains of stages: built step by step, checked once, then fixed."""

from __future__ import annotations

from collections.abc import Mapping

from horde_sdk.worker.chaining.consts import CHAIN_EDGE_KIND
from horde_sdk.worker.chaining.edges import ChainEdge
from horde_sdk.worker.chaining.graph import TypedChainGraph
from horde_sdk.worker.chaining.nodes import ChainNodeHandle, ChainStageNode
from horde_sdk.worker.consts import GENERATION_PROGRESS


class ChainFlowValidationError(ValueError):
    """The stages do not make a chain that can be carried out."""


class ChainFlow:
    """A chain with one beginning, in one piece and without cycles. Build it with `ChainFlowBuilder`."""

    def __init__(
        self,
        *,
        graph: TypedChainGraph[ChainNodeHandle],
        nodes: dict[ChainNodeHandle, ChainStageNode],
        edges: dict[tuple[ChainNodeHandle, ChainNodeHandle], ChainEdge],
    ) -> None:
        """Take over a chain.

        Raises:
            ChainFlowValidationError: It cannot be carried out.
        """
        _check(graph, nodes)
        self._graph = graph
        self._nodes = dict(nodes)
        self._edges = dict(edges)
        self._order = graph.topological_order()

    @property
    def handles(self) -> tuple[ChainNodeHandle, ...]:
        """All stages, each after what it waits for."""
        return self._order

    @property
    def nodes(self) -> tuple[ChainStageNode, ...]:
        """All stages, each after what it waits for."""
        return tuple(self._nodes[handle] for handle in self._order)

    @property
    def edges(self) -> tuple[ChainEdge, ...]:
        """All edges between stages."""
        return tuple(self._edges.values())

    @property
    def source_handle(self) -> ChainNodeHandle:
        """The first stage."""
        return self._graph.sources()[0]

    def get_node(self, handle: ChainNodeHandle) -> ChainStageNode:
        """Return a stage.

        Raises:
            KeyError: It is not in this flow.
        """
        return self._nodes[handle]

    def get_node_handle(self, name: str) -> ChainNodeHandle:
        """Return the handle of the stage with this name.

        Raises:
            KeyError: There is none.
        """
        handle = ChainNodeHandle(name)
        if handle not in self._nodes:
            raise KeyError(f"No node named {name!r} in this flow")
        return handle

    def get_edge(self, source: ChainNodeHandle, target: ChainNodeHandle) -> ChainEdge:
        """Return the edge between two stages.

        Raises:
            KeyError: There is none.
        """
        return self._edges[source, target]

    def successors(self, handle: ChainNodeHandle) -> tuple[ChainNodeHandle, ...]:
        """Return the stages directly after one."""
        return self._graph.successors(handle)

    def predecessors(self, handle: ChainNodeHandle) -> tuple[ChainNodeHandle, ...]:
        """Return the stages directly before one."""
        return self._graph.predecessors(handle)

    def descendants(self, handle: ChainNodeHandle) -> set[ChainNodeHandle]:
        """Return all stages after one, however far."""
        return self._graph.descendants(handle)

    def node_for_entry_progress(self, progress: GENERATION_PROGRESS) -> ChainNodeHandle | None:
        """Return the stage that a generation in this state is in, if any."""
        return next((node.handle for node in self.nodes if node.entry_progress == progress), None)

    def node_for_completion_progress(self, progress: GENERATION_PROGRESS) -> ChainNodeHandle | None:
        """Return the stage that a generation in this state has just left, if any."""
        return next((node.handle for node in self.nodes if node.completion_progress == progress), None)


class ChainFlowBuilder:
    """Puts a chain together."""

    def __init__(self) -> None:
        self._graph: TypedChainGraph[ChainNodeHandle] = TypedChainGraph()
        self._nodes: dict[ChainNodeHandle, ChainStageNode] = {}
        self._edges: dict[tuple[ChainNodeHandle, ChainNodeHandle], ChainEdge] = {}

    def add_stage(self, node: ChainStageNode) -> ChainNodeHandle:
        """Add a stage and return its handle.

        Raises:
            ChainFlowValidationError: Its name is taken.
        """
        if node.handle in self._nodes:
            raise ChainFlowValidationError(f"A node named {node.name!r} already exists in this flow")
        self._graph.add_node(node.handle)
        self._nodes[node.handle] = node
        return node.handle

    def connect(
        self,
        source: ChainNodeHandle,
        target: ChainNodeHandle,
        kind: CHAIN_EDGE_KIND = CHAIN_EDGE_KIND.SAME_GENERATION,
        *,
        edge: ChainEdge | None = None,
    ) -> ChainEdge:
        """Let `target` follow on `source` and return the edge.

        Args:
            source: The stage before.
            target: The stage after.
            kind: What is handed on.
            edge: An edge of your own to use, instead of a plain one of this kind.

        Raises:
            ChainFlowValidationError: A stage is unknown, or the edge connects other stages.
            ValueError: The stages are connected already, or are one and the same.
        """
        for role, handle in (("source", source), ("target", target)):
            if handle not in self._nodes:
                raise ChainFlowValidationError(f"Unknown {role} node {handle.name!r}")
        if edge is None:
            edge = ChainEdge(kind=kind, source=source, target=target)
        elif (edge.source, edge.target) != (source, target):
            raise ChainFlowValidationError(
                f"Edge endpoints ({edge.source} -> {edge.target}) do not match connect() arguments "
                f"({source} -> {target})"
            )
        self._graph.add_edge(source, target)
        self._edges[source, target] = edge
        return edge

    def build(self) -> ChainFlow:
        """Return the chain.

        Raises:
            ChainFlowValidationError: It has no stage, a cycle, two beginnings, is in pieces, or two stages share
                the state in which they begin or end.
        """
        graph: TypedChainGraph[ChainNodeHandle] = TypedChainGraph()
        for handle in self._nodes:
            graph.add_node(handle)
        for source, target in self._edges:
            graph.add_edge(source, target)
        return ChainFlow(graph=graph, nodes=self._nodes, edges=self._edges)


def _check(graph: TypedChainGraph[ChainNodeHandle], nodes: Mapping[ChainNodeHandle, ChainStageNode]) -> None:
    if not nodes:
        raise ChainFlowValidationError("A chain flow requires at least one stage")
    if not graph.is_directed_acyclic():
        raise ChainFlowValidationError("A chain flow must be acyclic")
    if not graph.is_connected():
        raise ChainFlowValidationError("A chain flow must be connected; found unreachable stages")
    beginnings = graph.sources()
    if len(beginnings) > 1:
        names = ", ".join(handle.name for handle in beginnings)
        raise ChainFlowValidationError(f"A chain flow requires exactly one starting stage; found: {names}")
    for boundary in ("entry", "completion"):
        taken: dict[GENERATION_PROGRESS, str] = {}
        for node in nodes.values():
            progress: GENERATION_PROGRESS = getattr(node, f"{boundary}_progress")
            if progress in taken:
                raise ChainFlowValidationError(
                    f"Stages {taken[progress]!r} and {node.name!r} share {boundary} progress {progress}; "
                    "progress-driven routing requires unique stage boundaries"
                )
            taken[progress] = node.name
