"""The states of one generation: where it is, was, and may go. No lock: `HordeSingleGeneration` has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from horde_sdk.worker.consts import (
    GENERATION_PROGRESS,
    GENERATION_RETRY_KIND,
    finalized_generation_states,
    initial_generation_state,
)
from horde_sdk.worker.exceptions import GenerationStateErrorLimitExceeded

INTERRUPT_STATES = frozenset(
    {GENERATION_PROGRESS.ABORTED, GENERATION_PROGRESS.USER_REQUESTED_ABORT, GENERATION_PROGRESS.ABANDONED}
)
"""States that break off a generation wherever it is."""

_ERROR = GENERATION_PROGRESS.ERROR
_BEGINNINGS = frozenset(
    {
        GENERATION_PROGRESS.NOT_STARTED,
        GENERATION_PROGRESS.PRELOADING,
        GENERATION_PROGRESS.GENERATING,
        GENERATION_PROGRESS.POST_PROCESSING,
        GENERATION_PROGRESS.SAFETY_CHECKING,
    }
)


class GenerationStates:
    """The states of one generation, by a table of transitions.

    A generation may go where the table leads. Beyond the table, any state that is not an end may fail or be broken off,
    and after a failure work may be taken up where it failed, or awaited again.
    """

    def __init__(
        self,
        transitions: Mapping[GENERATION_PROGRESS, Iterable[GENERATION_PROGRESS]],
        *,
        error_limits: Mapping[GENERATION_PROGRESS, int],
        strict: bool,
        clock: Callable[[], float],
    ) -> None:
        """Begin at `NOT_STARTED`.

        Args:
            transitions: Each state to those that may follow it.
            error_limits: How often a generation may fail in a state before it cannot enter it again.
            strict: Entering the state that one is in is an error, rather than nothing.
            clock: Seconds since any moment.
        """
        self._table = {state: frozenset(following) for state, following in transitions.items()}
        self._error_limits = dict(error_limits)
        self._strict = strict
        self._clock = clock
        self.history: list[tuple[GENERATION_PROGRESS, float]] = [(initial_generation_state, clock())]
        self.errored: list[tuple[GENERATION_PROGRESS, float]] = []
        self.retries: list[tuple[GENERATION_RETRY_KIND, GENERATION_PROGRESS, float]] = []

    @property
    def current(self) -> GENERATION_PROGRESS:
        return self.history[-1][0]

    @property
    def last_but_errors(self) -> tuple[GENERATION_PROGRESS, float]:
        """The last state that is not `ERROR`, and when it was entered."""
        return next(entry for entry in reversed(self.history) if entry[0] is not _ERROR)

    @property
    def error_counts(self) -> dict[GENERATION_PROGRESS, int]:
        return dict(Counter(state for state, _ in self.errored))

    def allowed(self) -> frozenset[GENERATION_PROGRESS]:
        """Return the states that may follow, error limits aside."""
        current = self.current
        row = self._table.get(current, frozenset())
        if self._is_end(current):
            return row
        if current is _ERROR:
            if not self._is_ready_to_submit():
                # The table would let a failed generation be submitted that nobody has finished or checked.
                row -= {GENERATION_PROGRESS.SUBMITTING}
            return (row | self._where_work_goes_on(self.last_but_errors[0]) | INTERRUPT_STATES) - {_ERROR}
        return (row | INTERRUPT_STATES | {_ERROR}) - {current}

    def _is_ready_to_submit(self) -> bool:
        """Tell whether nothing was begun anew since submitting was awaited."""
        awaited = GENERATION_PROGRESS.PENDING_SUBMIT
        return next(state for state, _ in reversed(self.history) if state in _BEGINNINGS | {awaited}) is awaited

    def _where_work_goes_on(self, failed: GENERATION_PROGRESS) -> frozenset[GENERATION_PROGRESS]:
        """Return the state that failed, those in which it is awaited, and those that may follow it."""
        awaiting = {
            state
            for state, following in self._table.items()
            if failed in following and GENERATION_PROGRESS.is_state_pending(state)
        }
        return self._table.get(failed, frozenset()) | awaiting | {failed}

    def _is_end(self, state: GENERATION_PROGRESS) -> bool:
        return state in finalized_generation_states or self._table.get(state) == frozenset()

    def check(self, following: GENERATION_PROGRESS, generation_id: object) -> None:
        """Raise unless `following` may be entered now.

        Raises:
            ValueError: The generation is there already, or cannot go there from where it is.
            GenerationStateErrorLimitExceeded: It failed there too often.
        """
        if following is self.current:
            if self._strict:
                raise ValueError(f"Generation {generation_id} is already in state {following}")
            return
        if following not in self.allowed():
            raise ValueError(f"Invalid transition from {self.current} to {following}")
        if self._has_failed_too_often_in(following):
            limit = self._error_limits[following]
            raise GenerationStateErrorLimitExceeded(str(generation_id), limit, self.last_but_errors[0], state=following)

    def may_enter(self, following: GENERATION_PROGRESS) -> bool:
        """Tell whether a state may follow the current one."""
        return following in self.allowed() and not self._has_failed_too_often_in(following)

    def _has_failed_too_often_in(self, state: GENERATION_PROGRESS) -> bool:
        limit = self._error_limits.get(state)
        failures = self.error_counts.get(state, 0)
        return limit is not None and 0 < failures >= limit

    def enter(self, following: GENERATION_PROGRESS) -> bool:
        """Enter a state that was checked, and tell whether it is another than before."""
        if following is self.current:
            return False
        now = self._clock()
        if following is _ERROR:
            self.errored.append((self.current, now))
        self.history.append((following, now))
        return True

    def note_retry(self, kind: GENERATION_RETRY_KIND) -> None:
        """Keep how work is tried again, and at what: after a failure, at what failed."""
        self.retries.append((kind, self.last_but_errors[0], self._clock()))

    def durations_s(self) -> dict[GENERATION_PROGRESS, float]:
        """Return how long the generation was in each state, the current one until now."""
        ends = [*(entered for _, entered in self.history[1:]), self._clock()]
        spent: dict[GENERATION_PROGRESS, float] = {}
        for (state, entered), left in zip(self.history, ends, strict=True):
            spent[state] = spent.get(state, 0.0) + left - entered
        return spent
