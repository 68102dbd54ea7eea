"""The stages of a chain."""

from __future__ import annotations

from dataclasses import dataclass

from horde_sdk.worker.chaining.consts import CHAIN_CAPABILITY, CHAIN_NODE_KIND
from horde_sdk.worker.consts import GENERATION_PROGRESS


@dataclass(frozen=True)
class ChainNodeHandle:
    """A stage's name, as something to point with."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class ChainStageNode:
    """One stage: a generation enters it in one state and leaves it in another.

    Attributes:
        name: Unique within a flow.
        kind: What it does.
        entry_progress: The generation's state while it is worked on.
        completion_progress: The generation's state once the stage is done.
        required_capability: What a process must be able to do, `None` where any will do.
        optional: It may be left out.

    Raises:
        ValueError: It has no name, or does not move the generation.
    """

    name: str
    kind: CHAIN_NODE_KIND
    entry_progress: GENERATION_PROGRESS
    completion_progress: GENERATION_PROGRESS
    required_capability: CHAIN_CAPABILITY | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("A chain stage node requires a non-empty name")
        if self.entry_progress == self.completion_progress:
            raise ValueError(
                f"Stage {self.name!r} has identical entry and completion progress ({self.entry_progress}); "
                "a stage must move the generation between two distinct states"
            )

    @property
    def handle(self) -> ChainNodeHandle:
        """The stage's name, to point with."""
        return ChainNodeHandle(self.name)
