"""What a node does by itself, again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from horde_server.database.pool import DatabaseAway
from horde_server.database.watch import DatabaseWatch
from horde_server.dispatch.down_time_store import BEAT_S
from horde_server.kudos.fold import fold, promote_due
from horde_server.node import Node
from horde_server.tasks.queue import RESCUE_INTERVAL_S

log = structlog.get_logger(__name__)


def background_work(node: Node) -> dict[str, Coroutine[Any, Any, None]]:
    """What is to run as long as the node does, by name."""
    settings = node.settings

    async def beat() -> None:
        if await node.down_time.settle():
            await node.mirror.resumed()
            await node.workers.reload()

    async def sweep() -> None:
        dropped = await node.mirror.sweep()
        if dropped:
            await node.workers.changed(dropped)
        await node.alchemy.interrogations.remove_expired()
        node.workers.drop_stale()

    async def fold_ledger() -> None:
        while (changed := await fold(node.pool, trust_threshold=settings.kudos_trust_threshold)) is not None:
            await node.accounts.renew(changed.account_ids)
            await welcome(changed.promoted)
            if not changed.is_full:
                return

    async def welcome(promoted: list[int]) -> None:
        """Let all nodes know who is trusted now."""
        if promoted:
            log.info("accounts.promoted", accounts=promoted)
            for account_id in promoted:
                node.accounts.invalidate(account_id)
            await node.workers.reload_of(promoted)
            node.notices.publish("account", map(str, promoted))

    async def promote() -> None:
        if settings.kudos_trust_threshold is not None:
            await welcome(await promote_due(node.pool, trust_threshold=settings.kudos_trust_threshold))

    async def reconcile() -> None:
        await node.modes.reload()
        await node.addresses.reload()
        await node.prompt_filters.reload()
        await node.mirror.reconcile()
        await node.workers.reload()

    return {
        "database-watch": DatabaseWatch(node.pool, silence_s=settings.database_silence_s).run(),
        **node.notices.work(),
        "beat": _every(BEAT_S, beat),
        "sweep": _every(settings.sweep_interval_s, sweep),
        "fold": _every(settings.fold_interval_s, fold_ledger),
        "promote": _every(60.0, promote),
        "reconcile": _every(settings.reconcile_interval_s, reconcile),
        "tasks": node.tasks.run(),
        "tasks-rescue": _every(RESCUE_INTERVAL_S, node.tasks.rescue),
        "address-sweep": _every(300.0, node.addresses.forget_old),
        "model-reference": node.model_updates.run(),
    }


async def _every(interval_s: float, work: Callable[[], Awaitable[None]]) -> None:
    """Do `work` again and again. A failure is logged and the next round tries anew: nothing here may end the server."""
    while True:
        await asyncio.sleep(interval_s)
        try:
            await work()
        except DatabaseAway:  # told once, by the watch
            pass
        except (psycopg.OperationalError, PoolTimeout) as error:  # it fails for once, or is about to be away
            log.warning("background.failed", work=work.__name__, reason=type(error).__name__)
        except Exception:  # a mistake of ours or a store's failure: loud, but requests are still served
            log.exception("background.failed", work=work.__name__)
