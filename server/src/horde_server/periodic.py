"""Work that is done again and again, whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from horde_server.database.pool import DatabaseAway

log = structlog.get_logger(__name__)


async def every(interval_s: float, work: Callable[[], Awaitable[None]]) -> None:
    """Do `work` again and again. A failure is logged and the next round tries anew: nothing here may end the server."""
    while True:
        await asyncio.sleep(interval_s)
        try:
            await work()
        except DatabaseAway:  # told once, by the watch
            pass
        except (psycopg.OperationalError, PoolTimeout) as error:  # it fails for once, or is about to be away
            log.warning("background.failed", work=work.__qualname__, reason=type(error).__name__)
        except Exception:  # a mistake of ours or a store's failure: loud, but requests are still served
            log.exception("background.failed", work=work.__qualname__)
