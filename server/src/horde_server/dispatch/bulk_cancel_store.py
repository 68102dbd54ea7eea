"""The SQL of cancelling many requests: of an account, from an address, or those that were found in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from horde_server.database.pool import Connection
from horde_server.dispatch.entry import NOT_DONE, RequestState
from horde_server.dispatch.store import CANCEL
from horde_server.http.networks import Network


class Chosen(NamedTuple):
    """Which requests: all that is given must fit. `ids`: only of these."""

    account_id: int | None = None
    network: Network | None = None
    ids: Sequence[UUID] | None = None


class Amount(NamedTuple):
    """So many requests, and jobs of theirs that wait."""

    requests: int
    jobs: int

    def plus(self, cancelled: Sequence[RequestState]) -> Amount:
        """This, and what of these waited before they were cancelled."""
        jobs = sum(state.jobs - state.processing - state.finished for state in cancelled)
        return Amount(self.requests + len(cancelled), self.jobs + jobs)


_CONDITIONS = {
    "account_id": "account_id = %(account_id)s",
    # what is no address, such as a socket's path, is in no network
    "network": "CASE WHEN address ~ '^[0-9a-fA-F:.]+$' THEN address::inet <<= %(network)s ELSE false END",
    "ids": "id = ANY(%(ids)s)",
}


def _which(chosen: Chosen) -> str:
    conditions = [text for name, text in _CONDITIONS.items() if getattr(chosen, name) is not None]
    # begins as the index of open requests says it (migration 0013): nothing that is done is read
    return " AND ".join([NOT_DONE.format(""), "waiting > 0", "state = 'open'", *conditions])


async def count(conn: Connection, chosen: Chosen) -> Amount:
    """How much of the chosen requests waits."""
    cursor = await conn.execute(
        f"SELECT count(*), coalesce(sum(waiting), 0) FROM request WHERE {_which(chosen)}".encode(), chosen._asdict()
    )
    row = await cursor.fetchone()
    assert row is not None  # an aggregate has one row
    return Amount(*row)


async def cancel_some(conn: Connection, chosen: Chosen, limit: int) -> list[RequestState]:
    """Cancel so many of the chosen requests, but those that somebody changes right now; the changed requests."""
    some = f"SELECT id FROM request WHERE {_which(chosen)} ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED"
    cursor = await conn.execute(CANCEL.format(which=f"id IN ({some})").encode(), {**chosen._asdict(), "limit": limit})
    return [RequestState(*row) for row in await cursor.fetchall()]
