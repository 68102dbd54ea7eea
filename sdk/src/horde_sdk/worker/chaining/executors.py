"""The execution of a chain, stage by stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from horde_sdk.worker.chaining.context import ChainExecutionContext
from horde_sdk.worker.chaining.flow import ChainFlow
from horde_sdk.worker.chaining.nodes import ChainStageNode
from horde_sdk.worker.consts import GENERATION_PROGRESS

StageWorkCallable = Callable[[ChainStageNode], GENERATION_PROGRESS]
"""Does a stage's work and returns the state in which the generation is afterwards."""


class ChainExecutor(Protocol):
    """Something that carries out chains."""

    def execute(self, flow: ChainFlow, work: StageWorkCallable) -> ChainExecutionContext:
        """Carry out a chain and return how it went."""
        ...


class LocalChainExecutor:
    """Does one stage after the other, in this thread."""

    def execute(self, flow: ChainFlow, work: StageWorkCallable) -> ChainExecutionContext:
        """Carry out a chain and return how it went. What does not wait for a failed stage is done all the same.

        Args:
            flow: The chain.
            work: Does a stage; it has failed unless the generation is then in the stage's `completion_progress`.

        Raises:
            Exception: Whatever `work` raises; nothing more is done then.
        """
        context = ChainExecutionContext(flow)
        while ready := context.ready_nodes():
            handle = ready[0]
            node = flow.get_node(handle)
            context.mark_executing(handle)
            try:
                reached = work(node)
            except BaseException as problem:
                context.mark_failed(handle, error=f"{type(problem).__name__}: {problem}")
                raise
            refused = [edge for edge in flow.edges if edge.source == handle and not edge.accepts(reached)]
            if reached != node.completion_progress or refused:
                context.mark_failed(handle, error=f"stage work reached {reached}, expected {node.completion_progress}")
            else:
                context.mark_completed(handle)
        return context
