"""The SQL of sharing. An image is on its way (`copying`, with its metadata here) or has arrived (`shared`)."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from horde_server.database.pool import Connection


class SharedImage(NamedTuple):
    """An image that is shared, or on its way."""

    metadata: dict[str, Any] | None  # as long as it is on its way
    account_kind: str  # of its requester


async def add(conn: Connection, job_id: UUID, account_id: int, metadata: str) -> None:
    """An image is to be shared; `metadata` is JSON."""
    await conn.execute(
        "INSERT INTO shared_image (id, account_id, metadata) VALUES (%s, %s, %s::json)", (job_id, account_id, metadata)
    )


async def find(conn: Connection, job_id: UUID) -> SharedImage | None:
    """The image, or None: it was never shared, or somebody took it back."""
    cursor = await conn.execute(
        """SELECT metadata, account.kind FROM shared_image JOIN account ON account.id = account_id
           WHERE shared_image.id = %s""",
        (job_id,),
    )
    row = await cursor.fetchone()
    return SharedImage(*row) if row else None


async def has_arrived(conn: Connection, job_id: UUID) -> bool:
    """Write down that both its files are there, once or again; False when somebody took it back meanwhile."""
    cursor = await conn.execute("UPDATE shared_image SET state = 'shared', metadata = NULL WHERE id = %s", (job_id,))
    return cursor.rowcount == 1


async def owner_of(conn: Connection, job_id: UUID) -> int | None:
    """The account that asked for a shared image, or None when there is no such image."""
    cursor = await conn.execute("SELECT account_id FROM shared_image WHERE id = %s", (job_id,))
    row = await cursor.fetchone()
    return row[0] if row else None


async def remove_abandoned(conn: Connection, older_than_s: float) -> list[UUID]:
    """Forget images that could not be copied for so long; their ids."""
    cursor = await conn.execute(
        "DELETE FROM shared_image WHERE state = 'copying' AND created_at < now() - make_interval(secs => %s)"
        " RETURNING id",
        (older_than_s,),
    )
    return [row[0] for row in await cursor.fetchall()]


async def remove(conn: Connection, job_id: UUID) -> bool:
    """Forget an image; False when somebody did before."""
    cursor = await conn.execute("DELETE FROM shared_image WHERE id = %s", (job_id,))
    return cursor.rowcount == 1


async def remove_all_of(conn: Connection, account_id: int) -> list[UUID]:
    """Forget all images of an account; their ids."""
    cursor = await conn.execute("DELETE FROM shared_image WHERE account_id = %s RETURNING id", (account_id,))
    return [row[0] for row in await cursor.fetchall()]
