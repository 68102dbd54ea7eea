"""Spending is decided under a per-payer lock (kudos.md §6, §8.3)."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest
from ledger_checks import add_account, balances, fold_all

from horde_server.accounts.creation import adjust_kudos
from horde_server.database.pool import Connection, Pool
from horde_server.kudos.ledger import EntryKind, Movement, request_tax, spendable
from horde_server.kudos.ledger_store import post, spendable_hundredths
from horde_server.kudos.spending import KudosUpfront, reserve

pytestmark = pytest.mark.asyncio


async def hold(conn: Connection, account_id: int, amount_hundredths: int) -> UUID:
    request_id = uuid4()
    async with conn.transaction():
        await reserve(conn, account_id, amount_hundredths)
        await conn.execute(
            """INSERT INTO request (id, kind, account_id, jobs, waiting, order_key, price_hundredths, held_hundredths,
                                    payer_covered, expires_at, request_order)
               VALUES (%s, 'image', %s, 1, 1, 0, 0, %s, true, now() + interval '1 hour', '{}')""",
            (request_id, account_id, amount_hundredths),
        )
    return request_id


async def test_of_two_parallel_reservations_of_80_from_100_one_wins(pool: Pool) -> None:
    async with pool.connection() as conn:
        ada = await add_account(conn)
        await adjust_kudos(conn, ada, 12_500)  # the floor, 25, cannot be held
        await fold_all(pool)

    async def try_hold() -> bool:
        async with pool.connection() as own:
            try:
                await hold(own, ada, 8_000)
            except KudosUpfront:
                return False
            return True

    assert sorted(await asyncio.gather(*(try_hold() for _ in range(3)))) == [False, False, True]


async def test_spendable_is_balance_less_floor_and_holds(pool: Pool) -> None:
    async with pool.connection() as conn:
        ada = await add_account(conn, kind="pseudonymous")
        await adjust_kudos(conn, ada, 5_000)
        await fold_all(pool)
        assert await spendable_hundredths(conn, ada) == 3_600, "§6.2: pseudonymous with 50 can send 36"
        await post(conn, [request_tax(ada, uuid4(), 300, "image")])
        await hold(conn, ada, 1_000)
        assert await spendable_hundredths(conn, ada) == 3_600 - 300 - 1_000
        await fold_all(pool)
        assert await spendable_hundredths(conn, ada) == 3_600 - 300 - 1_000


async def test_what_arrived_may_be_spent_before_it_is_folded(pool: Pool) -> None:
    """§6.2: and neither more nor less of it afterwards."""
    async with pool.connection() as conn:
        ada, bob = await add_account(conn), await add_account(conn)
        await adjust_kudos(conn, ada, 10_000)
        assert await spendable_hundredths(conn, ada) == 7_500
        await post(conn, [Movement(uuid4(), EntryKind.TRANSFER, spendable(ada), spendable(bob), 7_500)])
        assert (await spendable_hundredths(conn, ada), await spendable_hundredths(conn, bob)) == (0, 5_000)
        await fold_all(pool)
        assert (await spendable_hundredths(conn, ada), await spendable_hundredths(conn, bob)) == (0, 5_000)
        assert (await balances(conn))[spendable(bob)] == 7_500


async def test_what_arrives_below_the_floor_may_not_be_spent(pool: Pool) -> None:
    """The floor is not spent, whether the fold has raised a newcomer to it or not."""
    async with pool.connection() as conn:
        ada = await add_account(conn)
        await adjust_kudos(conn, ada, 2_000)
        assert await spendable_hundredths(conn, ada) == -500
        await fold_all(pool)
        assert await spendable_hundredths(conn, ada) == 0


async def test_anonymous_can_spend_down_to_minus_50(pool: Pool) -> None:
    """requests.md §7.3: `balance − floor − …`."""
    async with pool.connection() as conn:
        assert await spendable_hundredths(conn, 0) == 5_000
        await hold(conn, 0, 5_000)
        with pytest.raises(KudosUpfront) as refusal:
            await hold(conn, 0, 8_000)
        assert (refusal.value.status, refusal.value.extra["required_kudos"]) == (403, 80)


async def test_a_hold_vanishes_with_its_request(pool: Pool) -> None:
    async with pool.connection() as conn:
        request_id = await hold(conn, 0, 4_000)
        await conn.execute("DELETE FROM request WHERE id = %s", (request_id,))
        assert await spendable_hundredths(conn, 0) == 5_000
        assert spendable(0) not in await balances(conn)
