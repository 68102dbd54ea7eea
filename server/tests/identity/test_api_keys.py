"""Keys in a table of their own: several an account, and old nodes that know one place only."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio

from horde_server.accounts.creation import create_account
from horde_server.command_line.admin import KeyScope
from horde_server.database.migrations import migrate, read_migrations
from horde_server.database.pool import Connection, Pool
from horde_server.identity import key_store
from horde_server.identity.directory import FRESH_S, AccountDirectory
from horde_server.identity.keys import KeyGrant, Scope, key_hash, new_api_key
from horde_server.identity.secret_store import load_secret
from horde_server.keys.store import rotate

BEFORE_KEYS = 12


async def salt_of(pool: Pool) -> bytes:
    async with pool.connection() as conn:
        return await load_secret(conn, "api_key_salt")


async def directory(pool: Pool) -> AccountDirectory:
    """One that remembers nothing yet."""
    return AccountDirectory(pool, await salt_of(pool), lambda: 0.0)


async def holder_of(pool: Pool, key: str) -> tuple[str, KeyGrant] | None:
    """The user name and the grant of a key."""
    holder = await (await directory(pool)).by_key(key)
    return (holder.account.username, holder.key) if holder else None


async def add(pool: Pool, account_id: int, name: str, *scopes: Scope) -> str:
    key = new_api_key()
    hashed = key_hash(await salt_of(pool), key)
    async with pool.connection() as conn:
        await key_store.add_key(conn, account_id, hashed, name=name, scopes=scopes)
    return key


async def sql(pool: Pool, query: str, *values: object) -> list[tuple[object, ...]]:
    async with pool.connection() as conn:
        cursor = await conn.execute(query.encode(), values)
        return await cursor.fetchall() if cursor.description else []


async def test_an_account_is_made_with_a_key_for_everything(pool: Pool) -> None:
    async with pool.connection() as conn:
        made = await create_account(conn, "ada")
    found = await holder_of(pool, made.api_key)
    assert found is not None
    assert (found[0], found[1].name, set(found[1].scopes)) == ("ada", "main", {Scope.FULL})
    assert await sql(pool, "SELECT hash FROM api_key") == [(key_hash(await salt_of(pool), made.api_key),)]


async def test_an_account_has_as_many_keys_as_it_likes(pool: Pool) -> None:
    async with pool.connection() as conn:
        ada, eve = await create_account(conn, "ada"), await create_account(conn, "eve")
    bot = await add(pool, ada.id, "bot", Scope.ASK, Scope.READ)
    rig = await add(pool, ada.id, "rig", Scope.WORK)
    found = {key: await holder_of(pool, key) for key in (ada.api_key, bot, rig, eve.api_key)}
    assert {key: holder and (holder[0], holder[1].name, set(holder[1].scopes)) for key, holder in found.items()} == {
        ada.api_key: ("ada", "main", {Scope.FULL}),
        bot: ("ada", "bot", {Scope.ASK, Scope.READ}),
        rig: ("ada", "rig", {Scope.WORK}),
        eve.api_key: ("eve", "main", {Scope.FULL}),
    }
    assert len({holder[1].id for holder in found.values() if holder}) == 4


@pytest.mark.parametrize(
    "change", ["revoked_at = now()", "expires_at = now()", "expires_at = now() - interval '1 day'"]
)
async def test_a_key_that_ended_is_nobodys(pool: Pool, change: str) -> None:
    async with pool.connection() as conn:
        made = await create_account(conn, "ada")
    bot = await add(pool, made.id, "bot", Scope.FULL)
    assert await holder_of(pool, bot) is not None
    await sql(pool, f"UPDATE api_key SET {change} WHERE name = 'bot'")
    assert await holder_of(pool, bot) is None
    assert await holder_of(pool, made.api_key) is not None


async def test_a_key_that_will_end_is_good_until_then(pool: Pool) -> None:
    async with pool.connection() as conn:
        made = await create_account(conn, "ada")
    await sql(pool, "UPDATE api_key SET expires_at = now() + interval '1 hour'")
    assert await holder_of(pool, made.api_key) is not None


@pytest.mark.parametrize("scopes", ["{}", "{root}", "{full,root}"])
async def test_a_key_is_for_something_that_there_is(pool: Pool, scopes: str) -> None:
    async with pool.connection() as conn:
        await create_account(conn, "ada")
    with pytest.raises(psycopg.errors.CheckViolation):
        await sql(pool, "UPDATE api_key SET scopes = %s::text[]", scopes)


async def test_who_is_given_a_fresh_key_has_no_other_left(pool: Pool) -> None:
    async with pool.connection() as conn:
        first = await create_account(conn, "ada", external_id="1")
    bot = await add(pool, first.id, "bot", Scope.ASK)
    async with pool.connection() as conn:
        second = await create_account(conn, "ada", external_id="1")
    assert second.id == first.id
    assert [await holder_of(pool, key) is not None for key in (first.api_key, bot, second.api_key)] == [
        False,
        False,
        True,
    ]


async def test_a_change_of_the_account_is_seen_by_all_its_keys(pool: Pool) -> None:
    async with pool.connection() as conn:
        made = await create_account(conn, "ada")
    bot = await add(pool, made.id, "bot", Scope.ASK)
    accounts = await directory(pool)

    async def seen() -> list[tuple[str, set[Scope]]]:
        holders = [await accounts.by_key(key) for key in (made.api_key, bot)]
        return [(holder.account.username, set(holder.key.scopes)) for holder in holders if holder]

    await seen()
    await sql(pool, "UPDATE account SET username = 'eve' WHERE id = %s", made.id)
    await accounts.renew([made.id])  # as the fold does, for balances
    assert await seen() == [("eve", {Scope.FULL}), ("eve", {Scope.ASK})]
    await sql(pool, "UPDATE account SET username = 'mia' WHERE id = %s", made.id)
    accounts.invalidate(made.id)
    assert await seen() == [("mia", {Scope.FULL}), ("mia", {Scope.ASK})]


async def test_a_key_that_ended_is_not_kept_alive_by_a_busy_account(pool: Pool) -> None:
    """Balances are read anew with every fold, keys are not."""
    now = [0.0]
    accounts = AccountDirectory(pool, await salt_of(pool), lambda: now[0])
    async with pool.connection() as conn:
        made = await create_account(conn, "ada")
    assert await accounts.by_key(made.api_key) is not None
    await sql(pool, "UPDATE api_key SET expires_at = now()")
    for second in range(1, int(FRESH_S) + 1):
        now[0] = second
        await accounts.renew([made.id])
    assert await accounts.by_key(made.api_key) is None
    assert await accounts.by_id(made.id) is not None


def test_the_command_line_knows_every_scope() -> None:
    assert {scope.name: scope.value for scope in KeyScope} == {scope.name: scope.value for scope in Scope}


class TestBesideNodesOfTheReleaseBefore:
    """They read and write account.api_key_hash only."""

    async def test_they_find_the_keys_that_are_made_here(self, pool: Pool) -> None:
        async with pool.connection() as conn:
            made = await create_account(conn, "ada")
        found = await sql(
            pool, "SELECT username FROM account WHERE api_key_hash = %s", key_hash(await salt_of(pool), made.api_key)
        )
        assert found == [("ada",)]

    async def test_the_accounts_that_they_make_are_found_here(self, pool: Pool) -> None:
        key = new_api_key()
        hashed = key_hash(await salt_of(pool), key)
        await sql(pool, "INSERT INTO account (username, api_key_hash) VALUES ('ada', %s)", hashed)
        found = await holder_of(pool, key)
        assert found is not None
        assert (found[0], set(found[1].scopes)) == ("ada", {Scope.FULL})

    async def test_a_key_that_they_renew_ends_here_and_the_new_one_begins(self, pool: Pool) -> None:
        async with pool.connection() as conn:
            made = await create_account(conn, "ada")
        fresh = new_api_key()
        await sql(
            pool, "UPDATE account SET api_key_hash = %s WHERE id = %s", key_hash(await salt_of(pool), fresh), made.id
        )
        assert await holder_of(pool, made.api_key) is None
        assert await holder_of(pool, fresh) is not None

    async def test_a_key_that_is_hidden_from_them_stays_good_here(self, pool: Pool) -> None:
        """It was limited (migration 0018): they would not know of that."""
        async with pool.connection() as conn:
            made = await create_account(conn, "ada")
            await conn.execute("UPDATE api_key SET networks = '{127.0.0.1}'")
            [(key_id,)] = await (await conn.execute("SELECT id FROM api_key")).fetchall()
            await key_store.hide_from_old_nodes(conn, key_id)
        assert await sql(pool, "SELECT api_key_hash FROM account WHERE id = %s", made.id) == [(None,)]
        assert await holder_of(pool, made.api_key) is not None

    async def test_a_key_that_they_renew_after_it_was_rotated_here_ends(self, pool: Pool) -> None:
        """And the key before it too, whose overlap still runs."""
        async with pool.connection() as conn:
            made = await create_account(conn, "ada")
            [(key_id,)] = await (await conn.execute("SELECT id FROM api_key")).fetchall()
            rotated, fresh = new_api_key(), new_api_key()
            await rotate(conn, key_id, key_hash(await load_secret(conn, "api_key_salt"), rotated), overlap_hours=5)
        assert [await holder_of(pool, key) is not None for key in (made.api_key, rotated)] == [True, True]
        await sql(
            pool, "UPDATE account SET api_key_hash = %s WHERE id = %s", key_hash(await salt_of(pool), fresh), made.id
        )
        found = [await holder_of(pool, key) is not None for key in (made.api_key, rotated, fresh)]
        assert found == [False, False, True]

    async def test_shared_keys_stay_when_an_account_is_given_a_fresh_key(self, pool: Pool) -> None:
        async with pool.connection() as conn:
            made = await create_account(conn, "ada", external_id="1")
            await conn.execute(
                """INSERT INTO api_key (account_id, hash, name, scopes, shared_id)
                   VALUES (%s, '\\x07', 'shared', '{ask}', gen_random_uuid())""",
                (made.id,),
            )
            await create_account(conn, "ada", external_id="1")
            assert len(await key_store.shared_ids_of(conn, made.id)) == 1
            await key_store.revoke_all(conn, made.id)
            assert await key_store.shared_ids_of(conn, made.id) == []

    async def test_other_changes_of_an_account_leave_its_keys(self, pool: Pool) -> None:
        async with pool.connection() as conn:
            made = await create_account(conn, "ada")
        await sql(pool, "UPDATE account SET username = 'eve', api_key_hash = api_key_hash")
        assert await holder_of(pool, made.api_key) is not None
        assert await sql(pool, "SELECT count(*) FROM api_key") == [(1,)]


@pytest_asyncio.fixture
async def old_database(database_dsn: str) -> AsyncIterator[Connection]:
    """A database as the release before left it."""
    async with await psycopg.AsyncConnection.connect(database_dsn, autocommit=True) as opened:
        await opened.execute("DROP SCHEMA public CASCADE")
        await opened.execute("CREATE SCHEMA public")
        await migrate(opened, [each for each in read_migrations() if each.version <= BEFORE_KEYS])
        yield opened


async def test_keys_that_there_were_stay_good(old_database: Connection) -> None:
    await old_database.execute(
        """INSERT INTO account (username, api_key_hash, created_at) VALUES ('ada', 'a', '2026-01-02'),
               ('eve', 'b', '2026-01-03'), ('nobody', NULL, '2026-01-04')"""
    )
    await migrate(old_database)
    cursor = await old_database.execute(
        """SELECT username, hash, name, scopes, api_key.created_at = account.created_at, expires_at, revoked_at
           FROM api_key JOIN account ON account.id = account_id ORDER BY hash"""
    )
    assert await cursor.fetchall() == [
        ("ada", b"a", "main", ["full"], True, None, None),
        ("eve", b"b", "main", ["full"], True, None, None),
    ]
