"""A stream from its first byte to its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from horde_server.errors import HordeError
from horde_server.http.event_stream import retry_after

_RETRY: Final = retry_after(3000)


async def begun(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """With a first piece that comes at once. Where the database is away it ends as if it broke: who connects again
    hears the rest."""
    try:
        yield _RETRY
        async for piece in pieces:
            yield piece
    except (HordeError, OperationalError, PoolTimeout):
        return
    finally:
        await pieces.aclose()
