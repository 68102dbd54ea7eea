"""A body that is not small: who sends it is asked for before it is read, and what is read is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope

from horde_server.errors import HordeError
from horde_server.http.body_budget import BodiesInFlight, BodyBudget
from horde_server.http.body_limits import BLOBS, SMALL_BYTES

Doorkeeper = Callable[[Scope], Awaitable[None]]
"""Raises what the route would refuse a request with whose key is missing or nobody's."""


class BodyTooLarge(HordeError):
    """The request body is too large."""

    status, rc = 413, None

    def __init__(self, most_bytes: int) -> None:
        super().__init__(f"The request body is too large: at most {most_bytes} bytes are taken here.")


class SmallRequest(Request):
    """A request whose body mostly comes in one piece."""

    async def body(self) -> bytes:
        """As the framework's, without a generator. Raises `ClientDisconnect`."""
        if self._stream_consumed:
            return await super().body()
        if not hasattr(self, "_body"):
            whole, is_whole = b"", False
            while not is_whole:
                message = await self._receive()
                if message["type"] != "http.request":
                    self._is_disconnected = True
                    raise ClientDisconnect
                whole += message.get("body", b"")
                is_whole = not message.get("more_body", False)
            self._stream_consumed = True
            self._body = whole
        return self._body


class LargeRequest(Request):
    """A request that hands its body out once and keeps nothing of it: what was parsed of it is as large again."""

    async def body(self) -> bytes:
        """The body, in the memory that it was received in."""
        whole = bytearray()
        async for piece in self.stream():
            whole += piece
        return cast("bytes", whole)  # every reader of bytes takes it


class IncomingBody:
    """The receiving end of one request whose body is long, or of unknown length (`announced_bytes` None)."""

    __slots__ = (
        "_announced_bytes",
        "_budget",
        "_doorkeeper",
        "_is_given_up",
        "_is_kept",
        "_most_bytes",
        "_receive",
        "_received_bytes",
        "_scope",
        "_task",
        "held_bytes",
        "household",
        "is_whole",
    )

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        announced_bytes: int | None,
        most_bytes: int,
        household: str,
        budget: BodyBudget,
        doorkeeper: Doorkeeper | None,
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._announced_bytes = announced_bytes
        self._most_bytes = most_bytes
        self._budget = budget
        self._doorkeeper = doorkeeper
        self._is_kept = not scope["path"].startswith(BLOBS)
        self._is_given_up = False
        self._task: asyncio.Task[object] | None = None
        self._received_bytes = 0
        self.household = household
        self.held_bytes = 0
        self.is_whole = False

    async def admit(self) -> None:
        """Before anything is read. Raises `BodyTooLarge`, and what the doorkeeper raises."""
        if self._announced_bytes is not None:
            if self._announced_bytes > self._most_bytes:
                raise BodyTooLarge(self._most_bytes)
            await self._ask_doorkeeper()

    async def receive(self) -> Message:
        """The next piece. Raises `BodyTooLarge`, `BodiesInFlight`, and for unknown lengths what `admit` raises."""
        message = await self._next()
        if message["type"] != "http.request":
            return message
        self._received_bytes += len(message.get("body", b""))
        if self._received_bytes > self._most_bytes:
            raise BodyTooLarge(self._most_bytes)
        if self._received_bytes > SMALL_BYTES:
            await self._ask_doorkeeper()
            if self._is_kept:
                self._budget.add(self, self._received_bytes - self.held_bytes)
        self.is_whole = not message.get("more_body", False)
        return message

    @property
    def is_arriving(self) -> bool:
        """Whether it waits for its next piece."""
        return self._task is not None

    def give_up(self) -> None:
        """Wake who waits for the next piece, with `BodiesInFlight`."""
        assert self._task is not None
        self._is_given_up = True
        self._task.cancel()

    def end(self) -> None:
        """The request is answered."""
        self._budget.release(self)

    async def _next(self) -> Message:
        self._task = task = asyncio.current_task()
        assert task is not None
        try:
            return await self._receive()
        except asyncio.CancelledError:
            if self._is_given_up and task.uncancel() == 0:
                raise BodiesInFlight from None
            raise
        finally:
            self._task = None

    async def _ask_doorkeeper(self) -> None:
        if self._doorkeeper is not None:
            doorkeeper, self._doorkeeper = self._doorkeeper, None
            await doorkeeper(self._scope)
