"""The life of a node: built on a migrated database, mirrors filled, background work done until it is let go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from horde_server.blobs.choice import open_blob_stores
from horde_server.core import Core
from horde_server.database.limits import SessionLimits
from horde_server.database.migrations import migrate
from horde_server.database.notices import NoticeBoard
from horde_server.database.pool import open_pool
from horde_server.database.watch import DatabaseWatch
from horde_server.dispatch.down_time import DownTime
from horde_server.dispatch.down_time_store import BEAT_S
from horde_server.http.client_address import ClientAddresses
from horde_server.identity.rate_limits import RateLimits
from horde_server.identity.secret_store import load_secret
from horde_server.node import Node, build_node
from horde_server.periodic import every
from horde_server.settings import Settings
from horde_server.slice import Slices
from horde_server.tasks.queue import TaskLimits, TaskQueue


@asynccontextmanager
async def running_node(
    settings: Settings, dsn: str, clients: ClientAddresses, limits: RateLimits | None
) -> AsyncIterator[Node]:
    """Build the slices, fill their mirrors, and do the background work until the caller is done."""
    session_limits = SessionLimits(
        settings.database_statement_limit_s, settings.database_lock_limit_s, settings.database_idle_limit_s
    )
    pool = await open_pool(
        dsn, size=settings.database_pool_size, wait_s=settings.database_wait_s, limits=session_limits
    )
    try:
        async with pool.connection() as conn:
            await migrate(conn)
            api_key_salt = await load_secret(conn, "api_key_salt")
            signing_secret = await load_secret(conn, "url_signing")
        down_time = DownTime(pool)
        await down_time.settle()
        slices = Slices()
        notices = NoticeBoard(dsn, slices.hear, slices.missed)
        core = Core(
            settings=settings,
            clients=clients,
            pool=pool,
            tasks=TaskQueue(pool, TaskLimits(settings.task_concurrency, settings.task_poll_interval_s)),
            blobs=open_blob_stores(settings, signing_secret, time.time, down_time.up_clock(time.time)),
            api_key_salt=api_key_salt,
            clock=time.time,
            monotonic=time.monotonic,
            publish=notices.publish,
            hear=slices.hear,
            notices=notices,
        )
        node = build_node(core, limits, slices)
        await slices.load()
        async with asyncio.TaskGroup() as tasks:
            work = _work(node, notices, down_time)
            background = [tasks.create_task(each, name=name) for name, each in work.items()]
            try:
                yield node
            finally:
                while pending := [task for task in background if not task.done()]:
                    for task in pending:
                        task.cancel()
                    await asyncio.wait(pending, timeout=1.0)  # a library's wait may lose a cancellation: ask again
    finally:
        await pool.close()


def _work(node: Node, notices: NoticeBoard, down_time: DownTime) -> dict[str, Coroutine[Any, Any, None]]:
    """What the node does by itself, by name: its own, and that of its slices."""
    settings, slices = node.core.settings, node.slices

    async def beat() -> None:
        if await down_time.settle():
            await slices.resumed()

    return {
        "database-watch": DatabaseWatch(node.core.pool, silence_s=settings.database_silence_s).run(),
        **notices.work(),
        "beat": every(BEAT_S, beat),
        "reconcile": every(settings.reconcile_interval_s, slices.reload),
        **slices.work(),
    }
