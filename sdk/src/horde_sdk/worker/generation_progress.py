"""The progress of a generation for many threads: where it is and was, and who is told of it."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from horde_sdk.consts import ID_TYPES
from horde_sdk.horde_logging import logger
from horde_sdk.worker.consts import GENERATION_PROGRESS, GENERATION_RETRY_KIND
from horde_sdk.worker.generation_states import INTERRUPT_STATES, GenerationStates


class GenerationProgress:
    """The states of a generation behind a lock, and the callbacks on them."""

    generation_id: ID_TYPES

    def __init__(
        self,
        transitions: Mapping[GENERATION_PROGRESS, Iterable[GENERATION_PROGRESS]],
        *,
        error_limits: Mapping[GENERATION_PROGRESS, int] | None,
        strict: bool,
        extra_logging: bool,
    ) -> None:
        self._extra_logging = extra_logging
        self._callbacks: dict[GENERATION_PROGRESS, list[Callable[[], None]]] = defaultdict(list)
        self._lock = threading.RLock()
        self._states = GenerationStates(
            transitions,
            error_limits=error_limits or {},
            strict=strict,
            clock=time.monotonic,
        )

    @classmethod
    def default_interrupt_states(cls) -> set[GENERATION_PROGRESS]:
        """Return the states that break off a generation wherever it is."""
        return set(INTERRUPT_STATES)

    def get_generation_progress(self) -> GENERATION_PROGRESS:
        """Return the state that it is in."""
        with self._lock:
            return self._states.current

    def get_progress_history(self) -> list[tuple[GENERATION_PROGRESS, float]]:
        """Return every state that it was in, and when it entered it: seconds of a monotonic clock."""
        with self._lock:
            return list(self._states.history)

    def get_stage_durations(self) -> dict[GENERATION_PROGRESS, float]:
        """Return the seconds that it spent in each state, in the current one until now."""
        with self._lock:
            return self._states.durations_s()

    def get_last_non_error_state(self) -> GENERATION_PROGRESS:
        """Return the last state that is not `ERROR`."""
        return self.get_last_non_error_state_and_time()[0]

    def get_last_non_error_state_and_time(self) -> tuple[GENERATION_PROGRESS, float]:
        """Return the last state that is not `ERROR`, and when it entered it: seconds of a monotonic clock."""
        with self._lock:
            return self._states.last_but_errors

    @property
    def generation_failure_count(self) -> int:
        """How often it failed, wherever."""
        with self._lock:
            return len(self._states.errored)

    @property
    def errored_states(self) -> list[tuple[GENERATION_PROGRESS, float]]:
        """Where and when it failed."""
        with self._lock:
            return list(self._states.errored)

    @property
    def error_counts(self) -> dict[GENERATION_PROGRESS, int]:
        """How often it failed in each state."""
        with self._lock:
            return self._states.error_counts

    @property
    def retry_events(self) -> list[tuple[GENERATION_RETRY_KIND, GENERATION_PROGRESS, float]]:
        """How, at what and when work was tried again; the state is the last that is not `ERROR`."""
        with self._lock:
            return list(self._states.retries)

    @property
    def retry_counts(self) -> dict[GENERATION_RETRY_KIND, int]:
        """How often work was tried again in each way."""
        counts: dict[GENERATION_RETRY_KIND, int] = {}
        for kind, _, _ in self.retry_events:
            counts[kind] = counts.get(kind, 0) + 1
        return counts

    def record_retry(self, kind: GENERATION_RETRY_KIND, *, error: Exception | None = None) -> None:
        """Note that work is tried again without leaving the state.

        Args:
            kind: How it is tried.
            error: Why it is tried again.
        """
        with self._lock:
            self._states.note_retry(kind)
            logger.warning(
                "generation %s: %s retry in %s (%s)",
                self.generation_id,
                kind,
                self._states.last_but_errors[0],
                error or "no reason",
            )

    def register_callback(self, state: GENERATION_PROGRESS, callback: Callable[[], None]) -> None:
        """Have something called each time that a state is entered.

        It is called by the thread that takes the step, after it, and may take steps itself. What it raises is logged.
        """
        with self._lock:
            self._callbacks[state].append(callback)

    def is_next_state_valid(self, next_state: GENERATION_PROGRESS) -> bool:
        """Tell whether `step` would enter a state, from the one that it is in."""
        with self._lock:
            return self._states.may_enter(next_state)

    def step(self, state: GENERATION_PROGRESS) -> GENERATION_PROGRESS:
        """Enter a state and return it.

        Raises:
            ValueError: It cannot follow the one that the generation is in.
            GenerationStateErrorLimitExceeded: The generation failed there too often.
        """
        with self._steps() as entered:
            return self._enter(state, entered)

    def on_state(self, state: GENERATION_PROGRESS) -> GENERATION_PROGRESS:
        """Enter a state and return it, see `step`."""
        return self.step(state)

    @contextmanager
    def _steps(self) -> Iterator[list[GENERATION_PROGRESS]]:
        """Hold the lock, then call the callbacks of the states that were entered, without it."""
        entered: list[GENERATION_PROGRESS] = []
        try:
            with self._lock:
                yield entered
        finally:
            for state in entered:
                self._call_back(state)

    def _call_back(self, state: GENERATION_PROGRESS) -> None:
        for callback in tuple(self._callbacks.get(state, ())):
            try:
                callback()
            except Exception:  # noqa: BLE001 callbacks are the program's and may raise anything
                logger.exception("generation %s: a callback for %s failed", self.generation_id, state)

    def _enter(self, state: GENERATION_PROGRESS, entered: list[GENERATION_PROGRESS]) -> GENERATION_PROGRESS:
        self._states.check(state, self.generation_id)
        failed_before = self._states.current is GENERATION_PROGRESS.ERROR
        if self._states.enter(state):
            entered.append(state)
            if failed_before:
                self._try_again_at(state)
            if self._extra_logging:
                logger.debug("generation %s: %s", self.generation_id, state)
        return self._states.current

    def _try_again_at(self, state: GENERATION_PROGRESS) -> None:
        """Get ready for work after a failure, with the lock held."""
