"""The end of a request is told once, whatever ends it: by a node, or for one of an earlier version by a trigger."""

from __future__ import annotations

import itertools
from uuid import UUID, uuid4

import psycopg
import pytest

from horde_server.database.migrations import migrate, read_migrations
from horde_server.database.pool import Connection, Pool
from horde_server.dispatch import store
from horde_server.dispatch.announcements import Announcements
from horde_server.dispatch.entry import NOT_DONE, STATE_COLUMNS, RequestState
from horde_server.dispatch.ids import RequestId
from horde_server.tasks.queue import TaskLimits, TaskQueue
from horde_server.webhooks.announcing import Announcer, News
from horde_server.webhooks.hook import Announcement
from horde_server.webhooks.store import MOST_KEPT

HOOK = '{"url": "https://example.org/hook"}'
STATES = ("open", "cancelled", "faulted")

pytestmark = pytest.mark.asyncio


def announcements(pool: Pool) -> Announcements:
    return Announcements(Announcer(TaskQueue(pool, TaskLimits())))


async def add_request(
    conn: Connection, *, webhook: str | None = HOOK, waiting: int = 2, processing: int = 0, expires: str = "1 hour"
) -> UUID:
    request_id = uuid4()
    await conn.execute(
        """INSERT INTO request (id, kind, account_id, jobs, waiting, processing, order_key, price_hundredths,
                                payer_covered, client_agent, expires_at, request_order, webhook)
           VALUES (%s, 'image', 0, 2, %s, %s, 0, 0, true, '', now() + %s::interval, '{}', %s::json)""",
        (request_id, waiting, processing, expires, webhook),
    )
    return request_id


async def add_forms(conn: Connection, count: int) -> tuple[UUID, list[UUID]]:
    """An interrogation that wants to be told, and its forms."""
    interrogation_id = uuid4()
    await conn.execute(
        "INSERT INTO interrogation (id, account_id, webhook, expires_at) VALUES (%s, 0, %s::json, now() + '1 hour')",
        (interrogation_id, HOOK),
    )
    forms = [await add_request(conn, waiting=1) for _ in range(count)]
    await conn.execute(
        "UPDATE request SET kind = 'interrogation', interrogation_id = %s WHERE id = ANY(%s)", (interrogation_id, forms)
    )
    return interrogation_id, forms


async def change(conn: Connection, request_id: UUID, assignments: str) -> RequestState:
    cursor = await conn.execute(
        f"UPDATE request SET {assignments} WHERE id = %s RETURNING {STATE_COLUMNS.format('')}".encode(), (request_id,)
    )
    row = await cursor.fetchone()
    assert row is not None
    return RequestState(*row)


async def told(conn: Connection) -> list[tuple[str, str]]:
    """What is to be told, each with a task that does: events and requests."""
    cursor = await conn.execute(
        """SELECT body ->> 'event', body ->> 'request'
           FROM webhook_delivery JOIN procrastinate_jobs ON args ->> 'id' = webhook_delivery.id::text
           WHERE task_name = 'webhooks.deliver' ORDER BY procrastinate_jobs.id"""
    )
    return await cursor.fetchall()


class TestANode:
    async def test_tells_an_end_once(self, pool: Pool) -> None:
        telling = announcements(pool)
        async with pool.connection() as conn:
            request_id = await add_request(conn)
            for _ in range(2):
                async with conn.transaction():
                    await telling.changed(conn, [await change(conn, request_id, "state = 'cancelled', waiting = 0")])
            assert await told(conn) == [("request.cancelled", str(request_id))]

    async def test_tells_nothing_of_what_goes_on_and_of_who_did_not_ask(self, pool: Pool) -> None:
        async with pool.connection() as conn, conn.transaction():
            unfinished = await change(conn, await add_request(conn), "waiting = 1, processing = 1")
            unasked = await change(conn, await add_request(conn, webhook=None), "waiting = 0")
            await announcements(pool).changed(conn, [unfinished, unasked])
            assert await told(conn) == []

    async def test_tells_nothing_when_its_transaction_is_rolled_back(self, pool: Pool) -> None:
        telling = announcements(pool)
        async with pool.connection() as conn:
            request_id = await add_request(conn)
            async with conn.transaction(force_rollback=True):
                await telling.changed(conn, [await change(conn, request_id, "waiting = 0")])
            assert await told(conn) == []
            async with conn.transaction():
                await telling.changed(conn, [await change(conn, request_id, "waiting = 0")])
            assert await told(conn) == [("request.finished", str(request_id))]

    async def test_tells_of_an_interrogation_with_its_last_form(self, pool: Pool) -> None:
        telling = announcements(pool)
        async with pool.connection() as conn:
            interrogation_id, (first, second) = await add_forms(conn, 2)
            async with conn.transaction():
                await telling.changed(conn, [await change(conn, first, "waiting = 0, finished = 1")])
                assert await told(conn) == []
                await telling.changed(conn, [await change(conn, second, "waiting = 0, state = 'faulted'")])
            assert await told(conn) == [("request.finished", str(interrogation_id))]

    async def test_keeps_what_an_account_may_have_and_drops_the_rest(self, pool: Pool) -> None:
        news = [News(0, HOOK, Announcement({"event": "e", "request": str(place)})) for place in range(MOST_KEPT)]
        other = News(1, HOOK, Announcement({"event": "e", "request": "other"}))
        announcer = Announcer(TaskQueue(pool, TaskLimits()))
        async with pool.connection() as conn, conn.transaction():
            await conn.execute("INSERT INTO account (id, username, api_key_hash) VALUES (1, 'ada', '1')")
            await announcer.announce(conn, news[:1])
            await announcer.announce(conn, [*news, other])
            kept = [request for _, request in await told(conn)]
        assert kept == ["0", *map(str, range(MOST_KEPT - 1)), "other"]


class TestANodeOfTheEarlierVersion:
    """Its sessions do not say that they tell ends, so the triggers do; the column tells ours."""

    async def test_has_its_ends_told_by_the_trigger_and_by_nobody_again(self, pool: Pool, database_dsn: str) -> None:
        async with await psycopg.AsyncConnection.connect(database_dsn, autocommit=True) as old:
            request_id = await add_request(old, waiting=1, processing=1)
            await change(old, request_id, "state = 'faulted', waiting = 0")
            assert await told(old) == [("request.faulted", str(request_id))]
        async with pool.connection() as conn, conn.transaction():
            # a job of it comes back to a node of ours
            await announcements(pool).changed(conn, [await change(conn, request_id, "processing = 0, finished = 1")])
            assert await told(conn) == [("request.faulted", str(request_id))]

    async def test_does_not_tell_again_what_a_node_of_ours_told(self, pool: Pool, database_dsn: str) -> None:
        async with pool.connection() as conn, conn.transaction():
            request_id = await add_request(conn)
            await announcements(pool).changed(conn, [await change(conn, request_id, "waiting = 0")])
            interrogation_id, forms = await add_forms(conn, 1)
            await announcements(pool).changed(conn, [await change(conn, forms[0], "waiting = 0")])
        expected = [("request.finished", str(request_id)), ("request.finished", str(interrogation_id))]
        async with await psycopg.AsyncConnection.connect(database_dsn, autocommit=True) as old:
            assert await told(old) == expected
            await change(old, request_id, "version = version + 1")
            await old.execute("DELETE FROM request WHERE id = %s", (request_id,))
            await old.execute("DELETE FROM interrogation WHERE id = %s", (interrogation_id,))
            assert await told(old) == expected

    async def test_has_expired_requests_told_by_the_trigger(self, database_dsn: str) -> None:
        async with await psycopg.AsyncConnection.connect(database_dsn, autocommit=True) as old:
            request_id = await add_request(old)
            interrogation_id, _ = await add_forms(old, 1)
            await old.execute("DELETE FROM request WHERE id = %s", (request_id,))
            await old.execute("DELETE FROM interrogation WHERE id = %s", (interrogation_id,))
            assert await told(old) == [
                ("request.expired", str(request_id)),
                ("request.expired", str(interrogation_id)),
            ]


async def test_only_expired_requests_that_were_not_done_have_an_end_to_be_told(pool: Pool) -> None:
    async with pool.connection() as conn, conn.transaction():
        await conn.execute("UPDATE horde_beat SET beat_at = now()")
        waiting = await add_request(conn, expires="-1 second")
        await add_request(conn, expires="-1 second", webhook=None)
        await add_request(conn, expires="-1 second", waiting=0)
        expired = await store.delete_expired(conn)
        assert len(expired) == 3
        assert [each.ended.state.id for each in expired if each.ended] == [waiting]
        await announcements(pool).expired(conn, [each.ended for each in expired if each.ended])
        assert await told(conn) == [("request.expired", str(waiting))]


async def test_ends_of_before_the_update_are_not_told_again(database_dsn: str) -> None:
    async with await psycopg.AsyncConnection.connect(database_dsn, autocommit=True) as conn:
        await conn.execute("DROP SCHEMA public CASCADE")
        await conn.execute("CREATE SCHEMA public")
        steps = read_migrations()
        await migrate(conn, [step for step in steps if step.version < 16])
        done, waiting, unasked = [
            await add_request(conn, waiting=0),
            await add_request(conn),
            await add_request(conn, waiting=0, webhook=None),
        ]
        await migrate(conn, steps)
        cursor = await conn.execute("SELECT id, end_told FROM request")
        assert dict(await cursor.fetchall()) == {done: True, waiting: False, unasked: False}
        assert await told(conn) == []


async def test_sql_and_python_agree_on_what_is_done(pool: Pool) -> None:
    async with pool.connection() as conn:
        for state, waiting, processing in itertools.product(STATES, (0, 1), (0, 1)):
            row = RequestState(RequestId(uuid4()), state, 2, waiting, processing, 0, 0, 0, 0.0, 0)
            cursor = await conn.execute(
                f"SELECT {NOT_DONE.format('')} FROM (SELECT %s AS state, %s AS waiting, %s AS processing) AS request",
                (state, waiting, processing),
            )
            assert await cursor.fetchone() == (not row.is_done,), row
