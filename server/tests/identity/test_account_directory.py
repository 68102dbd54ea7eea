"""Who calls is answered from memory, and never for longer than it is true."""

from __future__ import annotations

import asyncio

from horde_server.accounts.creation import adjust_kudos, create_account
from horde_server.database.pool import Pool
from horde_server.identity.directory import FRESH_S, AccountDirectory
from horde_server.identity.keys import ANONYMOUS_KEY, key_hash
from horde_server.identity.secret_store import load_secret


class Clock:
    """Time that moves when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def directory(pool: Pool, clock: Clock) -> AccountDirectory:
    async with pool.connection() as conn:
        return AccountDirectory(pool, await load_secret(conn, "api_key_salt"), clock)


async def rename(pool: Pool, account_id: int, name: str) -> None:
    async with pool.connection() as conn:
        await conn.execute("UPDATE account SET username = %s WHERE id = %s", (name, account_id))


async def test_a_key_finds_its_account_and_is_stored_only_as_a_salted_hash(pool: Pool) -> None:
    """accounts.md §1.2: 22 characters, shown once, stored as SHA-256 of (server secret + key)."""
    accounts = await directory(pool, Clock())
    async with pool.connection() as conn:
        made = await create_account(conn, "ada")
        assert len(made.api_key) == 22
        cursor = await conn.execute("SELECT api_key_hash FROM account WHERE id = %s", (made.id,))
        salt = await load_secret(conn, "api_key_salt")
        assert await cursor.fetchone() == (key_hash(salt, made.api_key),)
    holder = await accounts.by_key(made.api_key)
    assert holder is not None
    found = holder.account
    assert (found.id, found.alias, found.concurrency) == (made.id, f"ada#{made.id}", 30)


async def test_the_anonymous_key_is_account_0_with_its_floor(pool: Pool) -> None:
    holder = await (await directory(pool, Clock())).by_key(ANONYMOUS_KEY)
    assert holder is not None
    found = holder.account
    assert (found.id, found.alias, found.concurrency, found.floor_hundredths) == (0, "Anonymous#0", 500, -5_000)


async def test_the_secret_is_the_same_for_every_process(pool: Pool) -> None:
    async def load() -> bytes:
        async with pool.connection() as conn:
            return await load_secret(conn, "api_key_salt")

    assert len(set(await asyncio.gather(*(load() for _ in range(4))))) == 1


async def test_unknown_keys_and_ids_name_nobody(pool: Pool) -> None:
    accounts = await directory(pool, Clock())
    for key in ("", "x", "0" * 22, "é" * 22, "k" * 100_000, "\0"):
        assert await accounts.by_key(key) is None
    assert await accounts.by_id(2**31 - 1) is None


async def test_a_change_is_seen_after_a_while_or_at_once_when_told(pool: Pool) -> None:
    clock = Clock()
    accounts = await directory(pool, clock)
    async with pool.connection() as conn:
        made = await create_account(conn, "ada")

    async def names() -> list[str]:
        holder = await accounts.by_key(made.api_key)
        return [a.username for a in (holder and holder.account, await accounts.by_id(made.id)) if a]

    assert await names() == ["ada", "ada"]
    await rename(pool, made.id, "eve")
    assert await names() == ["ada", "ada"]
    clock.now += FRESH_S
    assert await names() == ["eve", "eve"]
    await rename(pool, made.id, "mia")
    accounts.invalidate(made.id)
    assert await names() == ["mia", "mia"]


async def test_what_was_read_before_a_change_is_not_remembered_after_it(pool: Pool) -> None:
    accounts = await directory(pool, Clock())
    async with pool.connection() as conn:
        made = await create_account(conn, "ada")
    asking = asyncio.create_task(accounts.by_id(made.id))
    await asyncio.sleep(0)  # the question is under way
    await rename(pool, made.id, "eve")
    accounts.invalidate(made.id)
    await asking
    found = await accounts.by_id(made.id)
    assert found is not None
    assert found.username == "eve"


async def test_many_callers_with_one_key_ask_the_database_once(pool: Pool) -> None:
    accounts = await directory(pool, Clock())
    async with pool.connection() as conn:
        made = await create_account(conn, "ada")
    found = await asyncio.gather(*(accounts.by_key(made.api_key) for _ in range(50)))
    assert {id(account) for account in found} == {id(found[0])}


async def test_a_caller_who_hangs_up_does_not_take_the_others_along(pool: Pool) -> None:
    accounts = await directory(pool, Clock())
    async with pool.connection() as conn:
        made = await create_account(conn, "ada")
    first = asyncio.create_task(accounts.by_key(made.api_key))
    others = [asyncio.create_task(accounts.by_key(made.api_key)) for _ in range(3)]
    await asyncio.sleep(0)
    first.cancel()
    assert {holder.account.id for holder in await asyncio.gather(*others) if holder} == {made.id}


async def test_kudos_that_were_announced_count_before_they_are_folded(pool: Pool) -> None:
    """Also when the fold renews balances meanwhile, without them; for ten seconds, in which it gets to them."""
    clock = Clock()
    accounts = await directory(pool, clock)
    async with pool.connection() as conn:
        made = await create_account(conn, "ada")

        async def balance() -> int:
            holder = await accounts.by_key(made.api_key)
            assert holder is not None
            return holder.account.balance_hundredths

        assert await balance() == 0
        await adjust_kudos(conn, made.id, 7_000)
        assert await balance() == 0
        accounts.invalidate(made.id)  # as an announcement does
        assert await balance() == 7_000
        await accounts.renew([made.id])
        assert await balance() == 7_000
        clock.now += FRESH_S + 1
        await accounts.renew([made.id])
        assert await balance() == 0, "of others, and after that time, the inbox is not read"
