"""The fold: every movement applied exactly once, floors and promotions as movements (kudos.md §5.4, §6.1, §8.4)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from ledger_checks import add_account, add_worker, balances, check_books, fold_all

from horde_server.accounts.creation import adjust_kudos
from horde_server.database.pool import Connection, Pool
from horde_server.insight.store import work_of_past_minute
from horde_server.kudos.fold import fold, promote_due
from horde_server.kudos.ledger import (
    ADMIN,
    BURNT,
    FLOOR,
    MINTED,
    EntryKind,
    Movement,
    escrow,
    request_tax,
    settlement,
    spendable,
)
from horde_server.kudos.ledger_store import post

pytestmark = pytest.mark.asyncio


async def test_an_account_that_pays_and_earns_in_one_batch_is_folded_once_with_both(pool: Pool) -> None:
    async with pool.connection() as conn:
        ada, ben = await add_account(conn), await add_account(conn, "ben")
        await adjust_kudos(conn, ada, 10_000)
        await adjust_kudos(conn, ben, 10_000)
        for payer, payee in ((ada, ben), (ben, ada)):
            await post(conn, [request_tax(payer, uuid4(), 300, "image")])
            await post(conn, [Movement(uuid4(), EntryKind.GENERATION, spendable(payer), spendable(payee), 1_100)])
        await fold_all(pool)
        assert (await balances(conn))[spendable(ada)] == 10_000 - 300
        cursor = await conn.execute(
            "SELECT bucket, amount_hundredths FROM kudos_bucket WHERE account_id = %s ORDER BY bucket", (ada,)
        )
        assert await cursor.fetchall() == [("accumulated", -300), ("admin", 10_000)]
        await check_books(conn)


async def test_a_new_account_is_raised_to_its_floor_at_its_first_change_by_an_entry_of_its_own(pool: Pool) -> None:
    async with pool.connection() as conn:
        ada = await add_account(conn)
        pseudo = await add_account(conn, "p", kind="pseudonymous")
        for account_id in (0, ada, pseudo):
            await post(conn, [request_tax(account_id, uuid4(), 300, "image")])
        await fold_all(pool)
        known = await balances(conn)
        assert (known[spendable(0)], known[spendable(ada)], known[spendable(pseudo)]) == (-300, 2_500, 1_400)
        assert known[FLOOR] == -(2_800 + 1_700)
        assert known[BURNT] == 900
        await check_books(conn)


async def test_escrow_above_the_threshold_after_a_week_makes_trusted_and_moves_to_the_balance(pool: Pool) -> None:
    async with pool.connection() as conn:
        old, young = await add_account(conn, age_days=8), await add_account(conn, "young")
        worker_id = await add_worker(conn, old)
        await conn.execute("UPDATE worker SET paused = true")
        for account_id in (old, young):
            await post(conn, [Movement(uuid4(), EntryKind.UPTIME_REWARD, MINTED, escrow(account_id), 10_100)])
        await fold_all(pool, trust_threshold=101)
        assert (await balances(conn))[escrow(old)] == 10_100, "the threshold must be exceeded, not met"
        await post(conn, [Movement(uuid4(), EntryKind.UPTIME_REWARD, MINTED, escrow(old), 1)])
        await fold_all(pool, trust_threshold=101)
        known = await balances(conn)
        assert (known[spendable(old)], known[escrow(old)], known[escrow(young)]) == (10_101, 0, 10_100)
        cursor = await conn.execute("SELECT id FROM account WHERE trusted")
        assert await cursor.fetchall() == [(old,)]
        cursor = await conn.execute("SELECT paused FROM worker WHERE id = %s", (worker_id,))
        assert await cursor.fetchone() == (False,)
        await check_books(conn)


async def test_who_grows_old_enough_is_trusted_without_another_movement_and_released_once(pool: Pool) -> None:
    """§8.4: promotion needs no further request by the user, and cannot pay twice."""
    async with pool.connection() as conn:
        ada, young = await add_account(conn, age_days=6), await add_account(conn, "young")
        for account_id in (ada, young):
            await post(conn, [Movement(uuid4(), EntryKind.UPTIME_REWARD, MINTED, escrow(account_id), 10_100)])
        await fold_all(pool, trust_threshold=100)
        assert await promote_due(pool, trust_threshold=100) == []
        await conn.execute("UPDATE account SET created_at = now() - interval '8 days' WHERE id = %s", (ada,))
        promoted = await asyncio.gather(*(promote_due(pool, trust_threshold=100) for _ in range(3)))
        assert sorted(promoted) == [[], [], [ada]]
        await fold_all(pool, trust_threshold=100)
        known = await balances(conn)
        assert (known[spendable(ada)], known[escrow(ada)], known[escrow(young)]) == (10_100, 0, 10_100)
        await check_books(conn)


async def test_who_passed_the_threshold_before_is_trusted_at_the_next_movement_of_either_balance(pool: Pool) -> None:
    async with pool.connection() as conn:
        ada = await add_account(conn, age_days=6)
        await post(conn, [Movement(uuid4(), EntryKind.UPTIME_REWARD, MINTED, escrow(ada), 10_100)])
        await fold_all(pool, trust_threshold=100)
        await conn.execute("UPDATE account SET created_at = now() - interval '8 days' WHERE id = %s", (ada,))
        await adjust_kudos(conn, ada, 10_000)
        await fold_all(pool, trust_threshold=100)
        known = await balances(conn)
        assert (known[spendable(ada)], known[escrow(ada)]) == (20_100, 0)


async def test_the_anonymous_account_is_raised_to_a_floor_of_its_own(pool: Pool) -> None:
    async with pool.connection() as conn:
        await post(conn, [request_tax(0, uuid4(), 5_001, "image")])
        await fold_all(pool)
        known = await balances(conn)
        assert (known[spendable(0)], known[FLOOR]) == (-5_000, -1)
        await check_books(conn)


async def test_escrow_that_arrives_after_trust_was_given_is_released_too(pool: Pool) -> None:
    """§5.4: a job settled while trust was being given still pays half to escrow."""
    async with pool.connection() as conn:
        ada = await add_account(conn)
        await conn.execute("UPDATE account SET trusted = true WHERE id = %s", (ada,))
        await post(conn, [Movement(uuid4(), EntryKind.UPTIME_REWARD, MINTED, escrow(ada), 5_000)])
        await fold_all(pool)
        known = await balances(conn)
        assert (known[spendable(ada)], known[escrow(ada)]) == (5_000, 0)
        await check_books(conn)


async def test_counters_follow_the_delivered_job(pool: Pool) -> None:
    """§1.8: fulfilments +1, contributions; requests are counted once each."""
    async with pool.connection() as conn:
        ada, ben = await add_account(conn), await add_account(conn, "ben")
        await conn.execute("UPDATE account SET usage_multiplier = 2 WHERE id = %s", (ada,))
        worker_id = await add_worker(conn, ben)
        request_id = uuid4()
        await post(conn, [request_tax(ada, request_id, 300, "image")])
        for place in range(25):
            await post(conn, delivered(request_id, ada, ben, worker_id, speed=float(place)))
        await fold_all(pool, batch=7)
        cursor = await conn.execute("SELECT account_id, record, value FROM account_record ORDER BY account_id, record")
        assert await cursor.fetchall() == [
            (ada, "request", 1.0), (ada, "usage", 500.0), (ben, "contribution", 250.0), (ben, "fulfillment", 25.0)
        ]  # fmt: skip
        cursor = await conn.execute("SELECT fulfilments, contributions, kudos_generated_hundredths, speeds FROM worker")
        assert await cursor.fetchone() == (25, 250e6, 27_500, [float(place) for place in range(5, 25)])
        await check_books(conn)


def delivered(
    request_id: UUID, requester_id: int, owner_id: int, worker_id: UUID, *, speed: float = 1e6
) -> list[Movement]:
    """One delivered reference job."""
    return settlement(
        request_id=request_id, job_id=uuid4(), requester_id=requester_id, owner_id=owner_id, owner_trusted=False,
        worker_id=worker_id, paid_hundredths=1_100, debit_hundredths=1_200, domain="image", things=10e6, speed=speed,
    )  # fmt: skip


async def test_a_worker_serving_its_own_owner_still_shows_what_it_earned(pool: Pool) -> None:
    async with pool.connection() as conn:
        ada = await add_account(conn)
        worker_id = await add_worker(conn, ada)
        await adjust_kudos(conn, ada, 10_000)
        await post(conn, delivered(uuid4(), ada, ada, worker_id))
        await fold_all(pool)
        known = await balances(conn)
        assert (known[spendable(ada)], known[escrow(ada)]) == (10_000 - 1_200 + 550, 550)
        cursor = await conn.execute("SELECT kudos_generated_hundredths FROM worker")
        assert await cursor.fetchone() == (1_100,)
        await check_books(conn)


async def test_inbox_history_and_ledger_have_the_same_columns(pool: Pool) -> None:
    """In one order: the fold moves whole rows, also that of the release before, and the view shows all of them."""
    async with pool.connection() as conn:
        cursor = await conn.execute(
            """SELECT attrelid::regclass::text, array_agg(attname || ' ' || atttypid::regtype ORDER BY attnum)
               FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped
                 AND attrelid IN ('ledger_inbox'::regclass, 'ledger_entry'::regclass, 'ledger'::regclass)
               GROUP BY 1"""
        )
        columns = dict(await cursor.fetchall())
    assert "team_id uuid" in columns["ledger_inbox"]
    assert columns["ledger_inbox"] == columns["ledger_entry"] == columns["ledger"]


async def test_two_connections_folding_at_once_apply_nothing_twice(pool: Pool) -> None:
    async with pool.connection() as conn:
        ada = await add_account(conn)
        await adjust_kudos(conn, ada, 10_000)
        for _ in range(40):
            await post(conn, [Movement(uuid4(), EntryKind.ADMIN_ADJUSTMENT, ADMIN, spendable(ada), 100)])
    for _ in range(10):
        await asyncio.gather(*(fold(pool, batch=3) for _ in range(3)))
    await fold_all(pool)
    async with pool.connection() as conn:
        assert (await balances(conn))[spendable(ada)] == 14_000
        await check_books(conn)


async def test_the_fold_takes_a_worker_before_its_owner(pool: Pool) -> None:
    """As suspicions do, which are noted right after the submit whose movements are folded: else both deadlock."""
    async with pool.connection() as conn, pool.connection() as holder:
        ada, owner = await add_account(conn), await add_account(conn, "owner")
        worker = await add_worker(conn, owner)
        await post(
            conn,
            settlement(
                request_id=uuid4(), job_id=uuid4(), requester_id=ada, owner_id=owner, owner_trusted=False,
                worker_id=worker, paid_hundredths=100, debit_hundredths=200, domain="image", things=1.0, speed=1.0,
            ),
        )  # fmt: skip
        async with holder.transaction():
            await holder.execute("SELECT FROM account WHERE id = %s FOR UPDATE", (owner,))
            folding = asyncio.create_task(fold(pool))
            await _until_somebody_waits_for_a_lock(conn)
            cursor = await conn.execute("SELECT id FROM worker FOR UPDATE SKIP LOCKED")
            assert await cursor.fetchall() == [], "the fold has it, and waits for the owner"
        assert await folding is not None


async def _until_somebody_waits_for_a_lock(conn: Connection) -> None:
    async with asyncio.timeout(15):
        while True:
            cursor = await conn.execute(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if await cursor.fetchone():
                return
            await asyncio.sleep(0.01)


async def test_work_of_the_past_minute_is_counted_and_forgotten_again(pool: Pool) -> None:
    """What `status/performance` tells; a fold that comes late counts it where it belongs."""
    async with pool.connection() as conn:
        ada, ben = await add_account(conn), await add_account(conn, "ben")
        worker = await add_worker(conn, ben)

        async def deliver(domain: str, things: float, ago_s: float = 0.0) -> None:
            await post(conn, _delivery(ada, ben, worker, domain, things))
            await conn.execute(
                "UPDATE ledger_inbox SET created_at = now() - make_interval(secs => %s) WHERE created_at > now() - %s",
                (ago_s, timedelta(seconds=5)),
            )
            await fold_all(pool)

        await deliver("image", 500.0, ago_s=90.0)
        await deliver("image", 1_000.0, ago_s=40.0)
        await deliver("image", 2_000.0)
        await deliver("text", 30.0)
        assert await work_of_past_minute(conn) == {"image": 3_000.0, "text": 30.0}
        await conn.execute("UPDATE work_done SET second = second - interval '10 minutes'")
        await deliver("text", 7.0)
        assert await work_of_past_minute(conn) == {"text": 7.0}
        assert (await (await conn.execute("SELECT count(*) FROM work_done")).fetchone()) == (1,)


def _delivery(requester_id: int, owner_id: int, worker_id: UUID, domain: str, things: float) -> list[Movement]:
    """One job done."""
    return settlement(
        request_id=uuid4(),
        job_id=uuid4(),
        requester_id=requester_id,
        owner_id=owner_id,
        owner_trusted=True,
        worker_id=worker_id,
        paid_hundredths=100,
        debit_hundredths=110,
        domain=domain,
        things=things,
        speed=1.0,
    )
