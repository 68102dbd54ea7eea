"""Deliveries: a durable task an announcement, tried for about a day until the receiver takes it."""

from __future__ import annotations

import base64
import time
from typing import Any
from uuid import UUID

import msgspec
import structlog
from yarl import URL

from horde_server.blobs.guard import FetchFailed
from horde_server.blobs.store import BlobStore
from horde_server.database.pool import Pool
from horde_server.tasks.kind import FOR_STRANGERS, Backoff, NoArgs, TaskKind, TryLater
from horde_server.webhooks import store
from horde_server.webhooks.hook import Picture
from horde_server.webhooks.post import GuardedPoster
from horde_server.webhooks.receivers import Receivers
from horde_server.webhooks.signing import new_secret, signature_headers
from horde_server.webhooks.store import Delivery

log = structlog.get_logger(__name__)

TIME_LIMIT_S = 10.0
"""For one attempt, from the look-up of the name to the status of the answer."""
PATIENCE = Backoff(attempts=17, first_s=5.0, cap_s=4 * 3600.0)
"""17 attempts in about 21 hours."""
LINK_LIFETIME_S = 1800
"""Links to pictures are signed anew at each attempt, and good for as long as those of a status."""
KEEP_S = 2 * 86400.0
"""Whatever is wrong with a delivery, a mistake of ours included, it is given up after so long."""
_GONE = 410


class DeliveryTask(msgspec.Struct):
    """Which: what is delivered stands in a row of its own."""

    id: UUID


DELIVER = TaskKind(
    "webhooks.deliver",  # named in migration 0005 too, as long as nodes of earlier versions may run
    DeliveryTask,
    Backoff(attempts=1_000_000),  # to wait for a busy receiver is no attempt: PATIENCE counts those
    time_limit_s=60.0,
    priority=FOR_STRANGERS,
)
DROP_OLD = TaskKind("webhooks.drop_old", NoArgs, Backoff(attempts=3))


class Deliveries:
    """Makes deliveries. Each is made at least once, with the same id every time."""

    def __init__(self, pool: Pool, blobs: BlobStore, poster: GuardedPoster, receivers: Receivers) -> None:
        self._pool = pool
        self._blobs = blobs
        self._poster = poster
        self._receivers = receivers

    async def deliver(self, task: DeliveryTask) -> None:
        """Try once. Raises `TryLater` until it was made or is given up."""
        async with self._pool.connection() as conn:
            delivery = await store.find_delivery(conn, task.id)
        if delivery is None:  # made before, by a node that died before it could say so
            return
        host = URL(delivery.url).host or ""
        if wait_s := self._receivers.wait_s(host, delivery.account_id):
            raise TryLater("the receiver is busy, or silent", wait_s)
        with self._receivers.delivering(host, delivery.account_id):
            problem = await self._attempt(delivery, host)
        if problem is None:
            async with self._pool.connection() as conn:
                await store.delete_delivery(conn, delivery.id)
            log.info("webhooks.delivered", delivery=str(delivery.id), attempt=delivery.attempts + 1)
        elif problem == str(_GONE):
            async with self._pool.connection() as conn:
                dropped = await store.delete_address(conn, delivery.account_id, delivery.url)
            log.info("webhooks.receiver_gone", delivery=str(delivery.id), dropped=dropped)
        else:
            await self._failed(delivery, problem)

    async def drop_old(self) -> None:
        """Give up what PATIENCE did not: attempts that never came as far as the receiver are not counted."""
        async with self._pool.connection() as conn:
            dropped = await store.delete_old(conn, KEEP_S)
        if dropped:
            log.warning("webhooks.dropped_old", deliveries=dropped)

    async def _attempt(self, delivery: Delivery, host: str) -> str | None:
        """None when it was taken, else why not."""
        body = await self._body(delivery)
        headers = {
            "Content-Type": "application/json",
            **signature_headers(str(delivery.id), int(time.time()), body, await self._secrets(delivery)),
        }
        try:
            status = await self._poster.post(delivery.url, body, headers, time_limit_s=TIME_LIMIT_S)
        except FetchFailed as error:
            self._receivers.was_silent(host, delivery.account_id)
            return str(error).partition(":")[0]  # what follows may name the address
        self._receivers.answered(host, delivery.account_id)
        return None if 200 <= status < 300 else str(status)

    async def _failed(self, delivery: Delivery, problem: str) -> None:
        async with self._pool.connection() as conn:
            attempts = await store.note_failure(conn, delivery.id)
            if attempts >= PATIENCE.attempts:
                await store.delete_delivery(conn, delivery.id)
        event = log.bind(delivery=str(delivery.id), attempt=attempts, reason=problem)
        if attempts >= PATIENCE.attempts:
            event.warning("webhooks.given_up")
            return
        event.info("webhooks.failed")
        raise TryLater(problem, PATIENCE.wait_s(attempts))

    async def _body(self, delivery: Delivery) -> bytes:
        told: dict[str, Any] = msgspec.json.decode(delivery.body)
        if delivery.picture is not None:
            *above, name = delivery.picture.path
            part = told
            for step in above:
                part = part[step]
            part[name] = await self._shown(delivery.picture)
        return msgspec.json.encode({**told, "delivery": str(delivery.id)})

    async def _shown(self, picture: Picture) -> str:
        if not picture.inline:
            return await self._blobs.signed_get_url(picture.key, LINK_LIFETIME_S, picture.links_base)
        data = await self._blobs.get(picture.key)
        return base64.b64encode(data).decode() if data is not None else "N/A"

    async def _secrets(self, delivery: Delivery) -> tuple[bytes, ...]:
        """Anonymous has no secret, as everybody could read it."""
        if delivery.secrets or delivery.account_id == 0:
            return delivery.secrets
        async with self._pool.connection() as conn:
            return ((await store.secret_of(conn, delivery.account_id, new_secret())).value,)
