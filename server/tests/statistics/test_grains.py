"""Work by period: counted by the fold where it belongs, rolled, and thinned (statistics.md §1.2, §2.3, §3)."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg
import pytest
from ledger_checks import add_account, add_worker, fold_all

from horde_server.database.pool import Connection, Pool
from horde_server.kudos.ledger import settlement
from horde_server.kudos.ledger_store import post
from horde_server.statistics.service import MOST_MODELS, Statistics
from horde_server.statistics.store import Work, forget_fine_grains, most_used_models, windows

pytestmark = pytest.mark.asyncio


async def deliver(
    conn: Connection, worker_id: UUID, owner_id: int, *, ago: str, model: str = "m", things: float = 10.0
) -> None:
    """One image that was delivered so long ago, not folded yet."""
    event = settlement(
        request_id=uuid4(), job_id=uuid4(), requester_id=0, owner_id=owner_id, owner_trusted=False,
        worker_id=worker_id, paid_hundredths=100, debit_hundredths=200, domain="image", things=things, speed=1.0,
        model=model,
    )  # fmt: skip
    await post(conn, event)
    await conn.execute(
        "UPDATE ledger_inbox SET created_at = now() - %s::interval WHERE event_id = %s", (ago, event[0].event_id)
    )


async def test_windows_roll_over_the_grains(pool: Pool) -> None:
    """Each job counts once in each window that reaches back to it, however late it is folded."""
    async with pool.connection() as conn:
        ben = await add_account(conn, "ben")
        worker = await add_worker(conn, ben)
        for ago in ("10 seconds", "30 minutes", "23 hours", "29 days", "400 days"):
            await deliver(conn, worker, ben, ago=ago, things=1.0)
        await fold_all(pool, batch=2)
        assert await windows(conn, "image") == {
            "minute": Work(1, 1.0), "hour": Work(2, 2.0), "day": Work(3, 3.0), "month": Work(4, 4.0),
            "total": Work(5, 5.0),
        }  # fmt: skip
        assert await windows(conn, "text") == dict.fromkeys(("minute", "hour", "day", "month", "total"), Work(0, 0.0))
        used = await most_used_models(conn, "image", 5)
        assert {window: counts["m"] for window, counts in used.items()} == {"day": 3, "month": 4, "total": 5}


async def test_what_no_window_reaches_is_forgotten_and_changes_no_figure(pool: Pool) -> None:
    async with pool.connection() as conn:
        ben = await add_account(conn, "ben")
        worker = await add_worker(conn, ben)
        for ago in ("30 minutes", "26 hours", "32 days", "401 days"):
            await deliver(conn, worker, ben, ago=ago)
        await fold_all(pool)
        before = await windows(conn, "image"), await most_used_models(conn, "image", 5)
        await forget_fine_grains(conn)
        assert (await windows(conn, "image"), await most_used_models(conn, "image", 5)) == before
        kept = [
            dict(await (await conn.execute(f"SELECT grain, count(*) FROM {table} GROUP BY grain".encode())).fetchall())
            for table in ("work_by_period", "work_by_model")
        ]
        assert kept[0]["minute"] == 1
        assert kept[0]["hour"] == 2
        assert kept[0]["day"] == 4
        assert kept[1]["hour"] == 1
        assert kept[1]["day"] == 3


async def test_only_the_most_used_models_are_told(pool: Pool) -> None:
    async with pool.connection() as conn:
        await conn.execute(
            "INSERT INTO work_by_model SELECT 'image', 'total', 'epoch', 'model ' || n, n"
            " FROM generate_series(1, %s) AS n",
            (MOST_MODELS + 3,),
        )
        used = await most_used_models(conn, "image", MOST_MODELS)
    assert len(used["total"]) == MOST_MODELS
    assert min(used["total"].values()) == 4


class _Rules:
    """A reference that knows one model."""

    def knows_model(self, model: str) -> bool:
        return model == "known"


async def test_an_answer_is_remembered_for_a_while(pool: Pool) -> None:
    """However many ask, the database is asked once; later it is asked again."""
    now = [1_000.0]
    statistics = Statistics(pool, {"image": _Rules()}, lambda: now[0])  # type: ignore[dict-item]
    async with pool.connection() as conn:
        assert (await statistics.models("image", "known"))["total"] == {}
        await conn.execute("INSERT INTO work_by_model VALUES ('image', 'total', 'epoch', 'known', 7)")
        now[0] += 49.0
        assert (await statistics.models("image", "known"))["total"] == {}
        now[0] += 1.0
        assert (await statistics.models("image", "known"))["total"] == {"known": 7}
        assert (await statistics.models("image", "custom"))["total"] == {}


async def test_a_grain_nobody_knows_cannot_be_written(pool: Pool) -> None:
    async with pool.connection() as conn:
        with pytest.raises(psycopg.errors.CheckViolation):
            await conn.execute("INSERT INTO work_by_period VALUES ('image', 'second', now(), 1, 1)")
