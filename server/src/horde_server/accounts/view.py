"""A user as the viewer may see it (accounts.md §3.3): 0 anybody, 1 the user, 2 a moderator."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from horde_server.accounts.creation import balance_hundredths
from horde_server.database.pool import Connection
from horde_server.errors import UserNotFound

_BUCKETS = ("accumulated", "gifted", "donated", "admin", "received", "recurring", "awarded", "styled")
_ROLES = ("moderator", "trusted", "flagged", "service", "education", "customizer", "deleted")


async def user_body(
    conn: Connection, account_id: int, privilege: int, open_requests: dict[str, list[str]]
) -> dict[str, Any]:
    """The user object; keys without a value are left out. Raises `UserNotFound`."""
    cursor = await conn.execute("SELECT * FROM account WHERE id = %s", (account_id,))
    row = await cursor.fetchone()
    if row is None:
        raise UserNotFound
    assert cursor.description is not None
    user = dict(zip((column.name for column in cursor.description), row, strict=True))
    workers = [
        str(found[0])
        for found in await (
            await conn.execute("SELECT id FROM worker WHERE account_id = %s ORDER BY created_at", (account_id,))
        ).fetchall()
    ]
    body: dict[str, Any] = {
        "username": f"{user['username']}#{account_id}",
        "id": account_id,
        "kudos": await balance_hundredths(conn, account_id) / 100,
        "concurrency": user["concurrency"],
        "worker_invited": user["worker_invited"],
        **{role: user[role] for role in _ROLES},
        "pseudonymous": user["kind"] == "pseudonymous",
        "worker_count": len(workers),
        "account_age": int((datetime.now(UTC) - user["created_at"]).total_seconds()),
        "kudos_details": await _kudos_details(conn, account_id),
        "usage": {"megapixelsteps": None, "requests": None},
        "contributions": {"megapixelsteps": None, "fulfillments": None},
        "records": await _records(conn, account_id),
        "styles": [],
    }
    if privilege >= 1 or user["public_workers"]:
        body["worker_ids"] = workers
    if privilege >= 1:
        body.update(
            sharedkey_ids=[],
            contact=user["contact"],
            vpn=user["vpn"],
            special=user["special"],
            active_generations={kind: ids for kind, ids in open_requests.items() if ids} or None,
        )
    if privilege >= 2:
        received = user["monthly_kudos_last_received"]
        body.update(
            evaluating_kudos=await _escrow_kudos(conn, account_id),
            monthly_kudos={
                "amount": user["monthly_kudos"],
                "last_received": format_datetime(received) if received else None,
            },
            suspicious=len(user["suspicions"]),
            admin_comment=user["admin_comment"],
        )
    return {name: value for name, value in body.items() if value is not None}


async def _kudos_details(conn: Connection, account_id: int) -> dict[str, float]:
    cursor = await conn.execute(
        "SELECT bucket, amount_hundredths FROM kudos_bucket WHERE account_id = %s", (account_id,)
    )
    return {**dict.fromkeys(_BUCKETS, 0.0), **{bucket: amount / 100 for bucket, amount in await cursor.fetchall()}}


async def _records(conn: Connection, account_id: int) -> dict[str, dict[str, float]]:
    cursor = await conn.execute("SELECT record, domain, value FROM account_record WHERE account_id = %s", (account_id,))
    known: defaultdict[tuple[str, str], float] = defaultdict(float)
    known.update({(record, domain): value for record, domain, value in await cursor.fetchall()})
    counted = ("image", "text", "interrogation")
    return {
        "usage": {"megapixelsteps": round(known["usage", "image"], 2), "tokens": int(known["usage", "text"])},
        "contribution": {
            "megapixelsteps": round(known["contribution", "image"], 2),
            "tokens": int(known["contribution", "text"]),
        },
        "fulfillment": {domain: int(known["fulfillment", domain]) for domain in counted},
        "request": {domain: int(known["request", domain]) for domain in counted},
        "style": {"image": 0, "text": 0},
    }


async def _escrow_kudos(conn: Connection, account_id: int) -> float:
    cursor = await conn.execute(
        "SELECT balance_hundredths FROM ledger_balance WHERE ledger_account = %s", (2 * account_id + 1,)
    )
    row = await cursor.fetchone()
    return row[0] / 100 if row else 0.0
