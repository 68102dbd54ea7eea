"""News for webhooks, taken note of in the transaction that makes them true; a durable task tells each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import structlog

from horde_server.database.pool import Connection
from horde_server.tasks.queue import TaskQueue
from horde_server.webhooks import store
from horde_server.webhooks.delivery import DELIVER, DeliveryTask
from horde_server.webhooks.hook import Announcement, decode_hook
from horde_server.webhooks.store import NewDelivery

log = structlog.get_logger(__name__)

_NOBODY = 0
"""Anonymous: nothing of it is signed."""


class News(NamedTuple):
    """What one account is to be told. `webhook`: of its request, as stored."""

    account_id: int
    webhook: str
    told: Announcement


class Announcer:
    """Takes note of news."""

    def __init__(self, tasks: TaskQueue) -> None:
        self._tasks = tasks

    async def announce(self, conn: Connection, news: Sequence[News]) -> None:
        """Have all this told if the caller's transaction is committed: two statements, however much it is."""
        if not news:
            return
        new = [_delivery(each) for each in news]
        kept = await store.add_deliveries(conn, new)
        await self._tasks.defer(conn, DELIVER, *(DeliveryTask(each.id) for each in new if each.id in kept))
        for account_id in sorted({each.account_id for each in new if each.id not in kept}):
            log.warning("webhooks.dropped", account=account_id)  # its receiver does not keep up, or does not exist


def _delivery(news: News) -> NewDelivery:
    hook = decode_hook(news.webhook)
    picture = news.told.picture and msgspec.structs.replace(news.told.picture, links_base=hook.links_base)
    account_id = _NOBODY if hook.is_unsigned else news.account_id
    return NewDelivery.of(account_id, hook.url, news.told.body, picture)
