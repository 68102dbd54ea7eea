"""The calls that are under way, by who makes them: for `progress` and `interrupt` (gateway-sdapi.md §2.1, §2.3).

AUTOMATIC1111 has one state for everybody; here each caller sees its own. Kept in this process alone, as is right for
what only tells how far something is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from horde_server.dispatch.ids import RequestId
from horde_server.http.networks import household
from horde_server.identity.caller import Caller
from horde_server.identity.keys import ANONYMOUS_GRANT
from horde_server.requests.following import Happening, State
from horde_server.requests.progress import Progress
from horde_server.streams.happenings import Preview, Restarted, Step

Who: TypeAlias = tuple[int, str]
_LONGEST_S: Final = 3600.0
_SHARE_WAITING: Final = 0.01
_MOST_SHARE_GUESSED: Final = 0.95
_USUAL_S: Final = 20.0
"""What a picture takes where nothing is known of it."""


def who_calls(caller: Caller) -> Who:
    """One caller: an account, and of those who are nobody, or who share a key, each household."""
    account, key = caller.account, caller.key
    is_shared = account is None or key is None or key.id == ANONYMOUS_GRANT.id or key.shared is not None
    return (account.id if account is not None else 0, household(caller.address) if is_shared else "")


@dataclass(eq=False, slots=True)
class Call:
    """One call for pictures."""

    task_id: str
    jobs: int
    steps: int
    began_s: float
    id: RequestId | None = None  # once it is asked for
    progress: Progress | None = None
    working_since_s: float | None = None
    step: int = 0
    preview: bytes | None = None
    interrupted: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, happening: Happening, now_s: float) -> None:
        """Take note of what happens to its request."""
        if isinstance(happening, State):
            self.progress = happening.progress
            if self.working_since_s is None and (happening.progress.processing or happening.progress.finished):
                self.working_since_s = now_s
        elif isinstance(happening, Step):
            self.step, self.steps = happening.step, happening.steps
        elif isinstance(happening, Preview):
            self.preview = happening.picture
        elif isinstance(happening, Restarted):
            self.step = 0

    def share(self, now_s: float) -> float:
        """How much is done, from 0 to 1; while nobody works on it, next to nothing."""
        progress = self.progress
        if progress is None or self.working_since_s is None:
            return _SHARE_WAITING
        done = progress.finished / self.jobs
        if self.step and self.steps:
            part = min(self.step / self.steps, 1.0)
        else:
            part = min((now_s - self.working_since_s) / _USUAL_S, _MOST_SHARE_GUESSED)
        return min(max(done, done + (1 - done) * part if self.jobs == 1 else done + part / self.jobs), 1.0)

    def left_s(self, now_s: float) -> float:
        """About how long it will take."""
        share = self.share(now_s)
        if self.working_since_s is None or share <= _SHARE_WAITING:
            return float(self.progress.wait_time) if self.progress is not None else 0.0
        return min((now_s - self.working_since_s) * (1 - share) / share, _LONGEST_S)


class Calls:
    """All of this process."""

    def __init__(self) -> None:
        self._of: dict[Who, dict[Call, None]] = {}

    def __len__(self) -> int:
        return sum(len(calls) for calls in self._of.values())

    @contextmanager
    def under_way(self, who: Who, call: Call) -> Iterator[Call]:
        """Let a call be seen by who makes it."""
        self._of.setdefault(who, {})[call] = None
        try:
            yield call
        finally:
            calls = self._of[who]
            del calls[call]
            if not calls:
                del self._of[who]

    def newest(self, who: Who, task_id: str = "") -> Call | None:
        """The caller's last call, or that of a name."""
        calls = [call for call in self._of.get(who, ()) if not task_id or call.task_id == task_id]
        return calls[-1] if calls else None

    def interrupt(self, who: Who) -> int:
        """End all of the caller's; how many these were."""
        calls = list(self._of.get(who, ()))
        for call in calls:
            call.interrupted.set()
        return len(calls)
