"""Every random history balances: snapshot + inbox = history, nothing applied twice (kudos.md §8.1)."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from ledger_checks import add_account, add_worker, balances, check_books, fold_all

from horde_server.accounts.creation import adjust_kudos
from horde_server.database.pool import Connection, Pool, open_pool
from horde_server.identity.floors import floor_hundredths
from horde_server.kudos.fold import fold
from horde_server.kudos.ledger import (
    BURNT,
    MINTED,
    EntryKind,
    Movement,
    escrow,
    request_tax,
    settlement,
    spendable,
)
from horde_server.kudos.ledger_store import balance_hundredths, post
from horde_server.kudos.proof import prove
from horde_server.kudos.transfers import KudosRefusal, transfer

KINDS = ("registered", "pseudonymous", "registered")


@dataclass(frozen=True)
class Step:
    """One thing that happens to the horde's books."""

    what: str
    who: int
    owner: int
    amount: int
    trusted: bool


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(
            ["request", "settle", "censored", "uptime", "adjust", "transfer", "award", "fold", "two folds", "trust"]
        ),
        st.integers(0, 3),
        st.integers(1, 3),
        st.integers(-20_000, 20_000),
        st.booleans(),
    ),
    min_size=1,
    max_size=40,
)


async def take(step: Step, conn: Connection, pool: Pool, workers: dict[int, object]) -> None:
    amount = abs(step.amount)
    match step.what:
        case "request":
            await post(conn, [request_tax(step.who, uuid4(), 300, "image")])
        case "settle" | "censored":
            await post(
                conn,
                settlement(
                    request_id=uuid4(),
                    job_id=uuid4(),
                    requester_id=step.who,
                    owner_id=step.owner,
                    owner_trusted=step.trusted,
                    worker_id=workers[step.owner],  # type: ignore[arg-type]
                    paid_hundredths=amount,
                    debit_hundredths=100 if step.what == "censored" else amount * 4 // 3 + 100,
                    domain="image",
                    things=1e6,
                    speed=1e6,
                ),
            )
        case "uptime":
            payee = spendable(step.owner) if step.trusted else escrow(step.owner)
            await post(conn, [Movement(uuid4(), EntryKind.UPTIME_REWARD, MINTED, payee, amount)])
        case "adjust":
            await adjust_kudos(conn, step.who, step.amount)
        case "transfer":
            with contextlib.suppress(KudosRefusal):
                await transfer(pool, step.who, str(step.owner), amount // 100)
        case "award":
            kudos = step.amount // 100
            payer, payee = (MINTED, spendable(step.owner)) if kudos > 0 else (spendable(step.owner), BURNT)
            await post(conn, [Movement(uuid4(), EntryKind.AWARD, payer, payee, abs(kudos) * 100)])
        case "fold":
            await fold(pool, trust_threshold=50, batch=3)
        case "two folds":
            await asyncio.gather(fold(pool, trust_threshold=50, batch=4), fold(pool, trust_threshold=50, batch=4))
        case "trust":
            await conn.execute("UPDATE account SET created_at = now() - interval '8 days' WHERE id = %s", (step.owner,))


async def live(dsn: str, history: list[Step]) -> None:
    pool = await open_pool(dsn, size=3)
    try:
        async with pool.connection() as conn:
            await conn.execute(
                "TRUNCATE ledger_inbox, ledger_entry, ledger_day, ledger_balance, kudos_bucket, kudos_transfer,"
                " account_record, worker;"
                "DELETE FROM account WHERE id > 0;"
                "ALTER TABLE account ALTER COLUMN id RESTART"
            )
            ids = [await add_account(conn, kind=kind) for kind in KINDS]
            assert ids == [1, 2, 3]
            workers: dict[int, object] = {account_id: await add_worker(conn, account_id) for account_id in ids}
            for step in history:
                await take(step, conn, pool, workers)
                await check_books(conn)
            await fold_all(pool, trust_threshold=50)
            await check_books(conn)
            assert [found.wrong async for found in prove(conn) if found.wrong is not None] == []
            known = await balances(conn)
            for account_id, kind in enumerate(("anonymous", *KINDS)):
                if spendable(account_id) in known:
                    assert known[spendable(account_id)] >= floor_hundredths(kind)
                    assert known[spendable(account_id)] == await balance_hundredths(conn, account_id)
                assert known.get(escrow(account_id), 0) >= 0
    finally:
        await pool.close()


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(history=steps)
def test_every_random_history_sums_to_zero_and_is_its_own_snapshot(database_dsn: str, history: list[Step]) -> None:
    asyncio.run(live(database_dsn, history))


@pytest.mark.parametrize(("debit", "paid"), [(1_200, 1_100), (100, 1_100), (0, 1), (1_440, 0), (7, 7)])
@pytest.mark.parametrize("requester_id", [0, 1, 2])
@pytest.mark.parametrize("trusted", [True, False])
def test_a_settlement_charges_the_debit_and_credits_the_pay_exactly(
    debit: int, paid: int, requester_id: int, trusted: bool
) -> None:
    """§1.2: requester −D, owner +G·bridge; §5.2: of an untrusted owner half is escrowed; §9.2."""
    movements = settlement(
        request_id=uuid4(), job_id=uuid4(), requester_id=requester_id, owner_id=2, owner_trusted=trusted,
        worker_id=uuid4(), paid_hundredths=paid, debit_hundredths=debit, domain="image", things=1.0, speed=1.0,
    )  # fmt: skip
    changes: dict[int, int] = {}
    for movement in movements:
        assert movement.payer != movement.payee
        changes[movement.payer] = changes.get(movement.payer, 0) - movement.amount_hundredths
        changes[movement.payee] = changes.get(movement.payee, 0) + movement.amount_hundredths
    assert sum(changes.values()) == 0
    held_back = 0 if trusted else round(paid / 2)
    expected = {spendable(2): paid - held_back, escrow(2): held_back}
    expected[spendable(requester_id)] = expected.get(spendable(requester_id), 0) - debit
    assert {account: changes.get(account, 0) for account in expected} == expected
    assert [movement.things for movement in movements].count(1.0) == 1, "a job counts once"
