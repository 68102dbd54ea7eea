"""Texts as vectors, from asking to fetching (embeddings.md §1–4)."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from embedding_routes import EMBEDDING_MODEL, Embeddings, vector
from hordes import Horde, StartHorde

from horde_server.accounts.creation import NewAccount

TEXTS = ("a quiet harbour", "boats at rest", "the stock market")
VECTORS = (vector(1, 0, 0.5), vector(0.9, 0.1, 0.5), vector(-1, 0, 0))


@pytest.fixture
def embeddings(horde: Horde) -> Embeddings:
    return Embeddings(horde.client)


@pytest_asyncio.fixture
async def owner(horde: Horde) -> NewAccount:
    """Of the workers."""
    return await horde.account("owner", trusted=True)


# ---------------------------------------------------------------- from end to end


async def test_texts_become_vectors(horde: Horde, embeddings: Embeddings, owner: NewAccount) -> None:
    """§1.1, §1.5, §2.3, §3.1: in the order of the texts, byte for byte as they were sent."""
    request_id = await embeddings.request("0000000000", *TEXTS, models=[EMBEDDING_MODEL])
    assert (await embeddings.status(request_id))["waiting"] == 1
    job = await embeddings.job(owner.api_key)
    assert (job["payload"], job["model"]) == ({"input": list(TEXTS)}, EMBEDDING_MODEL)
    assert (await embeddings.status(request_id))["processing"] == 1
    await embeddings.submit(owner.api_key, job["id"], VECTORS, tokens=9)
    status = await embeddings.status(request_id)
    assert (status["done"], status["finished"]) == (True, 1)
    ((worker_id,),) = await horde.sql("SELECT id::text FROM worker")
    assert status["generations"] == [
        {
            "vectors": list(VECTORS), "dimensions": 3, "id": job["id"], "worker_id": worker_id,
            "worker_name": "embedder", "model": EMBEDDING_MODEL, "tokens": 9,
        }
    ]  # fmt: skip


async def test_a_status_waits_for_the_vectors(embeddings: Embeddings, owner: NewAccount) -> None:
    """basics.md §12.2, §12.3: as of every kind; so does a pop for a job."""
    popped = asyncio.create_task(
        embeddings.client.post(
            "/api/v2/generate/embedding/pop?wait=10",
            json={"name": "embedder", "models": [EMBEDDING_MODEL]},
            headers={"apikey": owner.api_key},
        )
    )
    request_id = await embeddings.request()
    job = (await popped).json()
    waited = asyncio.create_task(embeddings.client.get(f"/api/v2/generate/embedding/status/{request_id}?wait=10"))
    await embeddings.submit(owner.api_key, job["id"])
    assert (await waited).json()["done"]


async def test_events_tell_of_it_without_its_vectors(horde: Horde, embeddings: Embeddings, owner: NewAccount) -> None:
    """§1.5: that they are there, and by whom; they may be megabytes. So does a check of several."""
    request_id = await embeddings.request()
    events = asyncio.create_task(horde.client.get(f"/api/v2/generate/events/{request_id}"))
    job = await embeddings.job(owner.api_key)
    await embeddings.submit(owner.api_key, job["id"])
    told = (await events).text
    (result,) = [line for line in told.splitlines() if line.startswith("data: ") and job["id"] in line]
    assert json.loads(result.removeprefix("data: ")).keys() == {
        "dimensions", "id", "model", "worker_id", "worker_name",
    }  # fmt: skip
    checked = (await horde.client.post("/api/v2/generate/check", json={"ids": [request_id]})).json()
    assert checked[request_id]["done"]


async def test_what_waits_can_be_cancelled(embeddings: Embeddings, owner: NewAccount) -> None:
    """§1.5: the answer is the status just before; what never existed is 404."""
    request_id = await embeddings.request()
    assert (await embeddings.cancel(request_id))["waiting"] == 1
    assert (await embeddings.status(request_id))["done"]
    assert (await embeddings.pop(owner.api_key))["id"] is None
    answer = await embeddings.client.delete(f"/api/v2/generate/embedding/status/{uuid4()}")
    assert Horde.outcome(answer) == (404, "RequestNotFound")


async def test_a_request_is_of_its_kind(horde: Horde, embeddings: Embeddings, owner: NewAccount) -> None:
    """§1.5, workers.md §2.8: no other kind's routes know it, nor its workers' names."""
    request_id = await embeddings.request()
    for path in ("generate/text/status", "generate/status", "generate/check"):
        assert (await horde.client.get(f"/api/v2/{path}/{request_id}")).status_code == 404
    job = await embeddings.job(owner.api_key)
    assert horde.outcome(await horde.texts.try_submit(owner.api_key, job["id"])) == (404, "InvalidJobID")
    assert horde.outcome(await horde.texts.try_pop(owner.api_key, "embedder")) == (400, "PolymorphicNameConflict")


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"input": []}, "input"),
        ({"input": "a text"}, "input"),
        ({"input": ["x" * 32_769]}, "input.0"),
        ({"input": ["x"] * 1001}, "input"),
        ({"input": [5]}, "input.0"),
        ({"dimensions": 0}, "dimensions"),
        ({"dimensions": 8193}, "dimensions"),
        ({"models": ["x" * 256]}, "models.0"),
    ],
)
async def test_a_request_has_a_schema(embeddings: Embeddings, body: dict[str, Any], field: str) -> None:
    """§1.2: the fault is reported by its path."""
    answer = await embeddings.ask(**body)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})


@pytest.mark.parametrize(
    "texts", [["x"] * 257, ["x", ""], ["x" * 32_768] * 33, ["\N{WAVING HAND SIGN}" * 8193]], ids=len
)
async def test_so_much_is_too_much(embeddings: Embeddings, texts: list[str]) -> None:
    """§1.2: by the rule's own code; 32 KiB are bytes, not characters."""
    assert Horde.outcome(await embeddings.ask(input=texts)) == (400, "InvalidInput")


async def test_just_enough_is_taken(horde: Horde, embeddings: Embeddings) -> None:
    """§1.2: 256 texts, a MiB of them."""
    rich = await horde.account("rich", kudos=100_000)
    assert (await embeddings.ask(rich.api_key, input=["x" * 4096] * 256)).status_code == 202
    assert (await embeddings.ask(rich.api_key, input=["x" * 32_768] * 32)).status_code == 202


async def test_who_may_ask(horde: Horde, embeddings: Embeddings) -> None:
    """§1.3: as of texts."""
    answer = await embeddings.ask(None)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"apikey"})
    assert horde.outcome(await embeddings.ask("not a key")) == (401, "InvalidAPIKey")
    assert horde.outcome(await embeddings.ask(workers=[str(uuid4())])) == (404, "WorkerNotFound")
    assert horde.outcome(await embeddings.ask(proxied_account="x")) == (400, "OnlyServiceAccountProxy")
    ada = await horde.account("ada", {"concurrency": 1})
    await embeddings.request(ada.api_key)
    assert horde.outcome(await embeddings.ask(ada.api_key)) == (429, "TooManyPrompts")


async def test_documents_are_embedded_in_quick_succession(start_horde: StartHorde) -> None:
    """§1.4: ten in a second are taken, the next one is told to wait."""
    horde = await start_horde(rate_limits=True)
    answers = [await horde.embeddings.ask(dry_run=True) for _ in range(11)]
    while answers[0].status_code == 429 or answers[-1].status_code != 429:  # the second changed in between
        answers = [*answers[1:], await horde.embeddings.ask(dry_run=True)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[-1].headers["Retry-After"]


# ---------------------------------------------------------------- who serves


async def test_who_serves_is_decided_by_model_and_length(embeddings: Embeddings, owner: NewAccount) -> None:
    """§2.1, §2.2: the longest text counts, in tokens of four characters, up to the next power of two."""
    await embeddings.request("0000000000", "x" * 2000, "y", models=[EMBEDDING_MODEL])
    skipped = (await embeddings.pop(owner.api_key, "another", models=["another"]))["skipped"]
    assert skipped == {"models": 1}
    skipped = (await embeddings.pop(owner.api_key, "short", max_context_length=511))["skipped"]
    assert skipped == {"max_context_length": 1}
    await embeddings.job(owner.api_key, max_context_length=512)


async def test_nobody_online_is_told_at_once(embeddings: Embeddings, owner: NewAccount) -> None:
    """requests.md §6.4: as of every kind."""
    answer = (await embeddings.ask(models=[EMBEDDING_MODEL])).json()
    assert "No worker is online" in answer["message"]
    await embeddings.pop(owner.api_key, models=["another"])
    answer = (await embeddings.ask(models=[EMBEDDING_MODEL])).json()
    assert "served now: another" in answer["message"]


async def test_a_pop_has_a_schema(embeddings: Embeddings, owner: NewAccount) -> None:
    """§2.1: as every worker's."""
    wrong: dict[str, Any] = {"max_context_length": 0, "models": "x", "threads": 51, "name": None}
    for field, value in wrong.items():
        answer = await embeddings.try_pop(owner.api_key, **{"name": "embedder", field: value})
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {field}), field
    assert Horde.outcome(await embeddings.try_pop(owner.api_key, models=[])) == (400, "BadRequest")
    assert Horde.outcome(await embeddings.try_pop("0000000000")) == (403, "AnonForbiddenWorker")


async def test_dimensions_are_handed_out_and_held_to(embeddings: Embeddings, owner: NewAccount) -> None:
    """§2.3, §3.2: vectors of another length are refused."""
    request_id = await embeddings.request("0000000000", "a text", dimensions=2)
    job = await embeddings.job(owner.api_key)
    assert job["payload"]["dimensions"] == 2
    answer = await embeddings.try_submit(owner.api_key, job["id"], [vector(1, 0, 0)])
    assert "3 dimensions, and 2 were asked for" in answer.json()["message"]
    assert (await embeddings.status(request_id))["waiting"] == 1


# ---------------------------------------------------------------- what is delivered


@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        ([vector(1)], "1 vectors for 2 texts"),
        ([vector(1), vector(1, 2)], "not of one length"),
        ([vector(1), "not base64!"], "no base64"),
        ([vector(1), "AAAAAAA="], "floats of four bytes"),
        ([vector(1), ""], "floats of four bytes"),
        ([vector(1), vector(float("nan"))], "not finite"),
        ([vector(1), vector(float("-inf"))], "not finite"),
    ],
)
async def test_vectors_that_are_none_go_back_into_the_queue(
    embeddings: Embeddings, owner: NewAccount, vectors: list[str], words: str
) -> None:
    """§3.2: 400 `BadRequest`, nobody pays, the job waits again."""
    request_id = await embeddings.request("0000000000", "one", "two")
    job = await embeddings.job(owner.api_key)
    answer = await embeddings.try_submit(owner.api_key, job["id"], vectors)
    assert Horde.outcome(answer) == (400, "BadRequest")
    assert words in answer.json()["message"]
    status = await embeddings.status(request_id)
    assert (status["waiting"], status["restarted"], status["generations"]) == (1, 1, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [("vectors", ["A" * 43_693]), ("vectors", [vector(1)] * 257), ("tokens", -1), ("state", "done"), ("id", 5)],
)
async def test_a_submit_has_a_schema(embeddings: Embeddings, field: str, value: Any) -> None:
    """§3.1: 400, and nothing is taken."""
    sent: dict[str, Any] = {"id": str(uuid4()), "vectors": [vector(1)], field: value}
    answer = await embeddings.client.post(
        "/api/v2/generate/embedding/submit", json=sent, headers={"apikey": "0000000000"}
    )
    assert answer.status_code == 400
    assert {name.partition(".")[0] for name in answer.json()["errors"]} == {field}


async def test_the_largest_result_is_taken(horde: Horde, embeddings: Embeddings, owner: NewAccount) -> None:
    """§3.1: 256 vectors of 8,192 numbers, eleven million characters; a finite sum of huge numbers is finite."""
    request_id = await embeddings.request("0000000000", *["x"] * 256)
    huge = vector(*[3.4e38] * 8192)
    await embeddings.submit(owner.api_key, (await embeddings.job(owner.api_key))["id"], [huge] * 256)
    (made,) = (await embeddings.status(request_id))["generations"]
    assert (made["vectors"], made["dimensions"]) == ([huge] * 256, 8192)


async def test_a_fault_returns_the_job_until_it_is_worn_out(embeddings: Embeddings, owner: NewAccount) -> None:
    """§3.3, workers.md §9: three times, by whomever."""
    request_id = await embeddings.request()
    for name in ("a", "b", "c"):
        job = await embeddings.job(owner.api_key, name)
        assert (await embeddings.submit(owner.api_key, job["id"], state="faulted"))["reward"] == 0
    assert (await embeddings.status(request_id))["faulted"]


async def test_vectors_go_with_their_request(horde: Horde, embeddings: Embeddings, owner: NewAccount) -> None:
    """§3.4: nothing is left in any table."""
    request_id = await embeddings.request()
    await embeddings.submit(owner.api_key, (await embeddings.job(owner.api_key))["id"])
    await horde.sql("UPDATE request SET expires_at = now() - interval '1 second'")

    async def is_gone() -> bool:
        answer = await embeddings.client.get(f"/api/v2/generate/embedding/status/{request_id}")
        return answer.status_code == 404 and await horde.sql("SELECT 1 FROM job") == []

    await horde.until(is_gone, "the request has expired")


async def test_a_job_is_delivered_once(embeddings: Embeddings, owner: NewAccount, horde: Horde) -> None:
    """workers.md §8.3–8.6: as of every kind."""
    await embeddings.request()
    job = await embeddings.job(owner.api_key)
    eve = await horde.account("eve")
    assert horde.outcome(await embeddings.try_submit(eve.api_key, job["id"])) == (403, "WrongCredentials")
    await embeddings.submit(owner.api_key, job["id"])
    assert horde.outcome(await embeddings.try_submit(owner.api_key, job["id"])) == (400, "DuplicateGen")
    assert horde.outcome(await embeddings.try_submit(owner.api_key, str(uuid4()))) == (404, "InvalidJobID")


# ---------------------------------------------------------------- kudos


async def test_embeddings_are_paid_by_tokens_and_size(horde: Horde, embeddings: Embeddings, owner: NewAccount) -> None:
    """§4.1, §4.2: of an unknown model 0.08 kudos for a thousand tokens; all of it is charged, paid and counted."""
    ada = await horde.account("ada", kudos=100)
    price = (await embeddings.ask(ada.api_key, "x" * 4000, dry_run=True)).json()
    assert price == {"kudos": 0.18}
    await embeddings.request(ada.api_key, "x" * 4000)
    job = await embeddings.job(owner.api_key)
    assert (await embeddings.submit(owner.api_key, job["id"]))["reward"] == 0.08
    await embeddings.request(ada.api_key, "x" * 4000, models=["Mistral-7B-Instruct-v0.2"])
    job = await embeddings.job(owner.api_key, models=["Mistral-7B-Instruct-v0.2"])
    assert (await embeddings.submit(owner.api_key, job["id"]))["reward"] == 5.6, "a tenth of 1000 · 7 / 125"
    await horde.folded()
    assert (await horde.user(ada))["kudos"] == pytest.approx(100 - 0.1 - 0.08 - 0.1 - 5.6)
    [(domain, jobs, things)] = await horde.sql(
        "SELECT domain, jobs, things FROM work_by_period WHERE grain = 'total' AND domain = 'embedding'"
    )
    assert (domain, jobs, things) == ("embedding", 2, 2000.0)
    [(value,)] = await horde.sql(
        "SELECT value FROM account_record WHERE account_id = %s AND record = 'usage' AND domain = 'embedding'", ada.id
    )
    assert value == 2000


async def test_long_ones_need_kudos_in_hand(horde: Horde, embeddings: Embeddings) -> None:
    """§4.3: beyond 16,384 tokens, or without slow workers; the refusal says what would do."""
    poor = await horde.account("poor")
    for body in ({"input": ["x" * 32_768] * 3}, {"slow_workers": False}):
        answer = await embeddings.ask(poor.api_key, **body)
        assert horde.outcome(answer) == (403, "KudosUpfront")
    assert (await embeddings.ask(poor.api_key, input=["x" * 32_768] * 2)).status_code == 202


async def test_workers_are_shown_with_what_they_read(horde: Horde, embeddings: Embeddings, owner: NewAccount) -> None:
    """workers.md §11: a kind of its own, in lists of workers and of models."""
    await embeddings.request("0000000000", "x" * 400)
    job = await embeddings.job(owner.api_key)
    await embeddings.submit(owner.api_key, job["id"])
    await horde.folded()
    (shown,) = (await horde.client.get("/api/v2/workers?type=embedding")).json()
    assert (shown["type"], shown["models"], shown["tokens_generated"]) == ("embedding", [EMBEDDING_MODEL], 100)
    (model,) = (await horde.client.get("/api/v2/status/models?type=embedding")).json()
    assert (model["name"], model["count"], model["type"]) == (EMBEDDING_MODEL, 1, "embedding")
