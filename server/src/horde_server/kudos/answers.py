"""What giving kudos answers (kudos.md §7)."""

from __future__ import annotations

from horde_server.http.answers import Answer


class KudosTransferred(Answer):
    """How many kudos were given."""

    transferred: float


class KudosAwarded(Answer):
    """How many kudos were awarded."""

    awarded: float


class KudosStatementLine(Answer):
    """One line of a statement: `amount` and `escrow` are what it changed, `…_after` what the account had then."""

    time: str
    kind: str
    amount: float
    escrow: float
    balance_after: float = 0
    escrow_after: float = 0
    type: str = ""
    model: str = ""
    request_id: str = ""
    job_id: str = ""
    worker_id: str = ""
    counterpart: str = ""


class KudosStatement(Answer):
    """What an account has, and a page of what its kudos came from and went to, newest first."""

    balance: float
    escrow: float
    held: float
    lines: list[KudosStatementLine]
    next: str = ""
