"""The life of a node: built on a migrated database, mirrors filled, background work done until it is let go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from horde_server.background import background_work
from horde_server.database.limits import SessionLimits
from horde_server.database.migrations import migrate
from horde_server.database.pool import open_pool
from horde_server.dispatch.down_time import DownTime
from horde_server.http.client_address import ClientAddresses
from horde_server.identity.keys import load_secret
from horde_server.node import Node, build_node, deliver_webhooks
from horde_server.settings import Settings


@asynccontextmanager
async def running_node(settings: Settings, dsn: str, clients: ClientAddresses) -> AsyncIterator[Node]:
    """Build the services, fill the mirrors, and do the background work until the caller is done."""
    limits = SessionLimits(
        settings.database_statement_limit_s, settings.database_lock_limit_s, settings.database_idle_limit_s
    )
    pool = await open_pool(dsn, size=settings.database_pool_size, wait_s=settings.database_wait_s, limits=limits)
    try:
        async with pool.connection() as conn:
            await migrate(conn)
            salt = await load_secret(conn, "api_key_salt")
            signing_secret = await load_secret(conn, "url_signing")
        down_time = DownTime(pool)
        await down_time.settle()
        node = build_node(settings, clients, dsn, pool, down_time, salt, signing_secret)
        deliver_webhooks(node)
        await node.modes.reload()
        await node.addresses.reload()
        await node.prompt_filters.reload()
        await node.workers.reload()
        await node.mirror.load()
        async with asyncio.TaskGroup() as tasks:
            background = [tasks.create_task(work, name=name) for name, work in background_work(node).items()]
            try:
                yield node
            finally:
                while pending := [task for task in background if not task.done()]:
                    for task in pending:
                        task.cancel()
                    await asyncio.wait(pending, timeout=1.0)  # a library's wait may lose a cancellation: ask again
    finally:
        await pool.close()
