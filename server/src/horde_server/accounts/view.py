"""Users as a viewer may see them (accounts.md §3.3): 0 anybody, 1 the user, 2 a moderator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final

from horde_server.accounts import store
from horde_server.database.pool import Connection
from horde_server.errors import UserNotFound
from horde_server.kudos.ledger_store import balances_hundredths, buckets_of, escrow_hundredths
from horde_server.slice import Slices

_BUCKETS = ("accumulated", "gifted", "donated", "admin", "received", "recurring", "awarded", "styled")
_ROLES = ("moderator", "trusted", "flagged", "service", "education", "customizer", "deleted")
_COUNTED = ("image", "text", "interrogation")
_NOT_TOLD: Final[Mapping[str, Any]] = {
    **dict.fromkeys(
        ("worker_ids", "sharedkey_ids", "contact", "vpn", "special", "evaluating_kudos", "suspicious", "admin_comment"),
    ),
    "proxy_passkey": None,
    "active_generations": {},
    "monthly_kudos": {},
}
"""How a list has what it does not tell: other than a single user's, its objects have every field (accounts.md §3.6)."""


class UserViews:
    """Makes user objects of rows; what other slices keep of users comes from them (`Slice.of_users`)."""

    def __init__(
        self, slices: Slices, admin_ids: Collection[int], open_requests: Callable[[int], dict[str, list[str]]]
    ) -> None:
        """`open_requests`: ids of an account's open requests by kind, from memory."""
        self._slices = slices
        self._admin_ids = admin_ids
        self._open_requests = open_requests

    async def one(self, conn: Connection, account_id: int, privilege: int) -> dict[str, Any]:
        """A user object; keys without a value are left out. Raises `UserNotFound`."""
        found = await self._bodies(conn, [account_id], privilege)
        if not found:
            raise UserNotFound
        body = found[0]
        if privilege >= 2:
            body["evaluating_kudos"] = await escrow_hundredths(conn, account_id) / 100
        return {name: value for name, value in body.items() if value is not None}

    async def page(self, conn: Connection, account_ids: Sequence[int]) -> list[dict[str, Any]]:
        """User objects as anybody may see them, in this order, each with every field."""
        return [{**_NOT_TOLD, **body} for body in await self._bodies(conn, account_ids, 0)]

    async def _bodies(self, conn: Connection, account_ids: Sequence[int], privilege: int) -> list[dict[str, Any]]:
        """As many queries for all as for one."""
        rows = await store.find_shown(conn, account_ids)
        if not rows:
            return []
        known = list(rows)
        balances = await balances_hundredths(conn, known)
        kudos, records = await buckets_of(conn, known), await store.records_of(conn, known)
        of_others = await self._slices.of_users(conn, known, privilege)
        return [
            self._body(
                rows[account_id],
                privilege,
                balances.get(account_id, 0),
                kudos.get(account_id, {}),
                records.get(account_id, {}),
                {field: values[account_id] for field, values in of_others.items() if account_id in values},
            )
            for account_id in account_ids
            if account_id in rows
        ]

    def _body(
        self,
        user: Mapping[str, Any],
        privilege: int,
        balance: int,
        kudos: Mapping[str, int],
        records: Mapping[tuple[str, str], float],
        of_others: Mapping[str, Any],
    ) -> dict[str, Any]:
        account_id: int = user["id"]
        workers = list(map(str, user["worker_ids"]))
        body: dict[str, Any] = {
            "username": f"{user['username']}#{account_id}",
            "id": account_id,
            "kudos": balance / 100,
            "concurrency": user["concurrency"],
            "worker_invited": user["worker_invited"],
            **{role: user[role] for role in _ROLES},
            "pseudonymous": user["kind"] == "pseudonymous",
            "worker_count": len(workers),
            "account_age": int((datetime.now(UTC) - user["created_at"]).total_seconds()),
            "kudos_details": dict.fromkeys(_BUCKETS, 0.0) | {name: amount / 100 for name, amount in kudos.items()},
            "usage": {"megapixelsteps": None, "requests": None},
            "contributions": {"megapixelsteps": None, "fulfillments": None},
            "records": _records(records),
            "styles": [],
        }
        if account_id in self._admin_ids:
            body["administrator"] = True
        if privilege >= 1 or user["public_workers"]:
            body["worker_ids"] = workers
        if privilege >= 1:
            open_requests = self._open_requests(account_id)
            body.update(
                sharedkey_ids=[],
                contact=user["contact"],
                model_aliases=user["model_aliases"] or None,
                vpn=user["vpn"],
                special=user["special"],
                active_generations={kind: ids for kind, ids in open_requests.items() if ids} or None,
            )
        if privilege >= 2:
            received = user["monthly_kudos_last_received"]
            body.update(
                monthly_kudos={
                    "amount": user["monthly_kudos"],
                    "last_received": format_datetime(received) if received else None,
                },
                suspicious=user["suspicious"],
                admin_comment=user["admin_comment"],
            )
        return {**body, **of_others}


def _records(known: Mapping[tuple[str, str], float]) -> dict[str, dict[str, float]]:
    values = defaultdict(float, known)
    return {
        **{
            record: {
                "megapixelsteps": round(values[record, "image"], 2),
                "tokens": int(values[record, "text"]),
            }
            for record in ("usage", "contribution")
        },
        **{
            record: {domain: int(values[record, domain]) for domain in _COUNTED}
            for record in ("fulfillment", "request", "style")
        },
    }
