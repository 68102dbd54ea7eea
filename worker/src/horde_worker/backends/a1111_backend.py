"""AUTOMATIC1111, Forge or SD.Next, started with its API, as a backend."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final, Self

from horde_worker.backends.a1111.alchemist import A1111Alchemist
from horde_worker.backends.a1111.facts import Facts
from horde_worker.backends.a1111.look import look
from horde_worker.backends.a1111.maker import A1111Maker
from horde_worker.backends.a1111.mapping import MAPPING
from horde_worker.backends.a1111.options import A1111Options
from horde_worker.backends.a1111.self_test import try_out
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.over_http.attendance import Attendance
from horde_worker.backends.over_http.server import BackendServer

__all__ = ["MAPPING", "A1111Backend"]

USE_LOOK_EVERY_S: Final = 5.0


class A1111Backend:
    """One server, whichever of the three programs it is."""

    name = "a1111"

    def __init__(self, options: A1111Options) -> None:
        self._options = options
        self._server = BackendServer("AUTOMATIC1111", options.server)
        self._attendance: Attendance[Facts] = Attendance(self.name, self._look, self._try_out)
        self._maker = A1111Maker(self._server, options, self._attendance, self._try_out)
        self._watching_use: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        """A server that has made a picture. Raises `BackendFailure`."""
        backend = cls(A1111Options.read(settings))
        try:
            await backend._attendance.start()
        except BackendFailure:
            await backend.close()
            raise
        backend._watching_use = asyncio.create_task(backend._watch_use())
        return backend

    @property
    def makers(self) -> Makers:
        """Pictures; and work on pictures, where the owner wants that."""
        if not self._options.alchemy:
            return Makers(image=self._maker)
        return Makers(image=self._maker, alchemy=A1111Alchemist(self._server, self._maker, self._attendance))

    async def close(self) -> None:
        """Look no more, and close the connections."""
        if self._watching_use is not None:
            self._watching_use.cancel()
            await asyncio.wait((self._watching_use,))
        await self._attendance.aclose()
        await self._maker.aclose()
        await self._server.aclose()

    async def _watch_use(self) -> None:
        """See soon when the owner begins to use the server himself: his work comes first."""
        while True:
            await asyncio.sleep(USE_LOOK_EVERY_S)
            if not self._attendance.unready:
                with suppress(BackendFailure):
                    await self._maker.look_whether_used()

    async def _look(self) -> Facts:
        return await look(
            self._server, with_loras=self._options.has_loras, with_embeddings=self._options.has_inversions
        )

    async def _try_out(self, facts: Facts) -> None:
        await try_out(self._server, self._maker, facts)
