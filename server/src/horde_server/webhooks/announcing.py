"""Announcing a finished job, where it is settled. What ends a request is announced by triggers of migration 0005."""

from __future__ import annotations

from uuid import UUID

import msgspec
import structlog

from horde_server.database.pool import Connection
from horde_server.webhooks import store
from horde_server.webhooks.hook import Announcement, decode_hook

log = structlog.get_logger(__name__)

JOB_FINISHED = "job.finished"


async def announce_job(
    conn: Connection, *, webhook: str, account_id: int, request_id: UUID, reward_hundredths: int, told: Announcement
) -> None:
    """Have the requester told of a job that is settled in the caller's transaction (webhooks.md §2).

    `webhook`: the request's, as stored. `told` may name `request` and `kudos` otherwise than is usual.
    """
    hook = decode_hook(webhook)
    body = {"event": JOB_FINISHED, "request": str(request_id), "kudos": reward_hundredths / 100, **told.body}
    picture = told.picture and msgspec.structs.replace(told.picture, links_base=hook.links_base)
    if not await store.announce(conn, account_id, hook, Announcement(body, picture)):
        log.warning("webhooks.dropped", account=account_id)
