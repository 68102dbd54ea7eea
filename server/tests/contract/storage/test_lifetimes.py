"""How long images stay, on each kind of store: what is needed is there, and nothing is left over (storage.md §6)."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from hordes import Horde
from later import LaterBy
from places import Places
from transfers import Transfers

from horde_server.blobs.choice import Purpose
from horde_server.blobs.store import BlobStoreFailed
from horde_server.requests.pictures.retention import DELETE, KEYS_PER_TASK
from horde_server.tasks.kind import TryLater

INPAINTING: dict[str, Any] = {"models": ["stable_diffusion_inpainting"], "source_processing": "inpainting"}


async def expire(horde: Horde, request_id: str) -> None:
    """Let the request's time be over, and wait until it has gone."""
    await horde.sql("UPDATE request SET expires_at = now() - interval '1 s' WHERE id = %s", request_id)

    async def is_gone() -> bool:
        return not await horde.sql("SELECT 1 FROM request WHERE id = %s", request_id)

    await horde.until(is_gone, "the request has gone")


async def let_tasks_come(horde: Horde) -> None:
    """Let the time of all waiting tasks come."""
    await horde.sql("UPDATE procrastinate_jobs SET scheduled_at = now() - interval '1 s' WHERE scheduled_at > now()")


async def test_nothing_is_left_of_a_request_when_its_time_is_over(
    horde: Horde, places: Places, transfers: Transfers, picture: bytes
) -> None:
    """Sources go with the request; results, also of jobs that failed, when no link leads to them any more."""
    owner = await horde.account("owner")
    inline = base64.b64encode(picture).decode()
    request_id = await horde.request(**INPAINTING, source_image=inline, source_mask=inline, params={"n": 2})
    offer: dict[str, Any] = {"models": ["stable_diffusion_inpainting"]}
    done, failed = [await horde.job(owner.api_key, **offer) for _ in range(2)]
    for job in (done, failed):
        await transfers.put(job["r2_upload"], picture)
    await horde.submit(owner.api_key, done["id"], generation="R2")
    await horde.submit(owner.api_key, failed["id"], generation="faulted", state="faulted")
    link = (await horde.status(request_id))["generations"][0]["img"]
    await expire(horde, request_id)

    async def sources_are_gone() -> bool:
        return places.kept("source_blobs") == set()

    await horde.until(sources_are_gone, "the sources are deleted")
    assert places.kept("blobs") >= {f"{done['id']}.webp", f"{failed['id']}_upload.webp"}
    assert (await transfers.get(link)).status_code == 200, "a link is good for as long as it says"
    await let_tasks_come(horde)

    async def nothing_is_left() -> bool:
        return places.everything() == set()

    await horde.until(nothing_is_left, "the results are deleted")
    assert (await transfers.get(link)).status_code == 404


async def test_nothing_is_left_of_an_interrogation_when_its_time_is_over(
    horde: Horde, places: Places, transfers: Transfers, picture: bytes
) -> None:
    """§6: its picture, and what alchemists made of it, also what they never submitted."""
    owner = await horde.account("owner")
    interrogation_id = await horde.alchemy.request("caption", {"name": "RealESRGAN_x4plus"}, {"name": "GFPGAN"})
    made = await horde.alchemy.form(owner.api_key, "RealESRGAN_x4plus")
    lost = await horde.alchemy.form(owner.api_key, "GFPGAN")
    for form in (made, lost):
        await transfers.put(form["r2_upload"], picture)
    await horde.alchemy.submit(owner.api_key, made["id"], {"RealESRGAN_x4plus": "R2"})
    results = {f"{made['id']}.webp", f"{lost['id']}_upload.webp"}
    assert len(places.kept("source_blobs")) == 1
    assert places.kept("blobs") >= results
    await horde.sql("UPDATE interrogation SET expires_at = now() - interval '1 min'")

    async def source_is_gone() -> bool:
        return places.kept("source_blobs") == set()

    await horde.until(source_is_gone, "the picture is deleted")
    assert places.kept("blobs") >= results, "links to them are still good"
    await let_tasks_come(horde)

    async def nothing_is_left() -> bool:
        return places.everything() == set()

    await horde.until(nothing_is_left, "the results are deleted")
    assert (await horde.client.get(f"/api/v2/interrogate/status/{interrogation_id}")).status_code == 404


async def test_results_are_deleted_half_an_hour_after_their_request(horde: Horde) -> None:
    """§2.1: the last link may have been signed a moment before, for 1800 s."""
    owner = await horde.account("owner")
    request_id = await horde.request()
    await horde.submit(owner.api_key, (await horde.job(owner.api_key))["id"])
    await expire(horde, request_id)
    [(wait_s,)] = await horde.sql(
        "SELECT extract(epoch from scheduled_at - now()) FROM procrastinate_jobs WHERE task_name = %s", DELETE.name
    )
    assert 1700 < wait_s <= 1800


async def test_a_text_request_owns_no_images(horde: Horde) -> None:
    await expire(horde, await horde.texts.request())
    assert await horde.sql("SELECT 1 FROM procrastinate_jobs WHERE task_name = %s", DELETE.name) == []


async def test_what_is_needed_stays_however_old_it_is(
    horde: Horde, places: Places, later: LaterBy, picture: bytes
) -> None:
    """Sources and results of a request that is still there, and results whose last link is still good."""
    owner = await horde.account("owner")
    ended = await horde.request()
    await horde.submit(owner.api_key, (await horde.job(owner.api_key))["id"])
    await expire(horde, ended)
    await horde.request(source_image=base64.b64encode(picture).decode(), params={"n": 2})
    await horde.submit(owner.api_key, (await horde.job(owner.api_key))["id"])
    await horde.sql("UPDATE request SET created_at = created_at - interval '3 h'")
    kept = places.everything()
    assert len(kept) == 3
    await later(3 * 3600).retention.sweep()
    assert places.everything() == kept


async def test_what_nobody_owns_is_swept_away(
    horde: Horde, places: Places, later: LaterBy, transfers: Transfers, picture: bytes
) -> None:
    """An upload that came when its request had gone, a source whose request was never stored, a task given up."""
    owner = await horde.account("owner")
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    await horde.sql("UPDATE job SET state = 'faulted', settled_at = now()")
    await horde.sql("UPDATE request SET processing = 0")
    await expire(horde, request_id)
    await let_tasks_come(horde)

    async def no_task_waits() -> bool:
        return await horde.sql("SELECT 1 FROM procrastinate_jobs WHERE task_name = %s", DELETE.name) == []

    await horde.until(no_task_waits, "the deletion is done")
    assert (await transfers.put(job["r2_upload"], picture)).status_code == 200, "its time is not over"
    node = later(0)
    await node.stores.sources.put(f"{uuid4()}_src.webp", picture)
    assert len(places.everything()) == 2
    await later(node.lifetime_s - 60).retention.sweep()
    assert len(places.everything()) == 2, "not before its time"
    await later(node.lifetime_s + 60).retention.sweep()
    assert places.everything() == set()


async def test_the_sweep_never_touches_what_is_shared(
    horde: Horde, places: Places, later: LaterBy, picture: bytes
) -> None:
    stores = later(0).stores
    assert stores.shared is not None
    await stores.shared.put(f"{uuid4()}.webp", picture)
    kept = places.everything()
    await later(100 * 86400).retention.sweep()
    assert places.everything() == kept


async def test_a_deletion_goes_with_the_transaction_that_it_stands_in(horde: Horde, later: LaterBy) -> None:
    node = later(0)
    async with node.pool.connection() as conn, conn.transaction(force_rollback=True):
        await node.retention.delete(conn, Purpose.RESULTS, [f"{uuid4()}.webp"])
    assert await horde.sql("SELECT 1 FROM procrastinate_jobs WHERE task_name = %s", DELETE.name) == []


async def test_many_keys_become_several_tasks(horde: Horde, later: LaterBy) -> None:
    node = later(0)
    keys = [f"{UUID(int=number)}.webp" for number in range(KEYS_PER_TASK + 1)]
    async with node.pool.connection() as conn, conn.transaction():
        await node.retention.delete(conn, Purpose.RESULTS, keys, delay_s=60)
    rows = await horde.sql(
        "SELECT jsonb_array_length(args -> 'keys') FROM procrastinate_jobs WHERE task_name = %s ORDER BY 1", DELETE.name
    )
    assert rows == [(1,), (KEYS_PER_TASK,)]


async def test_a_store_that_is_away_is_asked_again_later(later: LaterBy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after a crash: the task stays until it has succeeded."""
    node = later(0)

    async def away(*_: Any) -> None:
        raise BlobStoreFailed

    for name in ("delete", "sweep"):
        monkeypatch.setattr(type(node.stores.results), name, away)
    with pytest.raises(TryLater):
        await node.delete(f"{uuid4()}.webp")
    with pytest.raises(TryLater):
        await node.retention.sweep()


async def test_what_a_webhook_has_still_to_tell_stays_as_long_as_its_link(
    horde: Horde, places: Places, later: LaterBy, picture: bytes
) -> None:
    """webhooks.md §4: a receiver may be away for hours; links are signed anew at each attempt, for 1800 s."""
    node, job_id = later(0), uuid4()
    key = f"{job_id}.webp"
    await node.stores.results.put(key, picture)
    await horde.sql(
        "INSERT INTO webhook_delivery (id, account_id, url, body, picture) VALUES (%s, 0, '', '{}', %s)",
        uuid4(),
        json.dumps({"path": ["img"], "key": key, "inline": False}),
    )
    await node.delete(key)
    await later(86400).retention.sweep()
    assert places.kept("blobs") == {key}
    waiting = (
        "SELECT args ->> 'was_needed', round(extract(epoch from scheduled_at - now()) / 100)::integer"
        " FROM procrastinate_jobs WHERE task_name = %s"
    )
    assert await horde.sql(waiting, DELETE.name) == [("true", 18)]
    await horde.sql("DELETE FROM webhook_delivery")
    await let_tasks_come(horde)

    async def is_looked_at_once_more() -> bool:
        return await horde.sql(waiting, DELETE.name) == [("false", 18)]

    await horde.until(is_looked_at_once_more, "the link of a delivery just made is waited for")
    assert places.kept("blobs") == {key}
    await let_tasks_come(horde)

    async def nothing_is_left() -> bool:
        return places.everything() == set()

    await horde.until(nothing_is_left, "the result is deleted")


async def test_deleting_again_does_no_harm(later: LaterBy, places: Places, picture: bytes) -> None:
    """A task is done at least once: a node may die when it has done all but say so."""
    node = later(0)
    key = f"{uuid4()}.webp"
    await node.stores.results.put(key, picture)
    await node.delete(key)
    await node.delete(key)
    assert places.everything() == set()
