"""Whether a server is there, and what it can do: looked at from time to time, tried out before it is relied on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Generic, TypeVar

import structlog

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.over_http.server import BackendGone

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 60.0
LOOK_EVERY_S_WHILE_AWAY: Final = 5.0
LOOK_LIMIT_S: Final = 30.0
SELF_TEST_LIMIT_S: Final = 300.0
"""A server may have to load a model first."""

AbilitiesT = TypeVar("AbilitiesT")


class Attendance(Generic[AbilitiesT]):
    """Keeps `abilities` and `unready` true for one server.

    `look` asks the server what it can do; `self_test` has it do the smallest thing there is, before the first use and
    each time it comes back or its abilities change. Both raise `BackendFailure`; what they say is `unready`, for the
    owner to read.
    """

    def __init__(
        self,
        name: str,
        look: Callable[[], Awaitable[AbilitiesT]],
        self_test: Callable[[AbilitiesT], Awaitable[None]],
        *,
        look_every_s: float = LOOK_EVERY_S,
        look_every_s_while_away: float = LOOK_EVERY_S_WHILE_AWAY,
    ) -> None:
        self._name = name
        self._look = look
        self._self_test = self_test
        self._look_every_s = look_every_s
        self._look_every_s_while_away = look_every_s_while_away
        self._abilities: AbilitiesT | None = None
        self._tested: AbilitiesT | None = None
        self._again = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.unready = "it was not looked at yet"

    @property
    def abilities(self) -> AbilitiesT:
        """What the server could do when it was last there."""
        assert self._abilities is not None  # `start` raises where it never was
        return self._abilities

    async def start(self) -> None:
        """Look and try out, then go on in the background. Raises `BackendFailure` where the server cannot work."""
        await self._look_once()
        if self._abilities is None:
            raise BackendFailure(self.unready)
        self._task = asyncio.create_task(self._keep_looking())

    async def aclose(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def lost(self, why: str) -> None:
        """A call failed as if the server were away: it is looked at again at once, and tried out before a job."""
        self._tested = None
        self._set_unready(why)
        self._again.set()

    async def _keep_looking(self) -> None:
        while True:
            pause_s = self._look_every_s_while_away if self.unready else self._look_every_s
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._again.wait()
                await asyncio.sleep(min(pause_s, 0.5))  # what has just gone is not back at once
            self._again.clear()
            await self._look_once()

    async def _look_once(self) -> None:
        try:
            async with asyncio.timeout(LOOK_LIMIT_S):
                abilities = await self._look()
            if abilities != self._tested:
                async with asyncio.timeout(SELF_TEST_LIMIT_S):
                    await self._self_test(abilities)
        except TimeoutError:
            self._tested = None
            self._set_unready(f"{self._name} takes too long to answer")
        except BackendFailure as failure:
            self._tested = None
            self._set_unready(str(failure))
        except Exception as error:  # noqa: BLE001 - an answer of another shape than any known must not end the looking
            self._tested = None
            self._set_unready(f"{self._name} answers strangely ({type(error).__name__})")
        else:
            if self.unready and self._abilities is not None:
                log.info("worker.backend_is_back", backend=self._name)
            self._abilities = self._tested = abilities
            self.unready = ""

    def _set_unready(self, why: str) -> None:
        if why != self.unready and self._abilities is not None:
            log.warning("worker.backend_unready", backend=self._name, reason=why)
        self.unready = why


def tells_if_lost(attendance: Attendance[AbilitiesT], failure: BackendFailure) -> BackendFailure:
    """The failure, after telling the attendance where it means that the server is away; to be raised."""
    if isinstance(failure, BackendGone):
        attendance.lost(str(failure))
    return failure
