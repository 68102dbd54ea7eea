"""`Idempotency-Key`: a call that is sent again finds the request that it made (gateway.md §1.11)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import Request

from horde_server.database.pool import Pool
from horde_server.dispatch.ids import RequestId
from horde_server.errors import RequestNotFound
from horde_server.gateway.common import once_store
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, DialectError
from horde_server.identity.caller import Caller

HEADER: Final = "idempotency-key"
MOST_CHARACTERS: Final = 255
_LOOKS: Final = 100
_LOOK_S: Final = 0.1


class IdempotencyMismatch(DialectError):
    """This Idempotency-Key came with another body before: send a new key with a new body."""

    rc = "idempotency_mismatch"


class StillAsking(DialectError):
    """The first call with this Idempotency-Key is still being taken: send it again in a moment."""

    status, rc, retry = 503, "still_asking", True

    def __init__(self) -> None:
        super().__init__()
        self.headers["Retry-After"] = "1"


@dataclass(frozen=True, slots=True)
class Once:
    """A call by what makes it the same: who sends which key where; and what it says."""

    key_hash: bytes
    body_hash: bytes

    @classmethod
    def of(cls, request: Request, caller: Caller, body: Body, part: int = 0) -> Once | None:
        """None: it has no key. `part`: which of several requests that one call makes. Raises `BadField`.

        Anonymous is everybody: of it the household counts.
        """
        key = request.headers.get(HEADER)
        if not key:
            return None
        if len(key) > MOST_CHARACTERS:
            raise BadField("Idempotency-Key", f"Idempotency-Key has at most {MOST_CHARACTERS} characters.")
        who = f"{caller.requester}\n{caller.key.id if caller.key is not None else 0}"
        named = f"{who}\n{request.scope['path']}\n{part}\n{key}".encode()
        return cls(hashlib.sha256(named).digest(), body.digest)


class Calls:
    """The calls with a key, of all nodes."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def request_of(
        self,
        once: Once,
        submit: Callable[[], Awaitable[RequestId]],
        look: Callable[[RequestId], Awaitable[object]],
        cancel: Callable[[RequestId], Awaitable[None]],
    ) -> RequestId:
        """The request of a call: the one that it has made before, or a new one.

        `look` and `cancel` raise `RequestNotFound` for one that is gone. Raises `IdempotencyMismatch`, `StillAsking`,
        and what `submit` raises, which then may be tried anew.
        """
        for _ in range(_LOOKS):
            async with self._pool.connection() as conn:
                claimed_at = await once_store.claim(conn, once.key_hash, once.body_hash)
                known = None if claimed_at is not None else await once_store.find(conn, once.key_hash)
            if claimed_at is not None:
                request_id = await self._first(once, claimed_at, submit, cancel)
                if request_id is not None:
                    return request_id
                continue
            if known is None:
                continue  # it was refused, and is forgotten
            if known.body_hash != once.body_hash:
                raise IdempotencyMismatch
            if known.request_id is not None:
                try:
                    await look(RequestId(known.request_id))
                except RequestNotFound:
                    await self._forget(once, RequestId(known.request_id))
                    continue
                return RequestId(known.request_id)
            await asyncio.sleep(_LOOK_S)
        raise StillAsking

    async def sweep(self) -> None:
        """Remove what nobody repeats any more."""
        async with self._pool.connection() as conn:
            await once_store.sweep(conn)

    async def _first(
        self,
        once: Once,
        claimed_at: datetime,
        submit: Callable[[], Awaitable[RequestId]],
        cancel: Callable[[RequestId], Awaitable[None]],
    ) -> RequestId | None:
        """The request that is made now; None: it took so long that another call has made one meanwhile."""
        request_id: RequestId | None = None
        is_kept = False
        try:
            request_id = await submit()
            async with self._pool.connection() as conn:
                is_kept = await once_store.made(conn, once.key_hash, claimed_at, request_id)
            return request_id if is_kept else None
        finally:
            if not is_kept:
                await self._give_up(once, claimed_at, request_id, cancel)

    async def _give_up(
        self,
        once: Once,
        claimed_at: datetime,
        request_id: RequestId | None,
        cancel: Callable[[RequestId], Awaitable[None]],
    ) -> None:
        """Nobody would find the request again: it goes, and the next call is the first."""
        try:
            if request_id is not None:
                with suppress(RequestNotFound):
                    await cancel(request_id)
        finally:
            async with self._pool.connection() as conn:
                await once_store.give_up(conn, once.key_hash, claimed_at)

    async def _forget(self, once: Once, request_id: RequestId) -> None:
        async with self._pool.connection() as conn:
            await once_store.forget(conn, once.key_hash, request_id)
