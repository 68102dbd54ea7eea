"""How often a stream speaks: states at most twice a second, and something at least every few seconds."""

from __future__ import annotations

import asyncio

from horde_server.requests.following import LEAST_BETWEEN_STATES_S, QUIET_S
from horde_server.requests.progress import Progress


def key_of(told: Progress) -> tuple[object, ...]:
    """What makes a state another than the one before: an estimate a second less does not."""
    return (
        told.finished, told.processing, told.restarted, told.waiting, told.done, told.faulted, told.is_possible,
        told.queue_position, told.wait_time // 5,
    )  # fmt: skip


class Pace:
    """Of one stream."""

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._key: tuple[object, ...] = ()
        self._state_at_s = -LEAST_BETWEEN_STATES_S
        self._told_at_s = self._clock()

    def may_tell(self, now: Progress, *, is_last: bool) -> bool:
        """Whether a state is told now: it is another than before, and the last, or not too soon after it."""
        key, at_s = key_of(now), self._clock()
        if key == self._key or (not is_last and at_s - self._state_at_s < LEAST_BETWEEN_STATES_S):
            return False
        self._key, self._state_at_s, self._told_at_s = key, at_s, at_s
        return True

    def told(self) -> None:
        """Something was said."""
        self._told_at_s = self._clock()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing was said for so long that a sign of life is due."""
        return self._clock() - self._told_at_s >= QUIET_S

    @property
    def next_look_s(self) -> float:
        """In how many seconds there may be something to say without news."""
        at_s = self._clock()
        silence_s, since_state_s = self._told_at_s + QUIET_S - at_s, at_s - self._state_at_s
        if since_state_s < LEAST_BETWEEN_STATES_S:
            silence_s = min(silence_s, LEAST_BETWEEN_STATES_S - since_state_s)
        return max(silence_s, 0.01)
