"""The double-entry ledger: every change of kudos is a movement from one ledger account to another.

A movement is one row, so each, and every history of them, sums to zero. New rows go to an inbox; the *fold* moves them
to the history and adds them to balances and counters, so that a busy account is never a lock that everybody queues on.
All amounts are whole hundredths of kudos.
"""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID, uuid4

import msgspec
from msgspec.structs import replace

# The horde's own ledger accounts
MINTED = -1  # kudos come from here …
BURNT = -2  # … and end here
FLOOR = -3  # what the floor forgives
ADMIN = -4  # an administrator's adjustments


def spendable(account_id: int) -> int:
    """Ledger account of a user's balance."""
    return 2 * account_id


def escrow(account_id: int) -> int:
    """Ledger account of what a user earned and gets once trusted."""
    return 2 * account_id + 1


class EntryKind(StrEnum):
    """What a movement is for."""

    GENERATION = "generation"  # requester → worker's owner
    JOB_TAX = "job_tax"  # requester → burnt
    REQUEST_TAX = "request_tax"  # requester → burnt
    UPTIME_REWARD = "uptime_reward"  # minted → owner
    EVALUATION_PROMOTION = "evaluation_promotion"  # escrow → balance
    ADMIN_ADJUSTMENT = "admin_adjustment"
    MONTHLY = "monthly"
    TRANSFER = "transfer"  # user → user
    DONATION = "donation"  # user → education account
    STYLE_REWARD = "style_reward"  # requester → owner of the style
    AWARD = "award"  # minted → user, or user → burnt
    FLOOR_ADJUSTMENT = "floor_adjustment"  # floor → user, written by the fold


class Movement(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One row of the ledger; the fields are its columns. What is not None beside the kudos is counted by the fold."""

    event_id: UUID
    kind: EntryKind
    payer: int
    payee: int
    amount_hundredths: int
    request_id: UUID | None = None
    job_id: UUID | None = None
    requester_id: int | None = None
    owner_id: int | None = None
    worker_id: UUID | None = None
    domain: str | None = None
    things: float | None = None
    speed: float | None = None
    key_id: int | None = None  # whose counters it is added to; of movements away from who asked by that key
    model: str | None = None


def request_tax(
    account_id: int, request_id: UUID, amount_hundredths: int, domain: str, key_id: int | None = None
) -> Movement:
    """What accepting a request of this kind costs."""
    return Movement(
        uuid4(), EntryKind.REQUEST_TAX, spendable(account_id), BURNT, amount_hundredths, request_id,
        requester_id=account_id, domain=domain, key_id=key_id,
    )  # fmt: skip


def style_reward(
    event_id: UUID,
    payer_id: int,
    owner_id: int,
    request_id: UUID,
    amount_hundredths: int,
    domain: str,
    key_id: int | None = None,
) -> Movement:
    """What the owner of a style gets of who asks in it, with what the fold counts for the owner.

    `event_id`: of the request's tax, as it is one event.
    """
    return Movement(
        event_id, EntryKind.STYLE_REWARD, spendable(payer_id), spendable(owner_id), amount_hundredths, request_id,
        requester_id=payer_id, owner_id=owner_id, domain=domain, key_id=key_id,
    )  # fmt: skip


def split_reward(paid_hundredths: int, *, trusted: bool) -> tuple[int, int]:
    """(balance, escrow) parts of what an owner earns: untrusted owners get half later (kudos.md §5.2).

    The escrow is rounded half-even to whole hundredths, the balance gets the rest, so nothing is made or lost.
    """
    held_back = 0 if trusted else round(paid_hundredths / 2)
    return paid_hundredths - held_back, held_back


def settlement(
    *,
    request_id: UUID,
    job_id: UUID,
    requester_id: int,
    owner_id: int,
    owner_trusted: bool,
    worker_id: UUID,
    paid_hundredths: int,
    debit_hundredths: int,
    domain: str,
    things: float,
    speed: float,
    key_id: int | None = None,
    key_most_hundredths: int | None = None,
    model: str | None = None,
) -> list[Movement]:
    """The movements of one delivered job: the requester pays `debit`, the owner gets `paid`, the rest is burnt.

    Where the owner gets more than the requester pays (censored pictures), or is the requester, the horde mints the
    owner's part and burns the whole debit: no movement goes from an account to itself. The first movement carries what
    the fold counts for worker and accounts, so that a job counts once.

    What the requester pays is charged to the key with which it was asked for, but never more than was held for the job:
    should prices have risen since, the account alone pays the rest.
    """
    event_id = uuid4()
    payer = spendable(requester_id)
    is_covered = debit_hundredths >= paid_hundredths and requester_id != owner_id
    source = payer if is_covered else MINTED
    to_balance, to_escrow = split_reward(paid_hundredths, trusted=owner_trusted)
    legs: list[tuple[EntryKind, int, int, int]] = []
    for payee, amount in ((spendable(owner_id), to_balance), (escrow(owner_id), to_escrow)):
        if amount:
            legs.append((EntryKind.GENERATION, source, payee, amount))
    burnt = debit_hundredths - (paid_hundredths if is_covered else 0)
    legs.append((EntryKind.JOB_TAX, payer, BURNT, burnt))
    movements = [
        Movement(
            event_id, kind, source_account, payee, amount, request_id, job_id, requester_id, owner_id, worker_id,
            domain, things if place == 0 else None, speed if place == 0 else None,
            key_id=key_id if source_account == payer else None, model=model,
        )
        for place, (kind, source_account, payee, amount) in enumerate(legs)
    ]  # fmt: skip
    if key_most_hundredths is None or debit_hundredths <= key_most_hundredths:
        return movements
    return _charged_at_most(movements, key_most_hundredths)


def _charged_at_most(movements: list[Movement], most_hundredths: int) -> list[Movement]:
    """The same movements, so divided that those of the key come to no more than `most_hundredths`."""
    divided: list[Movement] = []
    for movement in movements:
        amount = movement.amount_hundredths
        charged = min(amount, most_hundredths) if movement.key_id is not None else 0
        most_hundredths -= charged
        if charged:
            divided.append(replace(movement, amount_hundredths=charged))
        if charged < amount or not amount:
            rest = replace(movement, amount_hundredths=amount - charged, key_id=None)
            divided.append(replace(rest, things=None, speed=None) if charged else rest)
    return divided
