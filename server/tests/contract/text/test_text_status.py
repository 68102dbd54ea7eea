"""How far a text request is, and its end: GET and DELETE /generate/text/status/{id} (requests.md §9, §11.1)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest
from hordes import Horde, StartHorde


async def served(horde: Horde, **body: Any) -> str:
    """An anonymous request all of whose texts were delivered; its id."""
    owner = await horde.account("owner")
    request_id = await horde.texts.request(**body)
    for job_id in (await horde.texts.job(owner.api_key, amount=20))["ids"]:
        await horde.texts.submit(owner.api_key, job_id)
    return request_id


async def test_a_request_from_waiting_to_done(horde: Horde) -> None:
    """§9.8, §9.2: the counters as for images, `generations` as they arrive; no `shared`, no `message`."""
    owner = await horde.account("owner")
    await horde.texts.pop(owner.api_key)
    request_id = await horde.texts.request(params={"n": 2})
    waiting = await horde.texts.status(request_id)
    assert waiting == {
        "finished": 0, "processing": 0, "restarted": 0, "waiting": 2, "done": False, "faulted": False,
        "wait_time": waiting["wait_time"], "queue_position": 1, "kudos": 1, "is_possible": True, "generations": [],
    }  # fmt: skip
    job = await horde.texts.job(owner.api_key)
    await horde.texts.submit(owner.api_key, job["id"])
    half = await horde.texts.status(request_id)
    assert (half["finished"], half["waiting"], half["done"], len(half["generations"])) == (1, 1, False, 1)
    job = await horde.texts.job(owner.api_key)
    await horde.texts.submit(owner.api_key, job["id"])
    done = await horde.texts.status(request_id)
    assert (done["finished"], done["waiting"], done["done"], len(done["generations"])) == (2, 0, True, 2)
    assert (done["queue_position"], done["wait_time"]) == (0, 0)


async def test_a_finished_request_is_possible(horde: Horde) -> None:
    """basics.md §5.1: accepted while nobody was there, served after: never `is_possible` false, nor a `message`."""
    request_id = await horde.texts.request()
    assert (await horde.texts.status(request_id))["is_possible"] is False
    owner = await horde.account("owner")
    job = await horde.texts.job(owner.api_key)
    assert (await horde.texts.status(request_id))["is_possible"] is True
    await horde.texts.submit(owner.api_key, job["id"])
    status = await horde.texts.status(request_id)
    assert (status["is_possible"], status["done"], status["faulted"]) == (True, True, False)
    assert "message" not in status


async def test_the_wait_counts_tokens_ahead(horde: Horde) -> None:
    """Upstream's wait for texts ignores the queue; here it is tokens by the speed of who can write them."""
    owner = await horde.account("owner")
    await horde.texts.pop(owner.api_key)  # one token a second, as nothing is known of it
    for _ in range(2):
        await horde.texts.request(params={"max_length": 100})
    last = await horde.texts.status(await horde.texts.request(params={"max_length": 50}))
    assert (last["queue_position"], last["wait_time"]) == (3, 250)


async def test_what_is_no_text_request(horde: Horde) -> None:
    """§9.1: no UUID, unknown, or an image's → 404 `RequestNotFound`, and a text's is no image's."""
    image, text = await horde.request(), await horde.texts.request()
    for request_id in ("x", str(uuid4()), image):
        for method in ("GET", "DELETE"):
            answer = await horde.client.request(method, f"/api/v2/generate/text/status/{request_id}")
            assert horde.outcome(answer) == (404, "RequestNotFound")
    for method, route in (("GET", "status"), ("DELETE", "status"), ("GET", "check")):
        answer = await horde.client.request(method, f"/api/v2/generate/{route}/{text}")
        assert horde.outcome(answer) == (404, "RequestNotFound")
    assert (await horde.texts.status(text))["waiting"] == 1


async def test_there_is_no_check_of_texts(horde: Horde) -> None:
    """basics.md §1.3: `/generate/text/check` does not exist."""
    answer = await horde.client.get(f"/api/v2/generate/text/check/{await horde.texts.request()}")
    assert answer.status_code == 404


async def test_a_mask(horde: Horde) -> None:
    """basics.md §6.1: `X-Fields` trims the answer."""
    request_id = await served(horde)
    answer = await horde.client.get(
        f"/api/v2/generate/text/status/{request_id}", headers={"X-Fields": "done,generations{text}"}
    )
    assert answer.json() == {"done": True, "generations": [{"text": "there was a harbour."}]}


# ---------------------------------------------------------------- cancelling


async def test_a_cancelled_request_becomes_done(horde: Horde) -> None:
    """§10.1: the answer is as it was before; then nothing waits; done when what was held is delivered."""
    owner = await horde.account("owner")
    request_id = await horde.texts.request(params={"n": 3})
    job = await horde.texts.job(owner.api_key)
    before = await horde.texts.cancel(request_id)
    assert (before["waiting"], before["processing"], before["done"]) == (2, 1, False)
    after = await horde.texts.status(request_id)
    assert (after["waiting"], after["processing"], after["done"]) == (0, 1, False)
    assert (await horde.texts.pop(owner.api_key))["id"] is None
    await horde.texts.submit(owner.api_key, job["id"])
    done = await horde.texts.status(request_id)
    assert (done["done"], done["finished"], len(done["generations"])) == (True, 1, 1)


@pytest.mark.parametrize("how", ["fault", "timeout"])
async def test_a_cancelled_request_is_not_revived(horde: Horde, how: str) -> None:
    """Upstream a job that faults or times out after DELETE returns its slot, and the request lives again."""
    owner, other = await horde.account("owner"), await horde.account("other")
    request_id = await horde.texts.request()
    job = await horde.texts.job(owner.api_key)
    await horde.texts.cancel(request_id)
    if how == "fault":
        await horde.texts.submit(owner.api_key, job["id"], state="faulted")
    else:
        await horde.sql("UPDATE job SET deadline = now() - interval '1 second'")

    async def is_done() -> bool:
        return (await horde.texts.status(request_id))["done"]

    await horde.until(is_done, "nothing is processed any more")
    assert (await horde.texts.status(request_id))["waiting"] == 0
    assert (await horde.texts.pop(other.api_key, "another"))["id"] is None


async def test_cancelling_twice_and_cancelling_what_is_done(horde: Horde) -> None:
    """§10.1: repeatable, and later looks still work; a finished request stays as it is."""
    request_id = await horde.texts.request()
    for _ in range(2):
        await horde.texts.cancel(request_id)
    assert (await horde.texts.status(request_id))["done"]
    finished = await served(horde)
    await horde.texts.cancel(finished)
    assert (await horde.texts.status(finished))["finished"] == 1


async def test_cancelling_frees_what_was_held(horde: Horde) -> None:
    """§10.3: kudos held for texts that nobody writes any more are the payer's again."""
    rich = await horde.account("rich", kudos=100)
    body: dict[str, Any] = {"params": {"max_length": 600, "n": 3}}
    request_id = await horde.texts.request(rich.api_key, **body)
    assert horde.outcome(await horde.texts.ask(rich.api_key, **body)) == (403, "KudosUpfront")
    await horde.texts.cancel(request_id)
    await horde.texts.request(rich.api_key, **body)


# ---------------------------------------------------------------- lifetime


async def test_an_expired_request_is_gone(horde: Horde) -> None:
    """§11.2: with its jobs: → 404 `RequestNotFound`, and a late submit → 404 `InvalidJobID`."""
    owner = await horde.account("owner")
    request_id = await horde.texts.request()
    job = await horde.texts.job(owner.api_key)
    await horde.sql("UPDATE request SET expires_at = now() - interval '1 second'")

    async def answer() -> httpx.Response | None:
        found = await horde.client.get(f"/api/v2/generate/text/status/{request_id}")
        return found if found.status_code == 404 else None

    assert horde.outcome(await horde.until(answer, "the sweep")) == (404, "RequestNotFound")
    assert horde.outcome(await horde.texts.try_submit(owner.api_key, job["id"])) == (404, "InvalidJobID")


async def test_a_long_lease_keeps_its_request(horde: Horde) -> None:
    """§11.1: a request outlives the lease of its jobs, however long that is."""
    owner = await horde.account("owner", kudos=1000)
    await horde.texts.request(owner.api_key, params={"max_length": 4096, "max_context_length": 8192})
    job = await horde.texts.job(owner.api_key, max_length=4096, max_context_length=8192)
    ((left,),) = await horde.sql("SELECT extract(epoch FROM expires_at - now())::float8 FROM request")
    assert left > job["ttl"] > 1200


async def test_a_request_survives_a_restart(horde: Horde, start_horde: StartHorde) -> None:
    """§11.3: everything is stored: another server hands it out, with every field, and serves what is held."""
    owner, other = await horde.account("owner"), await horde.account("other")
    request_id = await horde.texts.request(params={"n": 2, "top_k": 40, "stop_sequence": ["\n"]}, softprompt="sea")
    held = await horde.texts.job(owner.api_key, softprompts=["sea"])
    second = await start_horde()
    again = await second.texts.job(other.api_key, "another", softprompts=["sea"])
    assert (again["payload"], again["softprompt"]) == (held["payload"], "sea")
    await second.texts.submit(owner.api_key, held["id"])
    await second.texts.submit(other.api_key, again["id"])
    assert (await second.texts.status(request_id))["done"]
