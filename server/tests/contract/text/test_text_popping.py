"""A text worker asks for jobs: POST /generate/text/pop (workers.md §1.3, §2)."""

from __future__ import annotations

from typing import Any

import pytest
from hordes import Horde

from horde_server.accounts.creation import NewAccount

MODEL = "koboldcpp/Mistral-7B-Instruct-v0.2"


async def skipped(horde: Horde, owner: NewAccount, **body: Any) -> dict[str, Any]:
    """Why the worker goes empty-handed."""
    answer = await horde.texts.pop(owner.api_key, **body)
    assert answer["id"] is None
    return answer["skipped"]


# ---------------------------------------------------------------- the body and who may pop


async def test_a_pop_needs_a_key_and_a_name(horde: Horde) -> None:
    """basics.md §2.1, workers.md §2.1: missing ones → 400 with their names in `errors`."""
    answer = await horde.texts.try_pop(None)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"apikey"})
    answer = await horde.client.post("/api/v2/generate/text/pop", json={}, headers={"apikey": "0000000000"})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"name"})


@pytest.mark.parametrize(
    ("field", "values"),
    {
        "max_length": [None, "80", 2**31],
        "max_context_length": [None, 20.5, 2**31],
        "softprompts": [None, "x", ["x"] * 10_001],
        "softprompts.0": [["x" * 1001]],
        "models.0": [["xx"], ["x" * 256]],
        "threads": [0, 51],
        "amount": [0, 21],
    }.items(),
)  # fmt: skip
async def test_fields_beyond_their_limits_are_named(horde: Horde, field: Any, values: Any) -> None:
    """§1.3: the fault is reported by its path."""
    for value in values:
        answer = await horde.texts.try_pop("0000000000", **{field.partition(".")[0]: value})
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {field}), value


async def test_who_may_not_pop(horde: Horde) -> None:
    """§2.2–2.7: each with its code, in this order."""
    flagged = await horde.account("flagged", {"flagged": True})
    gone = await horde.account("gone", {"deleted": True, "flagged": True})
    answer = await horde.texts.try_pop("not a key", priority_usernames=["ada"])
    assert horde.outcome(answer) == (400, "InvalidPriorityUsername")
    assert horde.outcome(await horde.texts.try_pop("not a key")) == (401, "InvalidAPIKey")
    assert horde.outcome(await horde.texts.try_pop(gone.api_key)) == (403, "DeletedUser")
    assert horde.outcome(await horde.texts.try_pop(flagged.api_key)) == (403, "WorkerFlaggedMaintenance")
    assert horde.outcome(await horde.texts.try_pop("0000000000")) == (403, "AnonForbiddenWorker")


async def test_a_name_belongs_to_one_kind_and_one_owner(horde: Horde) -> None:
    """§2.8, §2.12: → 400 `PolymorphicNameConflict`, either way; → 403 `WrongCredentials`."""
    owner, eve = await horde.account("owner"), await horde.account("eve")
    await horde.pop(owner.api_key, "dreamer")
    await horde.texts.pop(owner.api_key, "scribe")
    assert horde.outcome(await horde.texts.try_pop(owner.api_key, "dreamer")) == (400, "PolymorphicNameConflict")
    assert horde.outcome(await horde.try_pop(owner.api_key, "scribe")) == (400, "PolymorphicNameConflict")
    answer = await horde.texts.try_pop(eve.api_key, "scribe")
    assert horde.outcome(answer) == (403, "WrongCredentials")
    assert "wrong credentials" in answer.json()["message"].lower()


async def test_models_of_any_name_are_served(horde: Horde) -> None:
    """§4.6: no catalogue is asked; but none at all → 400 `BadRequest`, saying "we cannot accept workers serving"."""
    owner = await horde.account("owner")
    await horde.texts.pop(owner.api_key, models=["my own merge"])
    answer = await horde.texts.try_pop(owner.api_key, models=[])
    assert horde.outcome(answer) == (400, "BadRequest")
    assert "we cannot accept workers serving" in answer.json()["message"]


async def test_a_model_with_an_alias_is_its_owners(horde: Horde) -> None:
    """§4.6: `name::alias` of somebody else → 400 `BadRequest`."""
    owner = await horde.account("owner")
    await horde.texts.pop(owner.api_key, models=[f"mine::owner#{owner.id}"])
    for model in ("theirs::eve#99", "theirs::", f"theirs::Owner#{owner.id}"):
        assert horde.outcome(await horde.texts.try_pop(owner.api_key, models=[model])) == (400, "BadRequest")


async def test_what_is_kept_of_long_lists(horde: Horde) -> None:
    """§1.4: 200 models, 200 soft prompts of 100 characters."""
    owner = await horde.account("owner")
    models = [f"model {number}" for number in range(201)]
    await horde.texts.pop(owner.api_key, models=models, softprompts=["x" * 101, *(f"s{n}" for n in range(200))])
    ((stored,),) = await horde.sql("SELECT abilities FROM worker")
    assert stored["models"] == models[:200]
    assert (len(stored["softprompts"]), stored["softprompts"][0]) == (200, "x" * 100)


async def test_maintenance(horde: Horde) -> None:
    """§5.15: in maintenance a worker serves its owner; with nothing of his → 403 `WorkerMaintenance`."""
    owner = await horde.account("owner", kudos=100)
    await horde.texts.pop(owner.api_key)
    ((worker_id,),) = await horde.sql("SELECT id::text FROM worker")
    headers = {"apikey": owner.api_key}
    await horde.client.put(f"/api/v2/workers/{worker_id}", json={"maintenance": True}, headers=headers)
    await horde.texts.request()
    answer = await horde.texts.try_pop(owner.api_key)
    assert horde.outcome(answer) == (403, "WorkerMaintenance")
    assert "maintenance mode" in answer.json()["message"].lower()
    await horde.texts.request(owner.api_key)
    await horde.texts.job(owner.api_key)


# ---------------------------------------------------------------- the answer


async def test_no_job(horde: Horde) -> None:
    """§7.7, §7.6: every key there; `id` null, `ids` [], `payload` with the six defaults, `skipped` {}."""
    owner = await horde.account("owner")
    assert await horde.texts.pop(owner.api_key) == {
        "id": None, "ids": [], "model": None, "ttl": None, "skipped": {}, "softprompt": None,
        "extra_source_images": None, "messages": [],
        "payload": {
            "max_context_length": 2048, "max_length": 80, "min_p": 0.0, "smoothing_factor": 0.0, "dynatemp_range": 0.0,
            "dynatemp_exponent": 1.0,
        },
    }  # fmt: skip


async def test_a_job_has_what_was_asked_and_nothing_else(horde: Horde) -> None:
    """§7.6: absent samplers stay absent, so that backends do not trip; there is no seed."""
    owner = await horde.account("owner")
    await horde.texts.request(prompt="It was night")
    job = await horde.texts.job(owner.api_key)
    assert job["payload"] == {
        "prompt": "It was night", "n": 1, "max_context_length": 2048, "max_length": 80, "min_p": 0.0,
        "smoothing_factor": 0.0, "dynatemp_range": 0.0, "dynatemp_exponent": 1.0,
    }  # fmt: skip
    assert job["ids"] == [job["id"]]
    assert (job["model"], job["ttl"], job["skipped"], job["softprompt"]) == (MODEL, 150, {}, None)


async def test_every_sampler_reaches_the_worker(horde: Horde) -> None:
    """requests.md §8.3: requested parameters are passed on; equal stop sequences once."""
    owner = await horde.account("owner")
    asked: dict[str, Any] = {
        "rep_pen": 1.1, "rep_pen_range": 600, "rep_pen_slope": 0, "temperature": 0, "tfs": 0.9, "top_a": 0.5,
        "top_k": 0, "top_p": 0.92, "typical": 0.8, "min_p": 0.05, "smoothing_factor": 0.3, "dynatemp_range": 0.5,
        "dynatemp_exponent": 0.9, "sampler_order": [6, 0, 1, 3, 4, 2, 5], "singleline": True, "frmtadsnsp": True,
        "frmtrmblln": True, "frmtrmspch": True, "frmttriminc": False, "use_default_badwordsids": True,
    }  # fmt: skip
    await horde.texts.request(params={**asked, "stop_sequence": ["\n", "You:", "\n"], "mirostat": 2})
    payload = (await horde.texts.job(owner.api_key))["payload"]
    assert {name: payload[name] for name in asked} == asked
    assert payload["stop_sequence"] == ["\n", "You:"]
    assert "mirostat" not in payload


async def test_a_batch(horde: Horde) -> None:
    """§6.4: as many jobs as the worker wants and wait, each with `n` 1; `disable_batching` changes nothing."""
    owner = await horde.account("owner", trusted=True)
    await horde.texts.request(owner.api_key, params={"n": 5}, disable_batching=True)
    first, second = [await horde.texts.job(owner.api_key, amount=3) for _ in range(2)]
    assert (len(first["ids"]), len(second["ids"]), len({*first["ids"], *second["ids"]})) == (3, 2, 5)
    assert first["payload"]["n"] == 1


async def test_a_worker_gets_time_by_what_it_must_write(horde: Horde) -> None:
    """Unlike upstream's flat 150 s, long texts and batches get longer, as does the lease that the sweep ends."""
    owner = await horde.account("owner", kudos=1000)
    for params, ttl_s in (({}, 150), ({"max_length": 512}, 286), ({"max_length": 512, "n": 4}, 1054)):
        await horde.texts.request(owner.api_key, prompt="x", params=params)
        assert (await horde.texts.job(owner.api_key, amount=20))["ttl"] == ttl_s
    rows = await horde.sql("SELECT extract(epoch FROM deadline - started_at)::int FROM job ORDER BY started_at")
    assert rows == [(150,), (286,), *[(1054,)] * 4]


# ---------------------------------------------------------------- who gets what


async def test_any_model_serves_who_names_none(horde: Horde) -> None:
    """requests.md §8.1: text without `models`, or with an empty list."""
    owner = await horde.account("owner")
    bodies: list[dict[str, Any]] = [{}, {"models": []}]
    for body in bodies:
        await horde.texts.request(**body)
        assert (await horde.texts.job(owner.api_key, models=["my own merge"]))["model"] == "my own merge"


@pytest.mark.parametrize(
    ("asked", "offered", "fitting", "reason"),
    [
        ({"models": ["this one"]}, {}, {"models": ["that one", "this one"]}, "models"),
        ({"params": {"max_length": 101}}, {"max_length": 100}, {"max_length": 101}, "max_length"),
        (
            {"params": {"max_context_length": 4097}},
            {"max_context_length": 4096},
            {"max_context_length": 4097},
            "max_context_length",
        ),
        ({"validated_backends": True}, {"bridge_agent": "my:1:x"}, {"bridge_agent": "TabbyAPI:x"}, "bridge_version"),
        (
            {"validated_backends": True},
            {"bridge_agent": "my:1:x", "capabilities": ["validated_backend"]},
            {"bridge_agent": "AI Horde Worker~aphrodite~oai:1:x"},
            "bridge_version",
        ),
        ({"softprompt": "sea"}, {"softprompts": ["hill"]}, {"softprompts": ["hill", "sea"]}, "matching_softprompt"),
        ({}, {"extra_slow_worker": True}, {}, "performance"),
    ],
)
async def test_why_a_worker_goes_empty_handed(
    horde: Horde, asked: dict[str, Any], offered: dict[str, Any], fitting: dict[str, Any], reason: str
) -> None:
    """§5.14: `skipped` has the real reasons, and only those; what fits is given at once."""
    owner = await horde.account("owner")
    await horde.texts.request(**asked)
    assert await skipped(horde, owner, **offered) == {reason: 1}
    job = await horde.texts.job(owner.api_key, **fitting)
    assert job["softprompt"] == asked.get("softprompt")


async def test_new_workers_are_slow(horde: Horde) -> None:
    """§5.7: without samples a worker has 1 token/s: not for who refuses slow ones."""
    owner = await horde.account("owner")
    await horde.texts.request(slow_workers=False)
    assert await skipped(horde, owner) == {"performance": 1}


async def test_trusted_workers(horde: Horde) -> None:
    """§5.6: a request for trusted workers; education accounts always are."""
    owner, trusted = await horde.account("owner"), await horde.account("trusted", trusted=True)
    school = await horde.account("school", {"education": True}, kudos=100)
    await horde.texts.request(trusted_workers=True)
    await horde.texts.request(school.api_key)
    assert await skipped(horde, owner) == {"untrusted": 2}
    await horde.texts.job(trusted.api_key, "theirs")
    await horde.texts.job(trusted.api_key, "theirs")


@pytest.mark.parametrize("blacklist", [False, True])
async def test_named_workers(horde: Horde, blacklist: bool) -> None:
    """§5.9: only these, or none of these; five are kept."""
    owner = await horde.account("owner")
    await horde.texts.pop(owner.api_key, "named")
    await horde.texts.pop(owner.api_key, "other")
    ((worker_id,),) = await horde.sql("SELECT id::text FROM worker WHERE name = 'named'")
    await horde.texts.request(workers=[worker_id] * 6, worker_blacklist=blacklist)
    wrong, right = ("named", "other") if blacklist else ("other", "named")
    # another offer than before: counts are remembered for a second
    assert await skipped(horde, owner, name=wrong, nsfw=False) == {"worker_id": 1}
    await horde.texts.job(owner.api_key, right)


async def test_kudos_in_hand(horde: Horde) -> None:
    """§5.17: `require_upfront_kudos` is honoured for texts too, by what would be held for one text."""
    owner, poor = await horde.account("owner"), await horde.account("poor", kudos=30)
    rich = await horde.account("rich", kudos=100)
    await horde.texts.request(poor.api_key)
    assert await skipped(horde, owner, require_upfront_kudos=True) == {"kudos": 1}
    request_id = await horde.texts.request(rich.api_key)
    await horde.texts.job(owner.api_key, require_upfront_kudos=True)
    assert (await horde.texts.status(request_id))["processing"] == 1


async def test_the_rich_come_first_and_friends_before_them(horde: Horde) -> None:
    """§6.1: by kudos, then by arrival; the owner's and friends' before all."""
    owner, friend = await horde.account("owner"), await horde.account("friend")
    rich = await horde.account("rich", kudos=50_000)
    prompts = []
    for account, prompt in ((None, "poor, early"), (None, "poor, late"), (rich, "rich"), (friend, "friend")):
        await horde.texts.request(account.api_key if account else "0000000000", prompt=prompt)
    for _ in range(4):
        job = await horde.texts.job(owner.api_key, priority_usernames=[f"friend#{friend.id}"])
        prompts.append(job["payload"]["prompt"])
    assert prompts == ["friend", "rich", "poor, early", "poor, late"]


async def test_texts_and_images_do_not_mix(horde: Horde) -> None:
    """§5: workers of one kind are not given the other's, though they offer the same model."""
    owner = await horde.account("owner")
    await horde.texts.request(models=["stable_diffusion"])
    assert (await horde.pop(owner.api_key, "dreamer"))["id"] is None
    await horde.request()
    job = await horde.texts.job(owner.api_key, models=["stable_diffusion"])
    assert "n_iter" not in job["payload"]
    assert await skipped(horde, owner, models=["stable_diffusion"]) == {}


# ---------------------------------------------------------------- what is told of text workers


async def test_a_text_worker_in_the_list(horde: Horde) -> None:
    """§11.2: lengths and tokens instead of pixels; `type` text."""
    owner = await horde.account("owner", trusted=True)
    await horde.texts.request()
    job = await horde.texts.job(owner.api_key)
    await horde.texts.submit(owner.api_key, job["id"], generation="x" * 200)
    await horde.folded()
    (worker,) = (await horde.client.get("/api/v2/workers?type=text")).json()
    assert (worker["type"], worker["max_length"], worker["max_context_length"]) == ("text", 512, 4096)
    assert (worker["tokens_generated"], worker["requests_fulfilled"]) == (50, 1)
    assert worker["performance"].endswith("tokens per second")
    assert "max_pixels" not in worker
    assert (await horde.client.get("/api/v2/workers?type=image")).json() == []


async def test_the_hordes_figures_count_texts(horde: Horde) -> None:
    """status.md §3.1: performance and models of type text; a model of the text catalogue is known."""
    owner = await horde.account("owner")
    await horde.texts.pop(owner.api_key, models=["my own merge", MODEL])
    await horde.texts.request(models=[MODEL], params={"n": 2, "max_length": 100})
    figures = (await horde.client.get("/api/v2/status/performance")).json()
    assert (figures["queued_text_requests"], figures["queued_tokens"], figures["text_worker_count"]) == (2, 200, 1)
    assert (figures["queued_requests"], figures["worker_count"]) == (0, 0)
    models = {each["name"]: each for each in (await horde.client.get("/api/v2/status/models?type=text")).json()}
    assert (models[MODEL]["jobs"], models[MODEL]["queued"], models[MODEL]["type"]) == (2, 200, "text")
    known = (await horde.client.get("/api/v2/status/models?type=text&model_state=known")).json()
    assert [each["name"] for each in known] == [MODEL]


async def test_uptime_of_text_workers_is_paid_by_context_and_size(horde: Horde) -> None:
    """kudos.md §5.3: 25 + 15 per 1024 tokens of context, by the size of the first model: 85 for 4096 on 7B."""
    owner = await horde.account("owner", trusted=True)
    await horde.texts.pop(owner.api_key)
    await horde.sql("UPDATE worker SET uptime_s = 700")
    await horde.texts.pop(owner.api_key, threads=2)
    rows = await horde.sql("SELECT amount_hundredths, domain FROM ledger WHERE kind = 'uptime_reward'")
    assert rows == [(8500, "text")]
