"""A text worker brings jobs back: POST /generate/text/submit (workers.md §8; kudos.md §3)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from hordes import Horde, StartHorde

from horde_server.accounts.creation import NewAccount

LARGE = "Llama-3.3-70B-Instruct"
CSAM = {"type": "censorship", "value": "csam"}
PROMPT = "Once upon a time"


async def started(
    horde: Horde, key: str = "0000000000", *, trusted: bool = True, offer: dict[str, Any] | None = None, **body: Any
) -> tuple[NewAccount, str, str]:
    """A request whose job a new worker holds: (owner, request id, job id)."""
    owner = await horde.account("owner", trusted=trusted)
    request_id = await horde.texts.request(key, **body)
    return owner, request_id, (await horde.texts.job(owner.api_key, **(offer or {})))["id"]


async def only_text(horde: Horde, request_id: str) -> dict[str, Any]:
    """The delivered text as its requester sees it."""
    (text,) = (await horde.texts.status(request_id))["generations"]
    return text


# ---------------------------------------------------------------- the body


async def test_what_a_submit_needs(horde: Horde) -> None:
    """basics.md §2.1, workers.md §8.12: `apikey`, `id` and `generation`; no seed."""
    answer = await horde.texts.try_submit(None, str(uuid4()))
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"apikey"})
    answer = await horde.client.post("/api/v2/generate/text/submit", json={}, headers={"apikey": "0000000000"})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"id", "generation"})


async def test_a_result_is_checked_against_the_schema(horde: Horde) -> None:
    """§8.12: remarks know one type and one value; a seed is whole, as a number or in digits."""
    for path, value in (
        ("generation", None), ("state", "done"), ("seed", "x"), ("seed", 2**63), ("seed", "9" * 30), ("seed", True),
        ("seed", None), ("gen_metadata", None), ("id", 5),
    ):  # fmt: skip
        answer = await horde.texts.try_submit("0000000000", str(uuid4()), **{path: value})
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {path}), value
    for remark in ({"type": "lora", "value": "csam"}, {"type": "censorship", "value": "nsfw"}):
        answer = await horde.texts.try_submit("0000000000", str(uuid4()), gen_metadata=[remark])
        assert answer.status_code == 400
        assert all(path.startswith("gen_metadata.0.") for path in answer.json()["errors"])


async def test_whose_job_it_is(horde: Horde) -> None:
    """§8.6, §8.3–8.5: unknown → 404 `InvalidJobID`; wrong key → 401; another's → 403 `WrongCredentials`."""
    owner, _, job_id = await started(horde)
    eve = await horde.account("eve")
    answer = await horde.texts.try_submit(owner.api_key, str(uuid4()))
    assert horde.outcome(answer) == (404, "InvalidJobID")
    assert "Processing Job with ID" in answer.json()["message"]
    assert "does not exist" in answer.json()["message"]
    assert horde.outcome(await horde.texts.try_submit("not a key", job_id)) == (401, "InvalidAPIKey")
    assert horde.outcome(await horde.texts.try_submit(eve.api_key, job_id)) == (403, "WrongCredentials")
    assert horde.outcome(await horde.try_submit(owner.api_key, job_id)) == (404, "InvalidJobID"), "not an image's"
    await horde.texts.submit(owner.api_key, job_id)


async def test_at_most_fifty_remarks(horde: Horde) -> None:
    """§8.2: → 400 `BadRequest`, before the job is taken."""
    owner, request_id, job_id = await started(horde)
    answer = await horde.texts.try_submit(owner.api_key, job_id, gen_metadata=[CSAM] * 51)
    assert horde.outcome(answer) == (400, "BadRequest")
    assert (await horde.texts.status(request_id))["processing"] == 1


# ---------------------------------------------------------------- results


async def test_a_text_is_delivered_as_it_is(horde: Horde) -> None:
    """requests.md §9.8, §2.7: the text, the worker's seed as a number, state `ok`; `id` as webhooks have it."""
    owner, request_id, job_id = await started(horde)
    await horde.texts.submit(owner.api_key, job_id, generation=" there was a\nharbour \N{WAVING HAND SIGN}", seed=7)
    ((worker_id, model),) = await horde.sql("SELECT worker_id::text, model FROM job")
    assert await only_text(horde, request_id) == {
        "text": " there was a\nharbour \N{WAVING HAND SIGN}", "seed": 7, "id": job_id, "gen_metadata": [],
        "worker_id": worker_id, "worker_name": "scribe", "model": model, "state": "ok",
    }  # fmt: skip


@pytest.mark.parametrize(("sent", "seed"), [({}, 0), ({"seed": "5"}, 5), ({"seed": 5.0}, 5), ({"seed": -1}, -1)])
async def test_seeds(horde: Horde, sent: dict[str, Any], seed: int) -> None:
    """§8.12: 0 where none is sent; a string of digits is taken."""
    owner, request_id, job_id = await started(horde)
    await horde.texts.submit(owner.api_key, job_id, **sent)
    assert (await only_text(horde, request_id))["seed"] == seed


async def test_nul_characters_are_replaced(horde: Horde) -> None:
    """basics.md §3.7: a NUL in a generation becomes U+FFFD."""
    owner, request_id, job_id = await started(horde)
    await horde.texts.submit(owner.api_key, job_id, generation="a\0b")
    assert (await only_text(horde, request_id))["text"] == "a\N{REPLACEMENT CHARACTER}b"


async def test_an_empty_text_is_a_text(horde: Horde) -> None:
    """§8.12: the generation may be empty; it counts 20 tokens."""
    owner, request_id, job_id = await started(horde, models=[LARGE], offer={"models": [LARGE]})
    assert (await horde.texts.submit(owner.api_key, job_id, generation=""))["reward"] == 19.0
    status = await horde.texts.status(request_id)
    assert (status["done"], status["generations"][0]["text"]) == (True, "")


async def test_a_text_longer_than_any_model_writes(horde: Horde) -> None:
    """§8.12, where the original has no limit: → 400 `BadRequest`, and the job goes back into the queue."""
    owner, request_id, job_id = await started(horde)
    answer = await horde.texts.try_submit(owner.api_key, job_id, generation="x" * 262_145)
    assert horde.outcome(answer) == (400, "BadRequest")
    status = await horde.texts.status(request_id)
    assert (status["restarted"], status["waiting"], status["finished"]) == (1, 1, 0)
    other = await horde.account("other")
    job = await horde.texts.job(other.api_key, "another")
    await horde.texts.submit(other.api_key, job["id"], generation="x" * 262_144)


@pytest.mark.parametrize(
    ("sent", "state", "remarks"),
    [
        ({"state": "censored"}, "censored", []),
        ({"state": "csam"}, "csam", [CSAM]),
        ({"gen_metadata": [CSAM]}, "csam", [CSAM]),
        ({"state": "csam", "gen_metadata": [CSAM]}, "csam", [CSAM]),
    ],
)
async def test_censored_texts(horde: Horde, sent: dict[str, Any], state: str, remarks: list[Any]) -> None:
    """§8.7: by state or by a remark; the requester pays the tax only, the worker earns in full."""
    owner, request_id, job_id = await started(horde, models=[LARGE], offer={"models": [LARGE]})
    credited = await horde.texts.submit(owner.api_key, job_id, generation="x" * 100, **sent)
    assert credited == {"reward": 23.75}
    text = await only_text(horde, request_id)
    assert (text["state"], text["gen_metadata"]) == (state, remarks)
    assert (await horde.texts.status(request_id))["kudos"] == 2


# ---------------------------------------------------------------- once and only once


async def test_a_job_is_delivered_once(horde: Horde) -> None:
    """§8.6: a second submit, also a fault → 400 `DuplicateGen`, saying "already submitted"; nothing moves."""
    owner, request_id, job_id = await started(horde, params={"n": 2})
    await horde.texts.submit(owner.api_key, job_id)
    before = await horde.texts.status(request_id)
    for state in ("ok", "faulted"):
        answer = await horde.texts.try_submit(owner.api_key, job_id, state=state)
        assert horde.outcome(answer) == (400, "DuplicateGen")
        assert "already submitted" in answer.json()["message"]
    after = await horde.texts.status(request_id)
    assert {**after, "wait_time": 0} == {**before, "wait_time": 0}


async def test_a_repeated_fault_returns_one_slot(horde: Horde) -> None:
    """§8.8: upstream grew a request by each repetition; here once, and never above what was asked."""
    owner, request_id, job_id = await started(horde, params={"n": 3})
    for _ in range(4):
        assert await horde.texts.submit(owner.api_key, job_id, state="faulted") == {"reward": 0.0}
    status = await horde.texts.status(request_id)
    assert (status["waiting"], status["restarted"], status["processing"]) == (3, 1, 0)
    other = await horde.account("other")
    assert len((await horde.texts.job(other.api_key, "another", amount=20))["ids"]) == 3


async def test_a_job_that_took_too_long(horde: Horde) -> None:
    """§8.6: after its lease → 400 `AbortedGen`, saying "Please check your worker speed"; the slot waits again."""
    owner, request_id, job_id = await started(horde)
    await horde.sql("UPDATE job SET deadline = now() - interval '1 second'")

    async def is_back() -> bool:
        return (await horde.texts.status(request_id))["restarted"] == 1

    await horde.until(is_back, "the sweep")
    answer = await horde.texts.try_submit(owner.api_key, job_id)
    assert horde.outcome(answer) == (400, "AbortedGen")
    assert "Please check your worker speed" in answer.json()["message"]
    assert await horde.texts.submit(owner.api_key, job_id, state="faulted") == {"reward": 0.0}


async def test_three_faults_end_a_request(horde: Horde) -> None:
    """§9.2: → faulted and done, not handed out again, nothing waiting."""
    request_id = await horde.texts.request()
    for number in range(3):
        owner = await horde.account(f"owner {number}")
        job = await horde.texts.job(owner.api_key, f"worker {number}")
        await horde.texts.submit(owner.api_key, job["id"], state="faulted")
    status = await horde.texts.status(request_id)
    assert (status["faulted"], status["done"], status["waiting"], status["is_possible"]) == (True, True, 0, False)
    fourth = await horde.account("fourth")
    assert (await horde.texts.pop(fourth.api_key, "worker 4"))["id"] is None


# ---------------------------------------------------------------- kudos


@pytest.mark.parametrize(
    ("model", "agent", "trusted", "characters", "reward"),
    [
        (LARGE, "KoboldCppEmbedWorker:2:x", True, 100, 23.75),  # the worked example of kudos.md §3.1
        (LARGE, "KoboldCppEmbedWorker:2:x", True, 97, 23.75),  # a started token is one
        (LARGE, "KoboldCppEmbedWorker:2:x", True, 4000, 76.0),  # no more than max_length counts: 80 tokens
        (LARGE, "KoboldCppEmbedWorker:2:x", True, 1, 19.0),  # and no fewer than 20
        (LARGE, "my own:1:x", True, 100, 7.12),  # of a backend that is not validated 30 %
        (f"{LARGE}.Q4_K_M", "TabbyAPI:2:x", True, 100, 23.75),  # a quantised model is the model it was made from
        ("my own merge", "KoboldCppEmbedWorker:2:x", True, 100, 0.82),
        ("my own merge", "KoboldCppEmbedWorker:2:x", False, 4000, 1.21),  # untrusted: the context's factor only
    ],
)
async def test_what_a_text_earns(
    horde: Horde, model: str, agent: str, trusted: bool, characters: int, reward: float
) -> None:
    """kudos.md §3.1: by delivered tokens, the model's size, the backend; the requester pays 1 more, and 1 at first."""
    owner, request_id, job_id = await started(
        horde, trusted=trusted, prompt=PROMPT, offer={"models": [model], "bridge_agent": agent}
    )
    credited = await horde.texts.submit(owner.api_key, job_id, generation="x" * characters)
    assert credited["reward"] == reward
    ((consumed,),) = await horde.sql("SELECT consumed_hundredths FROM request WHERE id = %s", request_id)
    assert consumed == 100 + round(reward * 100) + 100


async def test_what_another_node_handed_out_earns_the_same(horde: Horde, start_horde: StartHorde) -> None:
    """A job that this node does not remember is looked up, and its worker's software with it."""
    owner, _, job_id = await started(horde, models=[LARGE], offer={"models": [LARGE], "bridge_agent": "my own:1:x"})
    other = await start_horde()
    assert (await other.texts.submit(owner.api_key, job_id, generation="x" * 100))["reward"] == 7.12


async def test_untrusted_owners_get_half_later(horde: Horde) -> None:
    """kudos.md §5.2: half into escrow; all is counted in tokens for worker and accounts."""
    ada = await horde.account("ada", kudos=1000)
    owner, _, job_id = await started(
        horde, ada.api_key, trusted=False, models=[LARGE], offer={"models": [LARGE]}, prompt=PROMPT
    )
    credited = await horde.texts.submit(owner.api_key, job_id, generation="x" * 100)
    assert credited == {"reward": 23.75, "escrowed": 11.88}
    await horde.folded()
    asked, made = await horde.user(ada), await horde.user(owner)
    assert asked["kudos"] == pytest.approx(1000 - 1 - 24.75, abs=1)
    ((escrowed,),) = await horde.sql(
        "SELECT balance_hundredths FROM ledger_balance WHERE ledger_account = %s", 2 * owner.id + 1
    )
    assert escrowed == 1188
    assert (asked["records"]["usage"]["tokens"], asked["records"]["request"]["text"]) == (25, 1)
    assert (made["records"]["contribution"]["tokens"], made["records"]["fulfillment"]["text"]) == (25, 1)
    assert await horde.sql("SELECT sum(balance_hundredths) FROM ledger_balance") == [(0,)]


async def test_the_hold_ends_with_the_last_text(horde: Horde) -> None:
    """requests.md §7.3: charges consume the hold, and what is left of it is free when all is delivered."""
    rich = await horde.account("rich", kudos=1000)
    owner, _, job_id = await started(
        horde, rich.api_key, params={"max_length": 600, "n": 2}, offer={"max_length": 600, "amount": 2}
    )
    ((held,),) = await horde.sql("SELECT held_hundredths FROM request")
    assert held == 2 * 2000 - 100
    await horde.texts.submit(owner.api_key, job_id)
    ((other,),) = await horde.sql("SELECT id::text FROM job WHERE state = 'processing'")
    await horde.texts.submit(owner.api_key, other)
    assert await horde.sql("SELECT held_hundredths FROM request") == [(0,)]


@pytest.mark.parametrize(("tokens_per_second", "suspicions"), [(20, []), (40, [5])])
async def test_a_speed_nobody_believes_is_suspicious(
    horde: Horde, start_horde: StartHorde, tokens_per_second: int, suspicions: list[Any]
) -> None:
    """moderation.md §3.3: of untrusted owners: more than 30 tokens/s on 70B; what counts is what was really written."""
    owner = await horde.account("owner")
    await horde.texts.request(models=[LARGE], params={"max_length": 512})
    job = await horde.texts.job(owner.api_key, models=[LARGE])
    await horde.sql("UPDATE job SET started_at = now() - make_interval(secs => %s)", 500 / tokens_per_second)
    other = await start_horde()  # which must ask the database when the job began
    await other.texts.submit(owner.api_key, job["id"], generation="x" * 2000)
    assert await horde.sql("SELECT suspicions FROM worker") == [(suspicions,)]
