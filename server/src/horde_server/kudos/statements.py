"""Statements: what an account's kudos came from and went to, line by line, newest first (kudos.md §10)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from horde_server.database.pool import Pool
from horde_server.errors import HordeError, InvalidPayload
from horde_server.kudos import statement_store as store
from horde_server.kudos.statement_store import NEWEST, Line, Place, Standing

MOST_LINES = 1000


class AnonForbiddenStatement(HordeError):
    """Anonymous has no statement, as everybody shares it: use your own API key."""

    status, rc = 403, "AnonForbidden"


@dataclass(frozen=True, slots=True)
class ToldLine:
    """A line with what the account had after it; None where that is not known without summing up what came later."""

    line: Line
    balance: int | None
    escrow: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines of a statement, and the mark from which the next page goes on; None: there are no more."""

    standing: Standing
    lines: list[ToldLine]
    next: str | None


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page ends, as clients carry it to the next: the last line, and what the account had before it."""

    place: Place
    balance: int | None
    escrow: int | None

    def __str__(self) -> str:
        assert isinstance(self.place.created_at, datetime)
        at = self.place.created_at.astimezone(UTC).strftime("%Y%m%d%H%M%S%f")
        had = ",".join("" if amount is None else str(amount) for amount in (self.balance, self.escrow))
        return base64.urlsafe_b64encode(f"{at},{self.place.event_id.hex},{self.place.line},{had}".encode()).decode()


_MARK = re.compile(r"(\d{20}),([0-9a-f]{32}),([a-z_]{1,30}),(?:(-?\d{1,18}),(-?\d{1,18})|,)")


def mark_from(text: str) -> Mark:
    """The mark that a page ended with. Raises `InvalidPayload` where it is none."""
    try:
        found = _MARK.fullmatch(base64.urlsafe_b64decode(text.encode("ascii")).decode("ascii"))
        if found is None:
            raise ValueError
        at = datetime.strptime(found[1], "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)
    except (ValueError, binascii.Error):
        raise InvalidPayload({"before": "the `next` of the page before"}) from None
    had = (int(found[4]), int(found[5])) if found[4] else (None, None)
    return Mark(Place(at, UUID(found[2]), found[3]), *had)


class Statements:
    """The statements of all accounts. A page costs what its lines cost, however long the history is."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(
        self,
        account_id: int,
        *,
        before: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        most: int = 100,
    ) -> Page:
        """The newest lines, or those that follow the page that ended with the mark `before`."""
        if account_id == 0:
            raise AnonForbiddenStatement
        mark = mark_from(before) if before else None
        async with self._pool.connection() as conn, conn.transaction():
            await store.begin_snapshot(conn)
            standing = await store.standing(conn, account_id)
            found = await store.lines(conn, account_id, mark.place if mark else NEWEST, since, until, most + 1)
        if mark is not None:
            balance, escrow = mark.balance, mark.escrow
        elif until is None:
            balance, escrow = standing.balance, standing.escrow
        else:
            balance = escrow = None
        told = []
        for line in found[:most]:
            told.append(ToldLine(line, balance, escrow))
            balance = None if balance is None else balance - line.change
            escrow = None if escrow is None else escrow - line.escrow_change
        following = None
        if len(found) > most:
            last = told[-1].line
            following = str(Mark(Place(last.created_at, last.event_id, last.kind), balance, escrow))
        return Page(standing, told, following)
