"""How far a request is: check, status, DELETE, and its lifetime (requests.md §6, §11.1, §9.2, basics.md §6, §8)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from hordes import Horde, StartHorde

CHECK_TYPES = {
    "finished": int, "processing": int, "restarted": int, "waiting": int, "done": bool, "faulted": bool,
    "wait_time": int, "queue_position": int, "kudos": int, "is_possible": bool,
}  # fmt: skip
GENERATION_TYPES = {
    "img": str, "seed": str, "id": str, "censored": bool, "gen_metadata": list, "worker_id": str, "worker_name": str,
    "model": str, "state": str,
}  # fmt: skip
FAST: dict[str, Any] = {"slow_workers": False}
"""What makes a request need kudos in hand."""


def types(answer: dict[str, Any]) -> dict[str, type]:
    """The type of every value, exactly: a bool is no int here."""
    return {name: type(value) for name, value in answer.items()}


def counters(answer: dict[str, Any]) -> tuple[int, ...]:
    """waiting, processing, finished, restarted."""
    return tuple(answer[name] for name in ("waiting", "processing", "finished", "restarted"))


async def get(horde: Horde, what: str, request_id: str, **headers: str) -> httpx.Response:
    """GET /generate/check or /generate/status."""
    return await horde.client.get(f"/api/v2/generate/{what}/{request_id}", headers=headers)


async def finished(horde: Horde, **body: Any) -> str:
    """A finished request of one image."""
    request_id = await horde.request(**body)
    key = (await horde.account("owner")).api_key
    await horde.submit(key, (await horde.job(key))["id"])
    return request_id


# ---------------------------------------------------------------- what is told


async def test_check_has_these_fields(horde: Horde) -> None:
    """§9.2: the fields of check and their types."""
    assert types(await horde.check(await horde.request())) == CHECK_TYPES
    assert types(await horde.check(await finished(horde))) == CHECK_TYPES


async def test_status_is_check_with_the_images(horde: Horde) -> None:
    """§9.2: status = check + `generations` and `shared`, which is always false (§5.6)."""
    request_id = await finished(horde, shared=True)
    check, status = await horde.check(request_id), await horde.status(request_id)
    assert types(status) == {**CHECK_TYPES, "generations": list, "shared": bool}
    assert {name: status[name] for name in CHECK_TYPES} == check
    assert status["shared"] is False


async def test_an_image_has_these_fields(horde: Horde) -> None:
    """§9.7: the fields of `generations[]` and their types; no `message` at the top of a 200 (basics.md §5.1)."""
    owner = await horde.account("owner")
    request_id = await horde.request(models=["Deliberate"])
    job = await horde.job(owner.api_key, "bee", models=["Deliberate"])
    await horde.submit(owner.api_key, job["id"], seed=42)
    status = await horde.status(request_id)
    assert "message" not in status
    (generation,) = status["generations"]
    assert types(generation) == GENERATION_TYPES
    assert (generation["id"], generation["seed"], generation["model"]) == (job["id"], "42", "Deliberate")
    assert (generation["worker_name"], generation["state"], generation["gen_metadata"]) == ("bee", "ok", [])
    assert UUID(generation["worker_id"]).version == 4


@pytest.mark.parametrize(("method", "what"), [("GET", "check"), ("GET", "status"), ("DELETE", "status")])
async def test_what_does_not_exist(horde: Horde, method: str, what: str) -> None:
    """§9.1: no UUID, or of no request → 404 `RequestNotFound`."""
    for request_id in ("nonsense", "%00", uuid4(), "00000000-0000-0000-0000-000000000000"):
        answer = await horde.client.request(method, f"/api/v2/generate/{what}/{request_id}")
        assert horde.outcome(answer) == (404, "RequestNotFound"), request_id


@pytest.mark.parametrize(("method", "what"), [("GET", "check"), ("GET", "status"), ("DELETE", "status")])
async def test_the_id_is_the_authorisation(horde: Horde, method: str, what: str) -> None:
    """basics.md §2.2: the key is ignored on check, status and DELETE: none or a wrong one does as well."""
    request_id = await horde.request((await horde.account()).api_key)
    for headers in ({}, {"apikey": "not a key"}, {"apikey": "0000000000"}):
        answer = await horde.client.request(method, f"/api/v2/generate/{what}/{request_id}", headers=headers)
        assert answer.status_code == 200, headers


async def test_the_way_of_a_request(horde: Horde) -> None:
    """§9.2: waiting → processing → finished; the counters add up to the images asked for; then done."""
    key = (await horde.account()).api_key
    request_id = await horde.request(params={"n": 3})
    seen = [await horde.status(request_id)]
    jobs = (await horde.job(key, amount=2))["ids"]
    seen.append(await horde.status(request_id))
    await horde.submit(key, jobs[0])
    seen.append(await horde.status(request_id))
    jobs += (await horde.job(key))["ids"]
    seen.append(await horde.status(request_id))
    for job_id in jobs[1:]:
        await horde.submit(key, job_id)
    seen.append(await horde.status(request_id))
    assert [counters(status) for status in seen] == [
        (3, 0, 0, 0),
        (1, 2, 0, 0),
        (1, 1, 1, 0),
        (0, 2, 1, 0),
        (0, 0, 3, 0),
    ]
    assert [status["done"] for status in seen] == [False, False, False, False, True]
    assert [len(status["generations"]) for status in seen] == [0, 0, 1, 1, 3]
    assert not any(status["faulted"] for status in seen)


async def test_check_follows_at_once(horde: Horde) -> None:
    """basics.md §8.2: a change is visible to the next check, which is never a stale copy."""
    key = (await horde.account()).api_key
    request_id = await horde.request()
    assert counters(await horde.check(request_id)) == (1, 0, 0, 0)
    job = await horde.job(key)
    assert counters(await horde.check(request_id)) == (0, 1, 0, 0)
    await horde.submit(key, job["id"])
    assert counters(await horde.check(request_id)) == (0, 0, 1, 0)


async def test_images_come_in_the_order_of_delivery(horde: Horde) -> None:
    """§9.7: partial results appear as they arrive, later ones behind."""
    key = (await horde.account()).api_key
    request_id = await horde.request(params={"n": 3})
    jobs = (await horde.job(key, amount=3))["ids"]
    for job_id in reversed(jobs):
        await horde.submit(key, job_id)
    assert [made["id"] for made in (await horde.status(request_id))["generations"]] == jobs[::-1]


async def test_kudos_are_what_was_charged_so_far(horde: Horde) -> None:
    """§9.2: `kudos` = tax + charges, rounded: it grows with every delivered image."""
    asker, owner = await horde.account(kudos=1000), await horde.account("owner")
    request_id = await horde.request(asker.api_key, params={"n": 2, "steps": 50, "sampler_name": "k_euler"})
    assert (await horde.check(request_id))["kudos"] == 3
    for charged in (15, 27):
        await horde.submit(owner.api_key, (await horde.job(owner.api_key))["id"])
        assert (await horde.check(request_id))["kudos"] == charged


# ---------------------------------------------------------------- prospects


async def test_the_place_in_the_queue(horde: Horde) -> None:
    """§9.4: `queue_position` is 1-based, and 0 once nothing waits."""
    key = (await horde.account()).api_key
    await horde.pop(key)
    asked = [await horde.request() for _ in range(3)]
    assert [(await horde.check(request_id))["queue_position"] for request_id in asked] == [1, 2, 3]
    await horde.job(key)
    assert (await horde.check(asked[0]))["queue_position"] == 0

    async def moved_up() -> bool:
        return [(await horde.check(request_id))["queue_position"] for request_id in asked] == [0, 1, 2]

    await horde.until(moved_up, "the others move up")


async def test_the_richer_are_ahead_in_the_queue(horde: Horde) -> None:
    """§9.4: the place follows the order of the queue, not of arrival."""
    await horde.pop((await horde.account("owner")).api_key)
    first = await horde.request()
    rich = await horde.request((await horde.account("rich", kudos=100_000)).api_key)
    assert (await horde.check(rich))["queue_position"] == 1
    assert (await horde.check(first))["queue_position"] == 2


async def test_requests_that_nobody_can_serve_are_not_ahead(horde: Horde) -> None:
    """The place does not count requests that no online worker can serve."""
    await horde.pop((await horde.account()).api_key)
    for _ in range(3):
        await horde.request(models=["URPM"])
    assert (await horde.check(await horde.request()))["queue_position"] == 1


async def test_the_wait_is_the_work_ahead_over_the_speed(horde: Horde) -> None:
    """§9.5: whole seconds: work ahead and one's own over the speed of the workers that can serve it."""
    await horde.pop((await horde.account()).api_key)  # unmeasured: a million pixelsteps per second
    work: dict[str, Any] = {"params": {"n": 2, "steps": 40}}  # 2 · 512² · 40 ≈ 21 million
    waits = [(await horde.check(await horde.request(**work)))["wait_time"] for _ in range(3)]
    assert waits == [21, 42, 63]


async def test_nothing_waits_when_all_is_done(horde: Horde) -> None:
    """basics.md §5.1, requests.md §9.5: a finished request has no wait and no place, and is possible."""
    check = await horde.check(await finished(horde))
    assert (check["wait_time"], check["queue_position"], check["is_possible"]) == (0, 0, True)


async def test_a_request_is_possible_when_a_worker_can_serve_it(horde: Horde) -> None:
    """§9.6: false without such a worker, true as soon as one pops, with no stale verdict between."""
    request_id = await horde.request(models=["URPM"])
    assert not (await horde.check(request_id))["is_possible"]
    key = (await horde.account()).api_key
    await horde.pop(key, "other")
    assert not (await horde.check(request_id))["is_possible"]
    wanted = await horde.request(models=["URPM"], params={"width": 1024, "height": 1024})
    await horde.job(key, "small", models=["URPM"], max_pixels=512 * 512)
    assert (await horde.check(request_id))["is_possible"], "it is being processed"
    assert not (await horde.check(wanted))["is_possible"]
    await horde.pop(key, "large", models=["URPM"], require_upfront_kudos=True)
    assert (await horde.check(wanted))["is_possible"]


@pytest.mark.parametrize(
    ("body", "offer"),
    [
        ({}, {"nsfw": False}),
        ({"trusted_workers": True}, {}),
        ({}, {"extra_slow_worker": True}),
        ({"params": {"steps": 40}}, {"limit_max_steps": True}),
        ({"params": {"tiling": True}}, {"capabilities": ["r2", "karras"]}),
        ({}, {"bridge_agent": "somebody:1:x"}),
    ],
    ids=str,
)
async def test_a_request_is_not_possible_for_workers_that_would_be_refused(
    horde: Horde, body: dict[str, Any], offer: dict[str, Any]
) -> None:
    """§9.6: the verdict uses the same predicate as matching."""
    await horde.pop((await horde.account()).api_key, **offer)
    assert not (await horde.check(await horde.request(**body)))["is_possible"]


async def test_a_worker_in_maintenance_makes_possible_what_its_owner_asks(start_horde: StartHorde) -> None:
    """§9.6: not in maintenance or paused, unless owned by the requester."""
    horde = await start_horde(reconcile_interval_s=0.05)
    owner = await horde.account()
    await horde.pop(owner.api_key)
    theirs, own = await horde.request(), await horde.request(owner.api_key)
    await horde.sql("UPDATE worker SET maintenance = true")

    async def impossible() -> bool:
        return not (await horde.check(theirs))["is_possible"]

    await horde.until(impossible, "the server knows of the maintenance")
    assert (await horde.check(own))["is_possible"]


async def test_a_finished_request_stays_possible_without_workers(start_horde: StartHorde) -> None:
    """basics.md §5.1: `is_possible` is never false on a request that has its results, whoever is online."""
    horde = await start_horde()
    request_id = await finished(horde)
    await horde.sql("UPDATE worker SET last_check_in_at = now() - interval '1 hour'")
    restarted = await start_horde()
    assert (await restarted.check(request_id))["is_possible"]
    assert not (await restarted.check(await restarted.request()))["is_possible"]


async def test_a_restart_loses_nothing(start_horde: StartHorde) -> None:
    """§11.3: a restart does not lose requests, places or results."""
    before = await start_horde()
    key = (await before.account()).api_key
    done = await finished(before)
    half = await before.request(params={"n": 2})
    job = await before.job(key, "bee")
    restarted = await start_horde()
    assert (await restarted.check(done))["done"]
    assert counters(await restarted.check(half)) == (1, 1, 0, 0)
    await restarted.submit(key, job["id"])
    await restarted.submit(key, (await restarted.job(key, "bee"))["id"])
    assert len((await restarted.status(half))["generations"]) == 2


# ---------------------------------------------------------------- pictures


async def test_a_picture_needs_no_key(horde: Horde) -> None:
    """§9.7: `r2: true` → a signed address, good for half an hour, without a key, also for a web page (CORS)."""
    img = (await horde.status(await finished(horde)))["generations"][0]["img"]
    answer = await horde.client.get(img)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.content == horde.picture()


async def test_addresses_are_signed_for_half_an_hour_from_each_call(horde: Horde) -> None:
    """§9.7: valid 1800 s from this call, fresh at every call."""
    request_id = await finished(horde)
    ((asked_at,),) = await horde.sql("SELECT extract(epoch FROM now())::float8")
    expiries = []
    for _ in range(2):
        img = (await horde.status(request_id))["generations"][0]["img"]
        expiries.append(int(parse_qs(urlsplit(img).query)["expires"][0]))
    assert asked_at + 1798 <= expiries[0] <= expiries[1]


async def test_an_address_is_good_for_one_picture_and_one_method(horde: Horde) -> None:
    """storage.md §2.3: who has the address has the right, and no other: a changed one → 403."""
    key = (await horde.account()).api_key
    request_id = await horde.request(params={"n": 2})
    job = await horde.job(key, amount=2)
    for job_id in job["ids"]:
        await horde.submit(key, job_id)
    one, two = (made["img"] for made in (await horde.status(request_id))["generations"])
    swapped = f"{one.partition('?')[0]}?{two.partition('?')[2]}"
    for method, url in (("GET", swapped), ("PUT", one), ("GET", job["r2_upload"]), ("GET", one.partition("?")[0])):
        answer = await horde.client.request(method, url)
        assert horde.outcome(answer) == (403, "BlobAddressInvalid"), (method, url)


async def test_without_r2_the_picture_comes_inline(horde: Horde) -> None:
    """§9.7: `r2: false` → base64 WebP; `N/A` once the object is missing."""
    request_id = await finished(horde, r2=False)
    assert (await horde.status(request_id))["generations"][0]["img"].startswith("UklGR")  # RIFF
    for path in horde.settings.data.rglob("*.webp"):
        path.unlink()
    assert (await horde.status(request_id))["generations"][0]["img"] == "N/A"


# ---------------------------------------------------------------- the envelope


@pytest.mark.parametrize("what", ["check", "status"])
async def test_nothing_is_answered_by_a_cache(horde: Horde, what: str) -> None:
    """basics.md §8.2: what may be kept is asked for each time, so that clients see every change."""
    answer = await get(horde, what, await horde.request())
    assert answer.headers["cache-control"] == "no-cache"
    assert not {"last-modified", "expires", "age"} & set(answer.headers)


@pytest.mark.parametrize("what", ["check", "status"])
@pytest.mark.parametrize("status", [200, 404])
async def test_every_answer_may_be_read_by_any_web_page(horde: Horde, what: str, status: int) -> None:
    """basics.md §8.1: CORS headers, the node's name and the JSON type, on errors too."""
    answer = await get(horde, what, await horde.request() if status == 200 else str(uuid4()))
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Horde-Node"]
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("what", ["check", "status"])
async def test_head_answers_headers_only(horde: Horde, what: str) -> None:
    """basics.md §1.2: `HEAD` on GET routes works."""
    answer = await horde.client.head(f"/api/v2/generate/{what}/{await horde.request()}")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("what", ["check", "status"])
async def test_a_mask_trims_the_answer(horde: Horde, what: str) -> None:
    """basics.md §6.1: only listed keys are emitted; unknown names are ignored; empty or `*` = everything."""
    request_id = await horde.request()
    everything = set((await get(horde, what, request_id)).json())
    kept = {
        "done,wait_time": {"done", "wait_time"}, "{done,wait_time}": {"done", "wait_time"},
        " done , nonsense ": {"done"}, "nonsense": set(), "*": everything, "": everything,
    }  # fmt: skip
    for mask, keys in kept.items():
        answer = await get(horde, what, request_id, **{"X-Fields": mask})
        assert (answer.status_code, set(answer.json())) == (200, keys), mask


async def test_a_mask_reaches_into_the_images(horde: Horde) -> None:
    """basics.md §6: braces nest: `{done,generations{img}}`."""
    answer = await get(horde, "status", await finished(horde), **{"X-Fields": "{done,generations{img}}"})
    assert set(answer.json()) == {"done", "generations"}
    assert [set(made) for made in answer.json()["generations"]] == [{"img"}]


@pytest.mark.parametrize("what", ["check", "status"])
async def test_a_broken_mask_is_refused(horde: Horde, what: str) -> None:
    """basics.md §6.2: a broken mask, or a nested one on a scalar → 400 with a message and no `rc`."""
    request_id = await horde.request()
    for mask in ("{done", "done{x}", "done,,kudos", "{}"):
        answer = await get(horde, what, request_id, **{"X-Fields": mask})
        assert (answer.status_code, set(answer.json())) == (400, {"message"}), mask


async def test_a_mask_is_its_callers_own(horde: Horde) -> None:
    """basics.md §8.2: one caller's mask does not leak to the next; errors ignore masks (§6.3)."""
    request_id = await horde.request()
    await get(horde, "check", request_id, **{"X-Fields": "done"})
    assert set(await horde.check(request_id)) == set(CHECK_TYPES)
    assert horde.outcome(await get(horde, "check", str(uuid4()), **{"X-Fields": "done"})) == (404, "RequestNotFound")


# ---------------------------------------------------------------- cancelling


async def test_cancelling_answers_the_status_as_it_was(horde: Horde) -> None:
    """§10.1: DELETE returns the snapshot before; the next GET shows waiting 0 and done."""
    request_id = await horde.request(params={"n": 3})
    before = await horde.status(request_id)
    assert await horde.cancel(request_id) == before
    after = await horde.status(request_id)
    assert (counters(after), after["done"], after["faulted"]) == ((0, 0, 0, 0), True, False)


async def test_a_cancelled_request_is_not_handed_out(horde: Horde) -> None:
    """§10.2: what waited is taken back, for good."""
    await horde.cancel(await horde.request(params={"n": 2}))
    assert (await horde.pop((await horde.account()).api_key))["id"] is None


async def test_cancelling_returns_the_finished_images(horde: Horde) -> None:
    """§10.1: the answer is the full status: images delivered so far; they stay readable until expiry."""
    key = (await horde.account()).api_key
    request_id = await horde.request(params={"n": 2})
    job = await horde.job(key)
    await horde.submit(key, job["id"])
    assert [made["id"] for made in (await horde.cancel(request_id))["generations"]] == [job["id"]]
    after = await horde.status(request_id)
    assert (counters(after), after["done"]) == ((0, 0, 1, 0), True)
    assert (await horde.client.get(after["generations"][0]["img"])).status_code == 200


async def test_a_cancelled_request_is_done_when_its_jobs_are(horde: Horde) -> None:
    """§10.2: jobs already with workers keep running; done once processing is 0."""
    key = (await horde.account()).api_key
    request_id = await horde.request(params={"n": 2})
    job = await horde.job(key)
    await horde.cancel(request_id)
    check = await horde.check(request_id)
    assert (counters(check), check["done"], check["is_possible"]) == ((0, 1, 0, 0), False, True)
    await horde.submit(key, job["id"])
    check = await horde.check(request_id)
    assert (counters(check), check["done"]) == ((0, 0, 1, 0), True)


async def test_cancelling_is_repeatable(horde: Horde) -> None:
    """§10.1: repeatable; a finished request is not changed by it."""
    request_id = await horde.request()
    await horde.cancel(request_id)
    after = await horde.status(request_id)
    assert await horde.cancel(request_id) == after
    done = await finished(horde)
    before = await horde.check(done)
    await horde.cancel(done)
    assert await horde.check(done) == before


async def test_cancelling_releases_the_hold(horde: Horde) -> None:
    """§10.3: what was held back is free again at once; the tax of 3 is not refunded."""
    payer = await horde.account(kudos=50)
    request_id = await horde.request(payer.api_key, **FAST)
    assert horde.outcome(await horde.ask(payer.api_key, **FAST)) == (403, "KudosUpfront")
    await horde.cancel(request_id)
    await horde.folded()
    assert (await horde.user(payer))["kudos"] == 47
    assert (await horde.check(request_id))["kudos"] == 3
    await horde.request(payer.api_key, **FAST)


async def test_cancelling_keeps_the_hold_of_running_jobs(horde: Horde) -> None:
    """§10.3: jobs with workers will be charged: their part stays held."""
    payer, owner = await horde.account(kudos=70), await horde.account("owner")
    request_id = await horde.request(payer.api_key, **FAST, params={"n": 3})
    await horde.job(owner.api_key, amount=2)
    await horde.cancel(request_id)
    three: dict[str, Any] = {**FAST, "params": {"n": 3}}
    rich = await horde.account("rich", kudos=1000)
    assert (await horde.ask(rich.api_key, **three, dry_run=True)).json()["kudos"] < 70 - 25 - 3, "without a hold"
    assert horde.outcome(await horde.ask(payer.api_key, **three)) == (403, "KudosUpfront")
    assert (await horde.ask(payer.api_key, **FAST)).status_code == 202


async def test_finishing_releases_the_hold(horde: Horde) -> None:
    """§7.3: the hold is released when the request completes; only actual charges remain."""
    payer, owner = await horde.account(kudos=50), await horde.account("owner")
    await horde.request(payer.api_key, **FAST)
    assert (await horde.ask(payer.api_key, **FAST)).status_code == 403
    censored = [{"type": "censorship", "value": "nsfw"}]
    await horde.submit(owner.api_key, (await horde.job(owner.api_key))["id"], gen_metadata=censored)
    await horde.request(payer.api_key, **FAST)


# ---------------------------------------------------------------- lifetime


async def seconds_left(horde: Horde, request_id: str) -> float:
    """Until the request expires, by the database's clock."""
    ((left,),) = await horde.sql(
        "SELECT extract(epoch FROM expires_at - now())::float8 FROM request WHERE id = %s", request_id
    )
    return left


async def expire(horde: Horde, request_id: str) -> None:
    """Move the request's end into the past."""
    await horde.sql("UPDATE request SET expires_at = now() - interval '1 second' WHERE id = %s", request_id)


async def test_a_request_lives_for_twenty_minutes(horde: Horde) -> None:
    """§11.1: expiry = now + 20 min at creation."""
    request_id = await horde.request()
    ((lifetime,),) = await horde.sql("SELECT extract(epoch FROM expires_at - created_at)::float8 FROM request")
    assert (lifetime, await seconds_left(horde, request_id) <= 1200) == (1200, True)


@pytest.mark.parametrize("state", ["waiting", "processing", "finished", "cancelled"])
async def test_an_expired_request_is_gone(horde: Horde, state: str) -> None:
    """§11.2: expired requests are removed: check, status and DELETE → 404 `RequestNotFound`."""
    key = (await horde.account()).api_key
    request_id = await horde.request()
    if state in ("processing", "finished"):
        job = await horde.job(key)
        if state == "finished":
            await horde.submit(key, job["id"])
    if state == "cancelled":
        await horde.cancel(request_id)
    await expire(horde, request_id)

    async def gone() -> bool:
        return (await get(horde, "check", request_id)).status_code == 404

    await horde.until(gone, "the request is removed")
    for method in ("GET", "DELETE"):
        answer = await horde.client.request(method, f"/api/v2/generate/status/{request_id}")
        assert horde.outcome(answer) == (404, "RequestNotFound")


async def test_an_expired_request_frees_its_hold_and_its_place(horde: Horde) -> None:
    """§7.3, §11.2: the hold is released on expiry, and the account may ask again."""
    payer = await horde.account(kudos=50, columns={"concurrency": 1})
    request_id = await horde.request(payer.api_key, **FAST)
    assert horde.outcome(await horde.ask(payer.api_key)) == (429, "TooManyPrompts")
    await expire(horde, request_id)

    async def taken() -> bool:
        return (await horde.ask(payer.api_key, **FAST)).status_code == 202

    await horde.until(taken, "the next request is taken")


async def test_an_expired_request_answers_until_it_is_removed(start_horde: StartHorde) -> None:
    """§11.2: an expired but not yet removed request still answers status; it is no longer handed out."""
    horde = await start_horde(sweep_interval_s=3600)
    request_id = await horde.request()
    await expire(horde, request_id)
    assert (await horde.pop((await horde.account()).api_key))["id"] is None
    assert counters(await horde.status(request_id))[0] == 1


@pytest.mark.parametrize(
    ("offer", "lifetime_s"), [({}, 1200), ({"extra_slow_worker": True}, 3600)], ids=["worker", "extra slow worker"]
)
async def test_a_hand_out_prolongs_life(horde: Horde, offer: dict[str, Any], lifetime_s: int) -> None:
    """§11.1: expiry is pushed to now + 20 min by a hand-out, to now + 60 min by one to an extra slow worker."""
    request_id = await horde.request(extra_slow_workers=True)
    await horde.sql("UPDATE request SET expires_at = now() + interval '1 minute'")
    await horde.job((await horde.account()).api_key, **offer)
    assert lifetime_s - 60 < await seconds_left(horde, request_id) <= lifetime_s


async def test_a_delivery_prolongs_life(horde: Horde) -> None:
    """§11.1: a finished request is readable for 20 minutes after its last job."""
    key = (await horde.account()).api_key
    request_id = await horde.request()
    job = await horde.job(key)
    await horde.sql("UPDATE request SET expires_at = now() + interval '1 minute'")
    await horde.submit(key, job["id"])
    assert await seconds_left(horde, request_id) > 1140


async def test_life_is_never_cut_short(horde: Horde) -> None:
    """§11.1: max(current, now + 20 min): a hand-out does not shorten a longer life."""
    request_id = await horde.request(params={"n": 2})
    await horde.sql("UPDATE request SET expires_at = now() + interval '2 hours'")
    await horde.job((await horde.account()).api_key)
    assert await seconds_left(horde, request_id) > 7000
