"""A user as the viewer may see it (accounts.md §3.3): 0 anybody, 1 the user, 2 a moderator."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from horde_server.accounts import store
from horde_server.database.pool import Connection
from horde_server.errors import UserNotFound
from horde_server.identity import key_store
from horde_server.kudos.ledger_store import balance_hundredths, buckets, escrow_hundredths

_BUCKETS = ("accumulated", "gifted", "donated", "admin", "received", "recurring", "awarded", "styled")
_ROLES = ("moderator", "trusted", "flagged", "service", "education", "customizer", "deleted")


async def user_body(
    conn: Connection, account_id: int, privilege: int, open_requests: dict[str, list[str]]
) -> dict[str, Any]:
    """The user object; keys without a value are left out. Raises `UserNotFound`."""
    user = await store.find(conn, account_id)
    if user is None:
        raise UserNotFound
    workers = list(map(str, await store.workers_of(conn, account_id)))
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
            sharedkey_ids=list(map(str, await key_store.shared_ids_of(conn, account_id))),
            contact=user["contact"],
            vpn=user["vpn"],
            special=user["special"],
            active_generations={kind: ids for kind, ids in open_requests.items() if ids} or None,
        )
    if privilege >= 2:
        received = user["monthly_kudos_last_received"]
        body.update(
            evaluating_kudos=await escrow_hundredths(conn, account_id) / 100,
            monthly_kudos={
                "amount": user["monthly_kudos"],
                "last_received": format_datetime(received) if received else None,
            },
            suspicious=len(user["suspicions"]),
            admin_comment=user["admin_comment"],
        )
    return {name: value for name, value in body.items() if value is not None}


async def _kudos_details(conn: Connection, account_id: int) -> dict[str, float]:
    known = await buckets(conn, account_id)
    return {**dict.fromkeys(_BUCKETS, 0.0), **{bucket: amount / 100 for bucket, amount in known.items()}}


async def _records(conn: Connection, account_id: int) -> dict[str, dict[str, float]]:
    known = defaultdict(float, await store.records_of(conn, account_id))
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
