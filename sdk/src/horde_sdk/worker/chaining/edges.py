"""The edges of a chain: how one stage hangs on another."""

from __future__ import annotations

from dataclasses import dataclass

from horde_sdk.worker.chaining.consts import CHAIN_EDGE_KIND
from horde_sdk.worker.chaining.nodes import ChainNodeHandle
from horde_sdk.worker.consts import GENERATION_PROGRESS


@dataclass(frozen=True)
class ChainEdge:
    """`target` follows on `source`. Derive from it to be choosier about what is handed on.

    Attributes:
        kind: What is handed on.
        source: The stage before.
        target: The stage after.
    """

    kind: CHAIN_EDGE_KIND
    source: ChainNodeHandle
    target: ChainNodeHandle

    def accepts(self, source_progress: GENERATION_PROGRESS) -> bool:
        """Tell whether the next stage may follow on a generation in this state: on any that is not failing."""
        return not GENERATION_PROGRESS.is_state_failing(source_progress)
