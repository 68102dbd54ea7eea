"""The proof of the books: what must hold of ledger, balances and counters, held against every row (kudos.md §11)."""

from __future__ import annotations

import string
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from horde_server.database.limits import without_limits
from horde_server.database.pool import Connection
from horde_server.kudos import proof_store as store
from horde_server.kudos.ledger import ADMIN, BURNT, FLOOR, MINTED

_OWN_ACCOUNTS = {
    MINTED: "The horde's account of minted kudos",
    BURNT: "The horde's account of burnt kudos",
    FLOOR: "The horde's account of what floors forgave",
    ADMIN: "The horde's account of administrators' adjustments",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one check."""

    claim: str
    wrong: str | None
    """A sentence on the first row that speaks against the claim; None: it holds."""


class _Words(string.Formatter):
    """Amounts and ledger accounts as people say them."""

    def format_field(self, value: Any, format_spec: str) -> str:
        match format_spec:
            case "kudos":
                return f"{int(value) / 100:.2f}"
            case "account":
                return account_in_words(value)
            case _:
                return str(value)


def account_in_words(ledger_account: int) -> str:
    """A ledger account's name."""
    if ledger_account < 0:
        return _OWN_ACCOUNTS.get(ledger_account, f"The horde's account {ledger_account}")
    what = "What is held back of" if ledger_account % 2 else "The balance of"
    return f"{what} account {ledger_account // 2}"


async def prove(conn: Connection) -> AsyncIterator[Finding]:
    """Check after check, all of one moment. Reads the whole history several times; writes nothing."""
    words = _Words()
    async with without_limits(conn), conn.transaction():
        await store.begin_proof(conn)
        for check in store.CHECKS:
            row = await store.first_wrong_row(conn, check)
            yield Finding(check.claim, None if row is None else words.vformat(check.wrong, (), row))


async def size(conn: Connection) -> tuple[int, int]:
    """How many movements are in the history, and how many wait to be folded."""
    async with without_limits(conn):
        return await store.movements(conn)
