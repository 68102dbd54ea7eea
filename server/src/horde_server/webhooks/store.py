"""The SQL of webhooks: what is to be told, and the secrets that sign it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec

from horde_server.database.pool import Connection
from horde_server.webhooks.hook import Picture

MOST_KEPT = 1000
"""Deliveries that wait for one account. Who has more does not take them."""


class NewDelivery(NamedTuple):
    """Something to be told, as it goes into the statement."""

    id: UUID
    account_id: int
    url: str
    body: str
    picture: str | None

    @classmethod
    def of(cls, account_id: int, url: str, body: dict[str, Any], picture: Picture | None) -> NewDelivery:
        """With an id of its own."""
        encoded = msgspec.json.encode(picture).decode() if picture else None
        return cls(uuid4(), account_id, url, msgspec.json.encode(body).decode(), encoded)


_ADD = """
WITH new AS (
    SELECT *, row_number() OVER (PARTITION BY account_id ORDER BY place) AS place_of_account
    FROM unnest(%(ids)s::uuid[], %(accounts)s::int[], %(urls)s::text[], %(bodies)s::text[], %(pictures)s::text[])
         WITH ORDINALITY AS told (id, account_id, url, body, picture, place)
), kept AS (
    SELECT account_id, (SELECT count(*) FROM (SELECT FROM webhook_delivery AS known
                                              WHERE known.account_id = those.account_id LIMIT %(most)s) AS few) AS held
    FROM (SELECT DISTINCT account_id FROM new) AS those
)
INSERT INTO webhook_delivery (id, account_id, url, body, picture)
SELECT id, account_id, url, body::json, picture::json
FROM new JOIN kept USING (account_id) WHERE kept.held + place_of_account <= %(most)s ORDER BY place
RETURNING id"""


async def add_deliveries(conn: Connection, new: Sequence[NewDelivery]) -> set[UUID]:
    """Keep what is to be told, in the caller's transaction; the ids of what was kept.

    Not what is too much for its account, whose receiver does not keep up or does not exist.
    """
    ids, accounts, urls, bodies, pictures = map(list, zip(*new, strict=True))
    cursor = await conn.execute(
        _ADD,
        {"ids": ids, "accounts": accounts, "urls": urls, "bodies": bodies, "pictures": pictures, "most": MOST_KEPT},
    )
    return {row[0] for row in await cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something to be told. `secrets` sign it, the newest first; Anonymous has none."""

    id: UUID
    account_id: int
    url: str
    body: str
    picture: Picture | None
    attempts: int
    secrets: tuple[bytes, ...]


async def find_delivery(conn: Connection, delivery_id: UUID) -> Delivery | None:
    """The delivery; None when it was made, or given up."""
    cursor = await conn.execute(
        """SELECT id, delivery.account_id, url, body::text, picture::text, attempts, secret,
                  CASE WHEN renewed_at > now() - interval '1 day' THEN previous END
           FROM webhook_delivery AS delivery LEFT JOIN webhook_secret USING (account_id) WHERE id = %s""",
        (delivery_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    found, account_id, url, body, picture, attempts, newest, previous = row
    return Delivery(
        found,
        account_id,
        url,
        body,
        picture=msgspec.json.decode(picture, type=Picture) if picture else None,
        attempts=attempts,
        secrets=tuple(secret for secret in (newest, previous) if secret is not None),
    )


async def note_failure(conn: Connection, delivery_id: UUID) -> int:
    """Count a failed attempt; how many there were."""
    cursor = await conn.execute(
        "UPDATE webhook_delivery SET attempts = attempts + 1 WHERE id = %s RETURNING attempts", (delivery_id,)
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def delete_delivery(conn: Connection, delivery_id: UUID) -> None:
    """It was made, or is given up."""
    await conn.execute("DELETE FROM webhook_delivery WHERE id = %s", (delivery_id,))


async def delete_address(conn: Connection, account_id: int, url: str) -> int:
    """Give up all that is to be told there; how many."""
    cursor = await conn.execute("DELETE FROM webhook_delivery WHERE account_id = %s AND url = %s", (account_id, url))
    return cursor.rowcount


async def delete_old(conn: Connection, age_s: float) -> int:
    """Give up what has waited for so long; how many."""
    cursor = await conn.execute(
        "DELETE FROM webhook_delivery WHERE created_at < now() - make_interval(secs => %s)", (age_s,)
    )
    return cursor.rowcount


class Secret(NamedTuple):
    """What an account's deliveries are signed with."""

    value: bytes
    renewed_at: datetime


async def secret_of(conn: Connection, account_id: int, fresh: bytes) -> Secret:
    """The account's secret; `fresh` when it had none, and from now on."""
    await conn.execute(
        "INSERT INTO webhook_secret (account_id, secret) VALUES (%s, %s) ON CONFLICT DO NOTHING", (account_id, fresh)
    )
    cursor = await conn.execute("SELECT secret, renewed_at FROM webhook_secret WHERE account_id = %s", (account_id,))
    row = await cursor.fetchone()
    assert row is not None  # secrets go with their account alone, and its keys with it
    return Secret(*row)


async def renew_secret(conn: Connection, account_id: int, fresh: bytes) -> Secret:
    """Sign with `fresh` from now on, and with the old one beside it for a day."""
    cursor = await conn.execute(
        """INSERT INTO webhook_secret (account_id, secret) VALUES (%s, %s)
           ON CONFLICT (account_id) DO UPDATE
           SET secret = EXCLUDED.secret, previous = webhook_secret.secret, renewed_at = now()
           RETURNING secret, renewed_at""",
        (account_id, fresh),
    )
    row = await cursor.fetchone()
    assert row is not None  # an INSERT … RETURNING that did not raise has its row
    return Secret(*row)


async def forget_account(conn: Connection, account_id: int) -> None:
    """Remove an account's secret and its deliveries; tasks that look for one find nothing to do."""
    await conn.execute("DELETE FROM webhook_secret WHERE account_id = %s", (account_id,))
    await conn.execute("DELETE FROM webhook_delivery WHERE account_id = %s", (account_id,))
