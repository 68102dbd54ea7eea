"""How often a stream speaks: states at most twice a second, and something at least every few seconds."""

from __future__ import annotations

import asyncio
from typing import Final

from horde_server.requests.progress import Progress

QUIET_S: Final = 10.0
"""Silence after which whoever reads is told that nothing has happened: longer ones are taken for death on the way."""
LEAST_BETWEEN_STATES_S: Final = 0.5


def key_of(told: Progress) -> tuple[object, ...]:
    """What makes a state another than the one before: an estimate a second less does not."""
    return (
        told.finished, told.processing, told.restarted, told.waiting, told.done, told.faulted, told.is_possible,
        told.queue_position, told.wait_time // 5,
    )  # fmt: skip


class Pace:
    """Of one stream."""

    def __init__(self, quiet_s: float) -> None:
        self._quiet_s = quiet_s
        self._clock = asyncio.get_running_loop().time
        self._key: tuple[object, ...] = ()
        self._state_at_s = -LEAST_BETWEEN_STATES_S
        self._told_at_s = self._clock()

    def is_due(self, *, is_last: bool) -> bool:
        """Whether a state may be told now, if it is another than before: the last, or one not too soon after it."""
        return is_last or self._clock() - self._state_at_s >= LEAST_BETWEEN_STATES_S

    def may_tell(self, now: Progress, *, is_last: bool) -> bool:
        """Whether this state is told now: it is due, and another than before."""
        key = key_of(now)
        if key == self._key or not self.is_due(is_last=is_last):
            return False
        self._key = key
        self._state_at_s = self._told_at_s = self._clock()
        return True

    def told(self) -> None:
        """Something was said."""
        self._told_at_s = self._clock()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing was said for so long that a sign of life is due."""
        return self._clock() - self._told_at_s >= self._quiet_s

    @property
    def next_look_s(self) -> float:
        """In how many seconds there may be something to say without news."""
        at_s = self._clock()
        silence_s, since_state_s = self._told_at_s + self._quiet_s - at_s, at_s - self._state_at_s
        if since_state_s < LEAST_BETWEEN_STATES_S:
            silence_s = min(silence_s, LEAST_BETWEEN_STATES_S - since_state_s)
        return max(silence_s, 0.01)
