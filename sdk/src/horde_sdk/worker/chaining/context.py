"""The state of a chain under execution. Many threads may report to one context."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from horde_sdk.worker.chaining.consts import CHAIN_NODE_STATE
from horde_sdk.worker.chaining.flow import ChainFlow
from horde_sdk.worker.chaining.nodes import ChainNodeHandle
from horde_sdk.worker.consts import GENERATION_PROGRESS

_STATE = CHAIN_NODE_STATE
_STARTABLE = {_STATE.PENDING, _STATE.READY}
_OPEN = {_STATE.PENDING, _STATE.READY, _STATE.EXECUTING}
_GIVEN_UP = {
    GENERATION_PROGRESS.ABORTED,
    GENERATION_PROGRESS.REPORTED_FAILED,
    GENERATION_PROGRESS.USER_REQUESTED_ABORT,
    GENERATION_PROGRESS.ABANDONED,
}


class ChainConsistencyError(RuntimeError):
    """A stage was told to do what it cannot do from where it is."""


@dataclass(slots=True)
class _Stage:
    state: CHAIN_NODE_STATE = CHAIN_NODE_STATE.PENDING
    errors: list[str] = field(default_factory=list)
    started_s: float | None = None
    ended_s: float | None = None


class ChainExecutionContext:
    """The state of each stage of a flow."""

    def __init__(self, flow: ChainFlow) -> None:
        self._flow = flow
        self._stages = {handle: _Stage() for handle in flow.handles}
        self._lock = threading.RLock()
        self._clock: Callable[[], float] = time.monotonic

    @property
    def flow(self) -> ChainFlow:
        """The chain that is carried out."""
        return self._flow

    def node_state(self, handle: ChainNodeHandle) -> CHAIN_NODE_STATE:
        """Return where a stage is.

        Raises:
            KeyError: It is not in the flow.
        """
        with self._lock:
            return self._stages[handle].state

    def node_errors(self, handle: ChainNodeHandle) -> tuple[str, ...]:
        """Return why a stage failed or was left out, empty where it was neither."""
        with self._lock:
            return tuple(self._stages[handle].errors)

    def node_duration(self, handle: ChainNodeHandle) -> float | None:
        """Return the seconds that a stage took, so far if it is being worked on, `None` if it was not."""
        with self._lock:
            stage = self._stages[handle]
            if stage.started_s is None:
                return None
            return (self._clock() if stage.ended_s is None else stage.ended_s) - stage.started_s

    def snapshot(self) -> dict[str, CHAIN_NODE_STATE]:
        """Return the state of each stage by its name."""
        with self._lock:
            return {handle.name: stage.state for handle, stage in self._stages.items()}

    def ready_nodes(self) -> tuple[ChainNodeHandle, ...]:
        """Return the stages that may be worked on now."""
        with self._lock:
            return tuple(
                handle
                for handle, stage in self._stages.items()
                if stage.state in _STARTABLE and self._obstacle(handle) is None
            )

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do, whether all went well or not."""
        with self._lock:
            return not any(stage.state in _OPEN for stage in self._stages.values())

    @property
    def has_failed(self) -> bool:
        """Whether a stage failed."""
        with self._lock:
            return any(stage.state is _STATE.FAILED for stage in self._stages.values())

    def mark_executing(self, handle: ChainNodeHandle) -> None:
        """Note that a stage is being worked on; optional stages that are thereby passed over are left out.

        Raises:
            ChainConsistencyError: It is not waiting, or waits for a stage that is not done.
        """
        with self._lock:
            stage = self._stages[handle]
            if stage.state not in _STARTABLE:
                raise ChainConsistencyError(f"Node {handle.name!r} cannot start executing from state {stage.state}")
            self._pass_over_optional(handle)
            obstacle = self._obstacle(handle)
            if obstacle is not None:
                raise ChainConsistencyError(
                    f"Node {handle.name!r} cannot start: required predecessor {obstacle.name!r} is "
                    f"{self._stages[obstacle].state}"
                )
            stage.state = _STATE.EXECUTING
            stage.started_s = self._clock()

    def mark_completed(self, handle: ChainNodeHandle) -> tuple[ChainNodeHandle, ...]:
        """Note that a stage is done and return the stages that may be worked on because of it.

        Raises:
            ChainConsistencyError: It was done, failed or left out before.
        """
        with self._lock:
            stage = self._stages[handle]
            if stage.state in _STARTABLE:
                self.mark_executing(handle)
            if stage.state is not _STATE.EXECUTING:
                raise ChainConsistencyError(f"Node {handle.name!r} cannot complete from state {stage.state}")
            self._end(handle, _STATE.COMPLETED)
            freed = [
                following
                for following in self._flow.handles
                if self._stages[following].state is _STATE.PENDING and self._obstacle(following) is None
            ]
            for following in freed:
                self._stages[following].state = _STATE.READY
            return tuple(freed)

    def mark_failed(self, handle: ChainNodeHandle, *, error: str | None = None) -> None:
        """Note that a stage failed; all that waits for it is left out.

        Raises:
            ChainConsistencyError: It was done or left out before.
        """
        with self._lock:
            stage = self._stages[handle]
            if stage.state in {_STATE.COMPLETED, _STATE.SKIPPED}:
                raise ChainConsistencyError(f"Node {handle.name!r} cannot fail from state {stage.state}")
            if stage.state is not _STATE.FAILED:
                self._end(handle, _STATE.FAILED)
            if error is not None:
                stage.errors.append(error)
            for following in self._flow.descendants(handle):
                if self._stages[following].state in _OPEN:
                    self._end(following, _STATE.SKIPPED)
                    self._stages[following].errors.append(f"upstream stage {handle.name!r} failed")

    def mark_skipped(self, handle: ChainNodeHandle, *, reason: str | None = None) -> None:
        """Leave an optional stage out; what follows it follows on what came before it.

        Raises:
            ChainConsistencyError: It is not optional, or not waiting any more.
        """
        with self._lock:
            stage = self._stages[handle]
            if not self._flow.get_node(handle).optional:
                raise ChainConsistencyError(f"Node {handle.name!r} is required and cannot be skipped explicitly")
            if stage.state not in _STARTABLE:
                raise ChainConsistencyError(f"Node {handle.name!r} is already {stage.state}")
            self._end(handle, _STATE.SKIPPED)
            if reason is not None:
                stage.errors.append(reason)

    def advance_for_progress(self, progress: GENERATION_PROGRESS) -> tuple[ChainNodeHandle, ...]:
        """Follow a generation that has entered a state, and return the stages that may be worked on because of it.

        Hearing the same twice changes nothing. `ERROR` changes nothing either, as the generation may be tried again;
        when it is given up, the stage that it is in has failed.

        Raises:
            ChainConsistencyError: The generation left out a stage that is required.
        """
        with self._lock:
            if progress in _GIVEN_UP:
                self._give_up(progress)
                return ()
            entered = self._flow.node_for_entry_progress(progress)
            if entered is not None and self._stages[entered].state in _STARTABLE:
                self.mark_executing(entered)
            left = self._flow.node_for_completion_progress(progress)
            if left is not None and self._stages[left].state in _OPEN:
                return self.mark_completed(left)
            return ()

    def _give_up(self, progress: GENERATION_PROGRESS) -> None:
        reason = f"generation reached {progress}"
        executing = [handle for handle, stage in self._stages.items() if stage.state is _STATE.EXECUTING]
        for handle in executing or self.ready_nodes():
            self.mark_failed(handle, error=reason)

    def _pass_over_optional(self, handle: ChainNodeHandle) -> None:
        for before in self._flow.predecessors(handle):
            if self._flow.get_node(before).optional and self._stages[before].state in _STARTABLE:
                self._pass_over_optional(before)
                self.mark_skipped(before, reason=f"passed over by {handle.name!r}")

    def _obstacle(self, handle: ChainNodeHandle) -> ChainNodeHandle | None:
        """Return a stage that must be done first and is not; one that was left out stands for what came before it."""
        for before in self._flow.predecessors(handle):
            state = self._stages[before].state
            if state is _STATE.COMPLETED:
                continue
            obstacle = self._obstacle(before) if state is _STATE.SKIPPED else before
            if obstacle is not None:
                return obstacle
        return None

    def _end(self, handle: ChainNodeHandle, state: CHAIN_NODE_STATE) -> None:
        stage = self._stages[handle]
        stage.state = state
        if stage.started_s is not None:
            stage.ended_s = self._clock()
