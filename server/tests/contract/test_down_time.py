"""Time that the horde was down is nobody's fault: leases, lives and uptime count the time that it was up."""

from __future__ import annotations

import asyncio

import pytest
from hordes import Horde, RunHorde
from stops import stop_was_long

from horde_server.blobs.signing import UrlSigner
from horde_server.database.pool import Pool
from horde_server.dispatch import job_store, store
from horde_server.dispatch.down_time import DownTime
from horde_server.dispatch.down_time_store import BEAT_S, GAP_S
from horde_server.requests.alchemy import store as alchemy_store

DAYS_S = 2 * 86400.0
HOUR_S = 3600.0


async def seconds(horde: Horde, expression: str, table: str) -> float:
    """An SQL expression of one row, in seconds."""
    return float((await horde.sql(f"SELECT extract(epoch FROM {expression}) FROM {table}"))[0][0])


@pytest.mark.parametrize("stopped_s", [60.0, HOUR_S, DAYS_S])
async def test_a_job_in_hands_is_delivered_after_a_stop_and_paid(
    run_horde: RunHorde, database_dsn: str, stopped_s: float
) -> None:
    """However long: neither the lease nor the request ended, and the worker is not taken for slow."""
    async with run_horde() as horde:
        owner = await horde.account("owner", trusted=True)
        request_id = await horde.request()
        job = await horde.job(owner.api_key)
    stop_was_long(database_dsn, stopped_s)
    async with run_horde() as horde:
        assert 100 < await seconds(horde, "deadline - now()", "job") < 600
        assert (await horde.submit(owner.api_key, job["id"]))["reward"] > 0
        await horde.folded()
        assert (await horde.status(request_id))["finished"] == 1
        [(speeds, uncompleted)] = await horde.sql("SELECT speeds, uncompleted_jobs FROM worker")
        assert (len(speeds), uncompleted) == (1, 0)
        assert speeds[0] > 100_000, "pixelsteps a second of a job that took moments"


@pytest.mark.parametrize("kind", ["images", "texts"])
async def test_what_waits_is_served_after_a_stop_of_days(run_horde: RunHorde, database_dsn: str, kind: str) -> None:
    """A request's twenty minutes go on where they stood."""
    async with run_horde() as horde:
        owner = await horde.account("owner", trusted=True)
        request_id = await (horde if kind == "images" else horde.texts).request()
    stop_was_long(database_dsn, DAYS_S)
    async with run_horde() as horde:
        face = horde if kind == "images" else horde.texts
        await face.submit(owner.api_key, (await face.job(owner.api_key))["id"])
        assert (await face.status(request_id))["finished"] == 1


async def test_results_can_be_fetched_after_a_stop_of_days(run_horde: RunHorde, database_dsn: str) -> None:
    """What was delivered before the stop and nobody could fetch since."""
    async with run_horde() as horde:
        owner = await horde.account("owner", trusted=True)
        request_id = await horde.request(r2=False)
        await horde.submit(owner.api_key, (await horde.job(owner.api_key))["id"])
    stop_was_long(database_dsn, DAYS_S)
    async with run_horde() as horde:
        [generation] = (await horde.status(request_id))["generations"]
        assert len(generation["img"]) > 50


async def test_an_alchemists_form_is_delivered_after_a_stop_of_days(run_horde: RunHorde, database_dsn: str) -> None:
    """The interrogation lived on too, with the form that nobody had yet."""
    async with run_horde() as horde:
        owner = await horde.account("owner", trusted=True)
        interrogation = await horde.alchemy.request("caption", "nsfw")
        form = await horde.alchemy.form(owner.api_key, "caption")
    stop_was_long(database_dsn, DAYS_S)
    async with run_horde() as horde:
        assert (await horde.alchemy.submit(owner.api_key, form["id"]))["reward"] > 0
        assert (await horde.alchemy.states(interrogation))[1] == ["done", "waiting"]
        await horde.alchemy.form(owner.api_key, "nsfw")


async def test_a_stop_is_made_up_for_once_however_many_nodes_start(horde: Horde, pool: Pool, database_dsn: str) -> None:
    """The row of the beat is the guard."""
    owner = await horde.account("owner")
    await horde.request()
    await horde.job(owner.api_key)
    deadline_s, life_s = await seconds(horde, "deadline", "job"), await seconds(horde, "expires_at", "request")
    before_s = await seconds(horde, "now()", "job")
    stop_was_long(database_dsn, HOUR_S)
    nodes = [DownTime(pool) for _ in range(8)]
    assert all(await asyncio.gather(*(node.settle() for node in nodes))), "each learns of it"
    assert not any(await asyncio.gather(*(node.settle() for node in nodes))), "and only once"
    passed_s = await seconds(horde, "now()", "job") - before_s
    assert {round(node.total_s - HOUR_S) for node in nodes} <= {0, 1}
    assert await seconds(horde, "deadline", "job") == pytest.approx(deadline_s, abs=passed_s + 1)
    assert await seconds(horde, "expires_at", "request") == pytest.approx(life_s, abs=passed_s + 1)


async def test_a_running_node_learns_what_another_put_off(run_horde: RunHorde, pool: Pool, database_dsn: str) -> None:
    """By its next beat: its own memory would let requests expire."""
    async with run_horde(reconcile_interval_s=1000) as horde:
        request_id = await horde.request()
        await horde.sql("UPDATE request SET restarted = 1")  # what a look from memory does not see
        assert (await horde.check(request_id))["restarted"] == 0
        stop_was_long(database_dsn, DAYS_S)
        await DownTime(pool).settle()

        async def knows() -> bool:
            return (await horde.check(request_id))["restarted"] == 1

        await horde.until(knows, "the row was read anew")


async def test_what_was_overdue_before_the_stop_stays_overdue(run_horde: RunHorde, database_dsn: str) -> None:
    """A lease that ended while the horde was up ended by its worker's fault."""
    async with run_horde(sweep_interval_s=1000) as horde:
        owner = await horde.account("owner")
        request_id = await horde.request()
        await horde.job(owner.api_key)
        await horde.sql("UPDATE job SET deadline = now() - interval '30 s'")
    stop_was_long(database_dsn, HOUR_S)
    async with run_horde() as horde:

        async def is_back() -> bool:
            return (await horde.check(request_id))["restarted"] == 1

        await horde.until(is_back, "the job went back to the queue")
        assert await horde.sql("SELECT uncompleted_jobs FROM worker") == [(1,)]


async def test_nothing_is_overdue_before_a_stop_is_made_up_for(
    pool: Pool, run_horde: RunHorde, database_dsn: str
) -> None:
    """Whatever runs first after a stop, a sweep too: it takes the beat for granted never."""
    async with run_horde() as horde:
        owner = await horde.account("owner")
        await horde.request()
        await horde.alchemy.request("caption")
        await horde.job(owner.api_key)
    stop_was_long(database_dsn, DAYS_S)
    async with pool.connection() as conn:
        assert await store.whats_due(conn) == (False, False)
        assert await job_store.sweep_overdue(conn) == []
        assert await store.delete_expired(conn) == []
        assert await alchemy_store.any_expired(conn) is False
        assert await alchemy_store.lock_expired(conn) == []


async def test_a_pause_shorter_than_a_gap_changes_nothing(pool: Pool, run_horde: RunHorde, database_dsn: str) -> None:
    """A node that is late is not down."""
    async with run_horde() as horde:
        await horde.request()
        expires_s = await seconds(horde, "expires_at", "request")
        await horde.sql("UPDATE horde_beat SET beat_at = now() - make_interval(secs => %s)", GAP_S - 2)
        assert not await DownTime(pool).settle()
        assert await seconds(horde, "now() - beat_at", "horde_beat") < BEAT_S
        assert await seconds(horde, "expires_at", "request") == expires_s


async def test_a_clock_that_went_back_puts_nothing_off(pool: Pool, run_horde: RunHorde) -> None:
    """The beat is dated anew, so that the next gap is seen."""
    async with run_horde() as horde:
        await horde.request()
        expires_s = await seconds(horde, "expires_at", "request")
        await horde.sql("UPDATE horde_beat SET beat_at = now() + interval '3 hours'")
        assert not await DownTime(pool).settle()
        assert abs(await seconds(horde, "now() - beat_at", "horde_beat")) < BEAT_S
        assert await seconds(horde, "expires_at", "request") == expires_s


async def test_what_began_after_the_horde_was_back_is_not_put_off(horde: Horde, pool: Pool, database_dsn: str) -> None:
    """Between the return of the database and the beat that makes up for its absence."""
    await horde.request()
    stop_was_long(database_dsn, HOUR_S)
    young = await horde.request()
    await DownTime(pool).settle()
    lives = await horde.sql("SELECT id::text, extract(epoch FROM expires_at - now())::float8 FROM request")
    assert all(life_s < horde.settings.request_lifetime_s + 5 for _, life_s in lives)
    assert dict(lives)[young] > horde.settings.request_lifetime_s - 30


@pytest.mark.parametrize("stopped_s", [120.0, HOUR_S])
async def test_uptime_goes_on_where_it_stood(run_horde: RunHorde, database_dsn: str, stopped_s: float) -> None:
    """Neither credit for the time that the horde was down, nor does the reward's clock start anew."""
    async with run_horde() as horde:
        owner = await horde.account("owner", trusted=True)
        await horde.pop(owner.api_key)
        await horde.sql(
            "UPDATE worker SET uptime_s = 590, uptime_rewarded_s = 0, last_check_in_at = now() - '10 s'::interval"
        )
    stop_was_long(database_dsn, stopped_s)
    async with run_horde() as horde:
        assert [worker["name"] for worker in (await horde.client.get("/api/v2/workers")).json()] == ["worker"]
        await horde.pop(owner.api_key, threads=2)  # a change, which is written at once
        [(uptime_s, rewarded_s)] = await horde.sql("SELECT uptime_s, uptime_rewarded_s FROM worker")
        assert 590 <= uptime_s < 660
        assert rewarded_s == (0 if uptime_s <= 600 else uptime_s)


async def test_a_check_in_right_after_a_stop_counts_neither_way(horde: Horde, database_dsn: str) -> None:
    """Before any beat has made up for it."""
    owner = await horde.account("owner")
    await horde.pop(owner.api_key)
    await horde.sql("UPDATE worker SET uptime_s = 590, uptime_rewarded_s = 100")
    stop_was_long(database_dsn, 200.0)
    await horde.pop(owner.api_key, threads=2)
    assert (await horde.sql("SELECT uptime_s, uptime_rewarded_s FROM worker"))[0] == (590, 100)


async def test_webhooks_that_wait_are_kept(run_horde: RunHorde, pool: Pool, database_dsn: str) -> None:
    """Two days to deliver are two days in which the horde could."""
    async with run_horde() as horde:
        await horde.sql(
            "INSERT INTO webhook_delivery (id, account_id, url, body)"
            " VALUES (gen_random_uuid(), 0, 'https://a.b', '{}')"
        )
    stop_was_long(database_dsn, 3 * 86400.0)
    await DownTime(pool).settle()
    assert await seconds(horde, "now() - created_at", "webhook_delivery") < 60


async def test_signed_addresses_last_as_long_as_the_horde_was_up(
    pool: Pool, run_horde: RunHorde, database_dsn: str
) -> None:
    """Those of our own routes: a bucket knows nothing of our stops."""
    clock_s = 1_000_000.0
    down_time = DownTime(pool)
    await down_time.settle()
    signer = UrlSigner(b"secret", down_time.up_clock(lambda: clock_s))
    parts = signer.url("PUT", "a.webp", 1800, "").partition("?expires=")[2].partition("&signature=")
    stop_was_long(database_dsn, DAYS_S)
    clock_s += DAYS_S
    assert not signer.allows("PUT", "a.webp", parts[0], parts[2])
    await down_time.settle()
    clock_s += 1700
    assert signer.allows("PUT", "a.webp", parts[0], parts[2])
    clock_s += 200
    assert not signer.allows("PUT", "a.webp", parts[0], parts[2])
