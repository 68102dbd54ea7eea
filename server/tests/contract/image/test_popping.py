"""A worker asks for jobs: POST /generate/pop (workers.md §1–7, §10)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from hordes import Horde, StartHorde

from horde_server.settings import Profile

KNOWN_TO_ALL_MODELS = ["stable_diffusion", "SDXL 1.0", "Flux.1-Schnell fp8 (Compact)"]


async def pop_raw(horde: Horde, body: Any, key: str | None) -> httpx.Response:
    """POST /generate/pop with exactly this body."""
    return await horde.client.post("/api/v2/generate/pop", json=body, headers={"apikey": key} if key else {})


# ---------------------------------------------------------------- who may pop


async def test_a_pop_needs_a_name(horde: Horde) -> None:
    """§2.1: a missing `name` → 400 with `errors.name`."""
    answer = await pop_raw(horde, {"models": ["stable_diffusion"]}, "0000000000")
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"name"})


async def test_a_pop_needs_a_key(horde: Horde) -> None:
    """§2.1, §2.3: a missing `apikey` → 400 with `errors.apikey`; one that nobody has → 401 `InvalidAPIKey`."""
    missing = await horde.try_pop(None)
    assert (missing.status_code, set(missing.json()["errors"])) == (400, {"apikey"})
    assert horde.outcome(await horde.try_pop("not a key")) == (401, "InvalidAPIKey")


async def test_the_offer_is_checked_against_the_schema(horde: Horde) -> None:
    """§1: types and limits of the body, all violations at once, but of a list the first only."""
    key = (await horde.account()).api_key
    answer = await horde.try_pop(
        key, threads=0, amount=21, models=["ab", None], nsfw=None, max_pixels=10**300, blacklist="word"
    )
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {
        "threads", "amount", "models.0", "nsfw", "max_pixels", "blacklist",
    }  # fmt: skip


async def test_unknown_keys_of_old_workers_are_ignored(horde: Horde) -> None:
    """§1.5: `bridge_version`, `allow_unsafe_ip` and the like are ignored."""
    answer = await horde.try_pop((await horde.account()).api_key, bridge_version=11, allow_unsafe_ip=True, max_power=8)
    assert answer.status_code == 200


async def test_friends_are_named_by_alias(horde: Horde) -> None:
    """§2.2: an entry of `priority_usernames` without a number → 400 `InvalidPriorityUsername`."""
    key = (await horde.account()).api_key
    for alias in ("ada", "ada#", "ada#x", "ada#-1", "ada#1.5", ""):
        answer = await horde.try_pop(key, priority_usernames=["bob#1", alias])
        assert horde.outcome(answer) == (400, "InvalidPriorityUsername"), alias


async def test_friends_are_checked_before_the_key(horde: Horde) -> None:
    """§2.2, §2.3: friends are looked at before the key."""
    answer = await horde.try_pop("not a key", priority_usernames=["ada"])
    assert horde.outcome(answer) == (400, "InvalidPriorityUsername")


@pytest.mark.parametrize(
    ("role", "rc"),
    [
        ({"deleted": True}, "DeletedUser"),
        ({"flagged": True}, "WorkerFlaggedMaintenance"),
        ({"education": True}, "Forbidden"),
    ],
    ids=str,
)
async def test_some_accounts_get_no_jobs(horde: Horde, role: dict[str, Any], rc: str) -> None:
    """§2.5–2.6: a deleted user → 403 `DeletedUser`, a flagged one → 403 `WorkerFlaggedMaintenance`; §2.15:
    an education account → 403 `Forbidden`."""
    owner = await horde.account(columns=role)
    assert horde.outcome(await horde.try_pop(owner.api_key)) == (403, rc)


async def test_anonymous_cannot_run_workers(horde: Horde) -> None:
    """§2.7: → 403 `AnonForbiddenWorker`."""
    assert horde.outcome(await horde.try_pop("0000000000")) == (403, "AnonForbiddenWorker")


async def test_names_are_unique_over_all_kinds_of_workers(horde: Horde) -> None:
    """§2.8: a name that a text worker has → 400 `PolymorphicNameConflict`."""
    owner = await horde.account()
    await horde.sql(
        "INSERT INTO worker (id, name, kind, account_id, abilities) VALUES (gen_random_uuid(), %s, 'text', %s, '{}')",
        "scribe",
        owner.id,
    )
    assert horde.outcome(await horde.try_pop(owner.api_key, "scribe")) == (400, "PolymorphicNameConflict")


@pytest.mark.parametrize("name", ["Colab 1", "my-tpu", "GOOGLE"])
async def test_names_that_tell_of_borrowed_machines_are_refused(horde: Horde, name: str) -> None:
    """§3.1: a new name that contains colab, tpu or google → 400 `BadRequest`."""
    assert horde.outcome(await horde.try_pop((await horde.account()).api_key, name)) == (400, "BadRequest")


@pytest.mark.parametrize(("name", "rc"), [("w" * 101, "TooLongWorkerName"), ("", "BadRequest"), (" \0", "BadRequest")])
async def test_names_have_a_length(horde: Horde, name: str, rc: str) -> None:
    """§3.1: over 100 characters → 400 `TooLongWorkerName` (500 upstream); empty → 400."""
    assert horde.outcome(await horde.try_pop((await horde.account()).api_key, name)) == (400, rc)


async def test_names_are_kept_as_plain_text(horde: Horde) -> None:
    """§4.4: NULs are dropped, blanks trimmed and markup escaped, in the name and in the bridge agent."""
    key = (await horde.account()).api_key
    await horde.pop(key, " <b>ee\0</b> ", bridge_agent="<i>\0:1:x")
    assert await horde.sql("SELECT name, bridge_agent FROM worker") == [("&lt;b&gt;ee&lt;/b&gt;", "&lt;i&gt;:1:x")]


async def test_names_are_case_sensitive(horde: Horde) -> None:
    """§4.4: worker names differ by case."""
    key = (await horde.account()).api_key
    await horde.pop(key, "Bee")
    await horde.pop(key, "bee")
    assert await horde.sql("SELECT count(*) FROM worker") == [(2,)]


async def test_the_name_of_somebody_elses_worker_is_refused(horde: Horde) -> None:
    """§2.12, basics.md §5.2: another user's worker name → 403 `WrongCredentials`, saying "wrong credentials"."""
    await horde.pop((await horde.account()).api_key, "bee")
    answer = await horde.try_pop((await horde.account("eve")).api_key, "bee")
    assert horde.outcome(answer) == (403, "WrongCredentials")
    assert "wrong credentials" in answer.json()["message"].lower()


async def test_untrusted_accounts_have_four_workers(horde: Horde) -> None:
    """§3.4: with more than 3 workers an untrusted account gets no new one → 403 `TooManyWorkers`."""
    key = (await horde.account()).api_key
    for number in range(4):
        await horde.pop(key, f"bee {number}")
    assert horde.outcome(await horde.try_pop(key, "bee 4")) == (403, "TooManyWorkers")
    assert (await horde.try_pop(key, "bee 3")).status_code == 200, "the old ones go on"


async def test_trusted_accounts_have_twenty_one_workers(horde: Horde) -> None:
    """§3.5: more than 20 workers, and more than invited → 403 `TooManyWorkersTrusted`."""
    owner = await horde.account(trusted=True)
    await horde.sql(
        "INSERT INTO worker (id, name, kind, account_id, abilities)"
        " SELECT gen_random_uuid(), 'old ' || number, 'image', %s, '{}' FROM generate_series(1, 20) AS number",
        owner.id,
    )
    await horde.pop(owner.api_key, "bee 21")
    assert horde.outcome(await horde.try_pop(owner.api_key, "bee 22")) == (403, "TooManyWorkersTrusted")


async def test_an_invitation_allows_more_workers(horde: Horde) -> None:
    """§3.4, §3.5: `worker_invited` raises the limit."""
    owner = await horde.account(columns={"worker_invited": 5})
    for number in range(5):
        await horde.pop(owner.api_key, f"bee {number}")
    assert (await horde.try_pop(owner.api_key, "bee 5")).status_code == 200
    assert (await horde.try_pop(owner.api_key, "bee 6")).status_code == 403


@pytest.mark.parametrize("models", [[], ["nobody knows me"]])
async def test_a_worker_needs_a_known_model(horde: Horde, models: list[Any]) -> None:
    """§4.5, basics.md §5.2: no accepted model → 400 `BadRequest` that says "we cannot accept workers serving"."""
    answer = await horde.try_pop((await horde.account()).api_key, models=models)
    assert horde.outcome(answer) == (400, "BadRequest")
    assert "we cannot accept workers serving" in answer.json()["message"].lower()


async def test_a_refused_offer_does_not_burn_the_name(horde: Horde) -> None:
    """§3: the worker is created after validation."""
    await horde.try_pop((await horde.account()).api_key, "bee", models=["nobody knows me"])
    assert (await horde.try_pop((await horde.account("bob")).api_key, "bee")).status_code == 200


async def test_a_worker_serves_only_accepted_models(horde: Horde) -> None:
    """§4.5: unknown models are dropped silently and never matched, except those of customizers."""
    await horde.request(models=["my own mix"])
    models = ["stable_diffusion", "my own mix"]
    refused = await horde.pop((await horde.account()).api_key, models=models)
    assert refused["id"] is None
    customizer = await horde.account("cus", customizer=True)
    assert (await horde.job(customizer.api_key, "mixer", models=models))["model"] == "my own mix"


async def test_an_equal_pop_goes_by_the_rights_of_the_moment(horde: Horde) -> None:
    """workers.md §4: what was made of its body before is not used for other roles or another owner of the key."""
    owner, other = await horde.account("owner", customizer=True), await horde.account("other")
    moderator = await horde.account("moderator", moderator=True)
    offer: dict[str, Any] = {"models": ["my own mix"]}
    for _ in range(2):
        await horde.pop(owner.api_key, **offer)
    assert horde.outcome(await horde.try_pop(other.api_key, "another", **offer)) == (400, "BadRequest")
    path, headers = f"/api/v2/users/{owner.id}", {"apikey": moderator.api_key}
    changed = await horde.client.put(path, json={"customizer": False}, headers=headers)
    assert changed.status_code == 200, changed.text
    assert horde.outcome(await horde.try_pop(owner.api_key, **offer)) == (400, "BadRequest")


async def test_a_paused_worker_gets_its_owners_jobs_only(start_horde: StartHorde) -> None:
    """§5.20: a paused worker is honestly refused others' requests; its owner's are served."""
    horde = await start_horde(reconcile_interval_s=0.05)
    owner = await horde.account()
    await horde.pop(owner.api_key)
    await horde.sql("UPDATE worker SET paused = true")

    async def is_known() -> bool:
        request_id = await horde.request()
        answer = await horde.pop(owner.api_key)
        await horde.cancel(request_id)
        return answer["id"] is None

    await horde.until(is_known, "the server knows that the worker is paused")
    await horde.request()
    request_id = await horde.request(owner.api_key)
    await horde.job(owner.api_key)
    assert (await horde.check(request_id))["processing"] == 1
    assert (await horde.pop(owner.api_key))["id"] is None


@pytest.mark.parametrize("told", [None, "Out for lunch"])
async def test_a_worker_in_maintenance_gets_its_owners_jobs_only(start_horde: StartHorde, told: str | None) -> None:
    """§5.15, basics.md §5.2: in maintenance it serves its owner; with nothing to serve → 403 `WorkerMaintenance`."""
    horde = await start_horde(reconcile_interval_s=0.05)
    owner = await horde.account()
    await horde.pop(owner.api_key)
    await horde.sql("UPDATE worker SET maintenance = true, maintenance_msg = %s", told)

    async def refused() -> Any:
        answer = await horde.try_pop(owner.api_key)
        return answer if answer.status_code == 403 else None

    answer = await horde.until(refused, "the server knows of the maintenance")
    assert answer.json()["rc"] == "WorkerMaintenance"
    assert "maintenance mode" in answer.json()["message"].lower()
    assert (told or "") in answer.json()["message"]
    await horde.request()
    assert (await horde.try_pop(owner.api_key)).status_code == 403
    await horde.request(owner.api_key)
    await horde.job(owner.api_key)


# ---------------------------------------------------------------- the answer


async def test_a_pop_without_a_job(horde: Horde) -> None:
    """§7.7: 200, `id` null, `ids` [], `payload` with defaults, `skipped` with zeros, all keys present."""
    answer = await horde.pop((await horde.account()).api_key)
    payload, skipped = answer.pop("payload"), answer.pop("skipped")
    assert answer == {
        "id": None, "ids": [], "model": None, "ttl": None, "source_image": None, "source_processing": "img2img",
        "source_mask": None, "extra_source_images": None, "r2_upload": None, "r2_uploads": None, "messages": [],
    }  # fmt: skip
    assert payload == {
        "ddim_steps": 30, "n_iter": 1, "sampler_name": "k_euler_a", "cfg_scale": 7.5, "height": 512, "width": 512,
        "karras": False, "tiling": False, "hires_fix": False, "transparent": False, "image_is_control": False,
        "return_control_map": False,
    }  # fmt: skip
    assert skipped == dict.fromkeys(
        [
            "worker_id", "models", "untrusted", "performance", "nsfw", "bridge_version", "unsafe_ip", "img2img",
            "painting", "post-processing", "lora", "controlnet",
        ],
        0,
    )  # fmt: skip


async def test_a_bare_prompt_gets_the_effective_defaults(horde: Horde) -> None:
    """requests.md §1.1, §1.3: a prompt alone is for `stable_diffusion`, karras, cfg 5.0, 30 steps, 512², k_euler_a."""
    await horde.request(prompt="x")
    job = await horde.job((await horde.account()).api_key)
    assert job["model"] == "stable_diffusion"
    seed = job["payload"].pop("seed")
    assert 1 <= int(seed) < 2**32
    assert job["payload"] == {
        "prompt": "x", "ddim_steps": 30, "n_iter": 1, "sampler_name": "k_euler_a", "cfg_scale": 5.0, "height": 512,
        "width": 512, "karras": True, "tiling": False, "hires_fix": False, "transparent": False,
        "image_is_control": False, "return_control_map": False,
    }  # fmt: skip


async def test_a_pop_with_a_job(horde: Horde) -> None:
    """§7.1: all keys present, `skipped` {}, `messages` a list, `r2_uploads` parallel to `ids`."""
    await horde.request(params={"n": 3})
    job = await horde.job((await horde.account()).api_key, amount=3)
    assert set(job) == {
        "payload", "id", "ids", "model", "ttl", "skipped", "source_image", "source_processing", "source_mask",
        "extra_source_images", "r2_upload", "r2_uploads", "messages",
    }  # fmt: skip
    assert job["skipped"] == {}
    assert job["messages"] == []
    assert job["payload"]["n_iter"] == len(set(job["ids"])) == 3
    assert job["id"] == job["ids"][0]
    assert job["r2_upload"] == job["r2_uploads"][0]
    for job_id, upload in zip(job["ids"], job["r2_uploads"], strict=True):
        assert UUID(job_id).version == 4
        assert upload.startswith("http://horde.test/")
        assert job_id in upload


async def test_there_is_an_upload_address_whatever_the_requester_wants(horde: Horde) -> None:
    """§7.5: `r2_upload` and `r2_uploads` also where the images go inline to the client."""
    await horde.request(r2=False)
    job = await horde.job((await horde.account()).api_key)
    assert job["r2_uploads"] == [job["r2_upload"]]
    assert job["id"] in job["r2_upload"]


async def test_what_was_asked_for_reaches_the_worker(horde: Horde) -> None:
    """§7.2: the payload has what was requested, the prompt verbatim with its negative part."""
    params = {
        "sampler_name": "k_heun", "cfg_scale": 7.25, "height": 576, "width": 640, "steps": 12, "karras": False,
        "tiling": True, "hires_fix": True, "clip_skip": 2, "denoising_strength": 0.5,
        "hires_fix_denoising_strength": 0.25, "seed": "42",
    }  # fmt: skip
    await horde.request(prompt="(cat:1.2)\n###dog", params={**params, "n": 1, "gibberish": 1})
    payload = (await horde.job((await horde.account()).api_key))["payload"]
    wanted = {**params, "ddim_steps": params.pop("steps"), "prompt": "(cat:1.2)\n###dog", "n_iter": 1}
    del wanted["steps"]
    assert payload == {**wanted, "transparent": False, "image_is_control": False, "return_control_map": False}


async def test_optional_parameters_are_sent_even_at_their_default(horde: Horde) -> None:
    """§7.3: "only if requested": what was sent is passed on, what was not is absent, never null."""
    await horde.request(params={"clip_skip": 1, "denoising_strength": 1.0})
    payload = (await horde.job((await horde.account()).api_key))["payload"]
    assert (payload["clip_skip"], payload["denoising_strength"]) == (1, 1.0)
    assert "hires_fix_denoising_strength" not in payload
    assert None not in payload.values()


@pytest.mark.parametrize(
    ("body", "censored"),
    [({}, None), ({"nsfw": False}, True), ({"nsfw": False, "censor_nsfw": False}, None), ({"censor_nsfw": True}, None)],
    ids=str,
)
async def test_safe_requests_are_censored_by_the_worker(
    horde: Horde, body: dict[str, Any], censored: bool | None
) -> None:
    """§7.3: `use_nsfw_censor: true` iff not nsfw and censor_nsfw; otherwise absent."""
    await horde.request(**body)
    payload = (await horde.job((await horde.account()).api_key))["payload"]
    assert payload.get("use_nsfw_censor") is censored


async def test_education_accounts_get_safe_pictures_from_trusted_workers(horde: Horde) -> None:
    """§7.9: education accounts: nsfw forced false, censor_nsfw true, trusted_workers true."""
    school = await horde.account("school", columns={"education": True})
    await horde.request(school.api_key, nsfw=True, censor_nsfw=False, trusted_workers=False)
    assert (await horde.pop((await horde.account("eve")).api_key, "eve"))["skipped"]["untrusted"] == 1
    job = await horde.job((await horde.account(trusted=True)).api_key, nsfw=False)
    assert job["payload"]["use_nsfw_censor"] is True


@pytest.mark.parametrize(
    ("seed", "wanted"),
    [("42", "42"), ("abc", "6513249"), ("-5", "13613"), ("4294967296", "1"), ("4294967295", "4294967295"), ("0", "0")],
)
async def test_seeds_become_numbers(horde: Horde, seed: str, wanted: str) -> None:
    """requests.md §2.7: digits as they are, other text by its UTF-8 bytes, shifted below 2³²; sent as a string."""
    await horde.request(params={"seed": seed})
    assert (await horde.job((await horde.account()).api_key))["payload"]["seed"] == wanted


async def test_without_a_seed_every_hand_out_has_its_own(horde: Horde) -> None:
    """§6.6: an unset or empty seed → fresh random per hand-out, at least n."""
    await horde.request(params={"n": 4, "seed": ""})
    key = (await horde.account()).api_key
    seeds = [int((await horde.job(key))["payload"]["seed"]) for _ in range(4)]
    assert len(set(seeds)) == 4
    assert all(4 <= seed < 2**32 for seed in seeds)


async def test_a_seed_is_the_same_for_all_hand_outs(horde: Horde) -> None:
    """§6.6: a seed without variation is sent with every hand-out."""
    await horde.request(params={"n": 2, "seed": "9"})
    key = (await horde.account()).api_key
    assert [(await horde.job(key))["payload"]["seed"] for _ in range(2)] == ["9", "9"]


# ---------------------------------------------------------------- batches


async def test_a_batch_of_five_by_threes(horde: Horde) -> None:
    """§6.6: n 5 with amount 3: two pops, 3 + 2 ids; seeds 7 + 3·5 = 22, then 7 + 3·2 = 13."""
    request_id = await horde.request(params={"n": 5, "seed": "7", "seed_variation": 3})
    key = (await horde.account()).api_key
    first, second = await horde.job(key, amount=3), await horde.job(key, amount=3)
    assert (len(first["ids"]), len(second["ids"])) == (3, 2)
    assert (first["payload"]["seed"], second["payload"]["seed"]) == ("22", "13")
    assert (await horde.check(request_id))["processing"] == 5
    assert (await horde.pop(key, amount=3))["id"] is None


@pytest.mark.parametrize(("max_pixels", "images"), [(262_144, 2), (524_288, 5), (4_194_304, 8)])
async def test_batches_fit_the_workers_pixels(horde: Horde, max_pixels: int, images: int) -> None:
    """§6.4: amount 8 at 512×512: max_pixels 262144 → 2 ids, 524288 → 5, plenty → 8."""
    await horde.request(params={"n": 20})
    job = await horde.job((await horde.account()).api_key, amount=8, max_pixels=max_pixels)
    assert len(job["ids"]) == images


async def test_the_amount_is_one_unless_told(horde: Horde) -> None:
    """§1.1: `amount` is 1 by default."""
    await horde.request(params={"n": 5})
    assert len((await horde.job((await horde.account()).api_key))["ids"]) == 1


async def test_batching_can_be_disabled(horde: Horde) -> None:
    """§6.4: with disable_batching every hand-out has one id."""
    asker = await horde.account("ada", trusted=True)
    await horde.request(asker.api_key, params={"n": 5}, disable_batching=True)
    assert len((await horde.job((await horde.account("bob")).api_key, amount=8))["ids"]) == 1


async def test_batches_of_large_models_are_smaller(horde: Horde) -> None:
    """§6.4: the model factor applies by baseline: flux_1 counts fivefold."""
    model = "Flux.1-Schnell fp8 (Compact)"
    await horde.request(models=[model], params={"n": 20})
    job = await horde.job((await horde.account()).api_key, models=[model], amount=8, max_pixels=1_048_576)
    assert len(job["ids"]) == 2  # round(1048576 / 3.5 · 8 / (262144 · 5))


async def test_no_slot_is_handed_out_twice(horde: Horde) -> None:
    """§6.2: concurrent pops of several workers never share a slot, and leave none behind."""
    request_id = await horde.request(params={"n": 7})
    key = (await horde.account(trusted=True)).api_key
    answers = await asyncio.gather(*(horde.pop(key, f"bee {number % 5}", amount=2) for number in range(12)))
    ids = [job_id for answer in answers for job_id in answer["ids"]]
    while (answer := await horde.pop(key, "bee 0", amount=2))["id"]:
        ids += answer["ids"]
    assert len(ids) == len(set(ids)) == 7
    check = await horde.check(request_id)
    assert (check["processing"], check["waiting"]) == (7, 0)


@pytest.mark.parametrize(
    ("body", "offer", "ttl"),
    [
        ({"params": {"steps": 20}}, {}, 150),
        ({"params": {"steps": 50, "width": 1024, "height": 1024}}, {}, 430),
        ({"params": {"steps": 30, "width": 1024, "height": 1024, "sampler_name": "k_heun"}}, {}, 510),
        ({"params": {"steps": 20}, "models": ["Qwen-Image"]}, {"models": ["Qwen-Image"]}, 210),
        ({"params": {"steps": 20}, "extra_slow_workers": True}, {"extra_slow_worker": True}, 450),
    ],
    ids=str,
)
async def test_the_time_a_job_may_take(
    start_horde: StartHorde, body: dict[str, Any], offer: dict[str, Any], ttl: int
) -> None:
    """§6.7: 30 + steps · 2 · area, tripled for some models, at least 150, tripled for extra slow workers."""
    horde = await start_horde(profile=Profile.HOUSEHOLD)
    await horde.request(**body)
    assert (await horde.job((await horde.account()).api_key, **offer))["ttl"] == ttl


async def test_a_batch_may_take_longer(horde: Horde) -> None:
    """§6.7: the time grows with the images of the batch."""
    await horde.request(params={"n": 8, "steps": 40})
    job = await horde.job((await horde.account()).api_key, amount=8, max_pixels=4_194_304)
    assert (len(job["ids"]), job["ttl"]) == (8, 30 + 40 * 2 * 8)


# ---------------------------------------------------------------- which worker, which request


async def test_an_empty_model_list_means_any(horde: Horde) -> None:
    """requests.md §1.3: `"models": []` matches a worker with any model."""
    await horde.request(models=[])
    job = await horde.job((await horde.account()).api_key, models=["URPM"])
    assert job["model"] == "URPM"


async def test_the_model_is_one_of_both_lists(horde: Horde) -> None:
    """§6.5: a job's model is in the request's list and in the worker's."""
    await horde.request(models=["Deliberate", "URPM", "GhostMix"], params={"n": 6})
    key = (await horde.account()).api_key
    models = {(await horde.job(key, models=["URPM", "GhostMix", "Photon"]))["model"] for _ in range(6)}
    assert models <= {"URPM", "GhostMix"}


async def test_a_worker_list_names_who_may(horde: Horde) -> None:
    """§5.9: an allow-list is for its workers only, a block-list for all others; else `worker_id`."""
    key = (await horde.account()).api_key
    await horde.pop(key, "bee")
    ((bee,),) = await horde.sql("SELECT id::text FROM worker WHERE name = 'bee'")
    await horde.request(workers=[bee])
    assert (await horde.pop(key, "wasp"))["skipped"]["worker_id"] == 1
    await horde.job(key, "bee")
    await horde.request(workers=[bee], worker_blacklist=True)

    async def skipped() -> bool:  # counts are remembered for a second
        answer = await horde.pop(key, "bee")
        assert answer["id"] is None
        return answer["skipped"]["worker_id"] == 1

    await horde.until(skipped, "the blocked worker is told")
    await horde.job(key, "wasp")


async def test_fast_work_is_not_for_slow_workers(start_horde: StartHorde) -> None:
    """§5.7: `slow_workers: false` asks for 500 000 pixelsteps per second; else `performance`."""
    horde = await start_horde(reconcile_interval_s=0.05)
    key = (await horde.account()).api_key
    await horde.pop(key, "snail")
    await horde.sql("UPDATE worker SET speeds = '{499999}'")
    asker = await horde.account("bob", kudos=1000)
    await horde.request(asker.api_key, slow_workers=False, params={"n": 20})

    async def refused() -> Any:
        return (await horde.pop(key, "snail"))["skipped"].get("performance") == 1

    await horde.until(refused, "the server knows how slow the worker is")
    await horde.job(key, "unmeasured")


async def test_kudos_may_be_asked_for_by_the_worker(horde: Horde) -> None:
    """§5.17: `require_upfront_kudos`: payers without the price in hand are refused; trusted ones are not."""
    key = (await horde.account()).api_key
    poor = await horde.account("poor")
    await horde.request(poor.api_key)
    assert (await horde.pop(key, require_upfront_kudos=True))["skipped"]["kudos"] == 1
    for payer in (await horde.account("rich", kudos=1000), await horde.account("sue", trusted=True)):
        await horde.request(payer.api_key)
        await horde.job(key, require_upfront_kudos=True)


async def test_friends_need_no_kudos(horde: Horde) -> None:
    """§5.17: requesters in the priority list are exempt from `require_upfront_kudos`."""
    poor = await horde.account("poor")
    await horde.request(poor.api_key)
    await horde.job((await horde.account()).api_key, require_upfront_kudos=True, priority_usernames=[poor.alias])


async def test_every_waiting_request_is_counted(horde: Horde) -> None:
    """§7.8: `skipped` counts requests, not images, each under its reason."""
    for _ in range(3):
        await horde.request(models=["URPM"], params={"n": 2})
    await horde.request(params={"width": 1024})
    skipped = (await horde.pop((await horde.account()).api_key, max_pixels=512 * 512))["skipped"]
    assert (skipped["models"], skipped["max_pixels"]) == (3, 1)


async def test_an_offer_applies_from_the_pop_that_makes_it(horde: Horde) -> None:
    """§4.1: changed abilities and lists count at once, not after 30 s."""
    await horde.request(models=["URPM"], params={"width": 1024})
    key = (await horde.account()).api_key
    assert (await horde.pop(key, max_pixels=512 * 512))["id"] is None
    assert (await horde.pop(key, models=["URPM"], max_pixels=512 * 512))["id"] is None
    await horde.job(key, models=["URPM"], max_pixels=1024 * 512)


async def test_earlier_requests_come_first(horde: Horde) -> None:
    """§6.1: of equally rich requesters the earlier one is served first."""
    key = (await horde.account()).api_key
    asked = [await horde.request(prompt=f"{number}") for number in range(3)]
    assert len(set(asked)) == 3
    assert [(await horde.job(key))["payload"]["prompt"] for _ in range(3)] == ["0", "1", "2"]


async def test_richer_requesters_come_first(horde: Horde) -> None:
    """§6.1: kudos order the queue, whatever the model list or size."""
    key = (await horde.account()).api_key
    for name, kudos in (("poor", 0), ("rich", 1_000_000), ("middle", 10_000)):
        asker = await horde.account(name, kudos=kudos)
        await horde.request(asker.api_key, name, models=["stable_diffusion", "URPM"][: 1 + (name == "rich")])
    prompts = [(await horde.job(key))["payload"]["prompt"] for _ in range(3)]
    assert prompts == ["rich", "middle", "poor"]


async def test_flagged_requesters_come_last(horde: Horde) -> None:
    """requests.md §12.1: a flagged payer is behind those who are not."""
    key = (await horde.account()).api_key
    flagged = await horde.account("eve", kudos=10_000, columns={"flagged": True})
    await horde.request(flagged.api_key, "flagged")
    await horde.request(prompt="plain")
    prompts = [(await horde.job(key))["payload"]["prompt"] for _ in range(2)]
    assert [prompt.partition("###")[0] for prompt in prompts] == ["plain", "flagged"]  # which is rewritten


async def test_the_owner_and_friends_come_first(horde: Horde) -> None:
    """§6.1: requests of the owner and of friends are a bucket of their own, ordered by the same key."""
    owner, friend = await horde.account("owner"), await horde.account("friend")
    rich = await horde.account("rich", kudos=1_000_000)
    for name, key in (("rich", rich.api_key), ("friend", friend.api_key), ("owner", owner.api_key)):
        await horde.request(key, name)
    offer: dict[str, Any] = {"priority_usernames": [friend.alias]}
    prompts = [(await horde.job(owner.api_key, **offer))["payload"]["prompt"] for _ in range(3)]
    assert prompts == ["friend", "owner", "rich"]


async def test_a_pop_may_be_masked(horde: Horde) -> None:
    """basics.md §6.1: `X-Fields` narrows the answer, below a key too."""
    await horde.request()
    owner = await horde.account()
    answer = await horde.client.post(
        "/api/v2/generate/pop",
        json={"name": "bee", "models": KNOWN_TO_ALL_MODELS, "bridge_agent": "AI Horde Worker reGen:13:x"},
        headers={"apikey": owner.api_key, "X-Fields": "{id,payload{prompt}}"},
    )
    assert set(answer.json()) == {"id", "payload"}
    assert answer.json()["payload"] == {"prompt": "a lighthouse"}
