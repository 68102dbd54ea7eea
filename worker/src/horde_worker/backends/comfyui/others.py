"""Whether somebody else has the ComfyUI at work: the owner, whose own use comes first where he wants it so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from horde_worker.backends.comfyui.history import others_in_queue
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.over_http.server import BackendServer

LOOK_EVERY_S: Final = 5.0


class Others:
    """Looks into the queue from time to time. What stands in the graphs of others is not looked at."""

    def __init__(self, server: BackendServer, own_client_ids: Callable[[], frozenset[str]]) -> None:
        self._server = server
        self._own_client_ids = own_client_ids
        self._task: asyncio.Task[None] | None = None
        self.are_at_work = False

    def start(self) -> None:
        """Look in the background."""
        self._task = asyncio.create_task(self._keep_looking())

    async def aclose(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _keep_looking(self) -> None:
        while True:
            before = self._own_client_ids()  # a job may end while the answer is on its way
            with suppress(BackendFailure):
                answer = await self._server.get_json("/queue")
                self.are_at_work = others_in_queue(answer, before | self._own_client_ids())
            await asyncio.sleep(LOOK_EVERY_S)
