"""Asking for images: POST /generate/async (requests.md §1–6, basics.md §3–5, §11)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import pytest
from hordes import Horde, StartHorde

from horde_server.errors import MOST_FAULTS
from horde_server.settings import Profile

PLAIN = {"sampler_name": "k_euler", "steps": 30}

# ---------------------------------------------------------------- keys and bodies


async def test_a_missing_key_is_400_and_a_wrong_one_401(horde: Horde) -> None:
    """basics.md §2.1: without `apikey` → 400 with `errors.apikey`; with a wrong key → 401 `InvalidAPIKey`."""
    missing = await horde.ask(None)
    assert missing.status_code == 400
    assert "apikey" in missing.json()["errors"]
    assert "rc" not in missing.json()
    wrong = await horde.ask("not a key")
    assert (wrong.status_code, wrong.json()["rc"]) == (401, "InvalidAPIKey")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b'{"prompt": "x"}', "text/plain"),
        (b'{"prompt": "x"}', ""),
        (b"", "application/json"),
        (b'{"prompt": ', "application/json"),
        (b"\xff\xfe", "application/json"),
    ],
)
async def test_a_body_that_is_not_json_is_refused_without_rc_and_errors(
    horde: Horde, content: bytes, content_type: str
) -> None:
    """basics.md §3.2: no JSON content type, an empty or a malformed body → 400 with a message only."""
    headers = {"apikey": "0000000000", "content-type": content_type}
    answer = await horde.client.post("/api/v2/generate/async", content=content, headers=headers)
    assert answer.status_code == 400
    assert set(answer.json()) == {"message"}


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/vnd.horde+json"])
async def test_json_content_types_may_have_suffixes(horde: Horde, content_type: str) -> None:
    """basics.md §2.4: the content type may be `application/json` or any `application/*+json`, with a charset suffix."""
    headers = {"apikey": "0000000000", "content-type": content_type}
    answer = await horde.client.post("/api/v2/generate/async", content=b'{"prompt": "x"}', headers=headers)
    assert answer.status_code == 202


async def test_a_list_is_refused_in_a_sentence(horde: Horde) -> None:
    """basics.md §3.2: the original has it under the empty key of `errors`; here as every body that is no object."""
    answer = await horde.client.post("/api/v2/generate/async", json=[], headers={"apikey": "0000000000"})
    assert answer.status_code == 400
    assert list(answer.json()) == ["message"]
    assert answer.json()["message"].endswith(" It is a list.")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
async def test_numbers_that_json_does_not_know_are_refused(horde: Horde, number: str) -> None:
    """basics.md §3.2: `NaN` and `Infinity` are 400, not taken as numbers."""
    content = f'{{"prompt": "x", "params": {{"cfg_scale": {number}}}}}'.encode()
    headers = {"apikey": "0000000000", "content-type": "application/json"}
    answer = await horde.client.post("/api/v2/generate/async", content=content, headers=headers)
    assert answer.status_code == 400


async def test_every_violation_is_reported_at_once_by_its_path(horde: Horde) -> None:
    """basics.md §3.3: all violations of the schema at once, under dotted paths, texts as values, no `rc`."""
    answer = await horde.client.post(
        "/api/v2/generate/async",
        json={"nsfw": "yes", "params": {"steps": 0, "width": 100}, "models": ["ok", 5]},
        headers={"apikey": "0000000000"},
    )
    assert answer.status_code == 400
    body = answer.json()
    assert set(body["errors"]) == {"prompt", "nsfw", "params.steps", "params.width", "models.1"}
    assert all(isinstance(text, str) for text in body["errors"].values())
    assert "rc" not in body


async def test_the_schema_is_checked_before_the_key(horde: Horde) -> None:
    """basics.md §3.1: the schema comes before the headers."""
    answer = await horde.ask(None, params={"steps": 0})
    assert set(answer.json()["errors"]) == {"params.steps"}


async def test_null_is_refused_for_every_key(horde: Horde) -> None:
    """basics.md §3.4: `null` for any declared key is rejected; clients omit keys instead."""
    top = [
        "prompt", "params", "nsfw", "censor_nsfw", "trusted_workers", "slow_workers", "extra_slow_workers", "workers",
        "worker_blacklist", "models", "source_image", "source_processing", "source_mask", "extra_source_images", "r2",
        "shared", "replacement_filter", "dry_run", "proxied_account", "disable_batching", "allow_downgrade", "webhook",
        "style", "validated_backends",
    ]  # fmt: skip
    params = [
        "sampler_name", "cfg_scale", "denoising_strength", "hires_fix_denoising_strength", "height", "width",
        "post_processing", "karras", "tiling", "hires_fix", "clip_skip", "facefixer_strength", "loras", "tis",
        "special", "workflow", "transparent", "seed", "seed_variation", "control_type", "image_is_control",
        "return_control_map", "extra_texts", "steps", "n",
    ]  # fmt: skip
    for some in (top[:MOST_FAULTS], top[MOST_FAULTS:]):
        nulls: dict[str, Any] = dict.fromkeys(some)
        answer = await horde.ask(**nulls)
        assert (answer.status_code, set(answer.json()["errors"])) == (400, set(some))
    for some in (params[:MOST_FAULTS], params[MOST_FAULTS:]):
        answer = await horde.ask(params=dict.fromkeys(some))
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {f"params.{name}" for name in some})


async def test_types_are_strict(horde: Horde) -> None:
    """basics.md §3.4: `true` is no integer, `1` no boolean, 20.5 no integer; nothing is coerced, a seed is a string."""
    wrong = [
        ("steps", True), ("steps", 20.5), ("steps", "30"), ("n", [1]), ("cfg_scale", "7"), ("cfg_scale", True),
        ("karras", 1), ("tiling", "true"), ("seed", 5), ("sampler_name", 3), ("width", {}),
    ]  # fmt: skip
    for name, value in wrong:
        answer = await horde.ask(params={name: value})
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {f"params.{name}"}), value


async def test_whole_floats_count_as_integers(horde: Horde) -> None:
    """basics.md §3.4: `512.0` is accepted as an integer, and an integer where a number is expected."""
    answer = await horde.ask(params={"width": 512.0, "steps": 20.0, "cfg_scale": 7})
    assert answer.status_code == 202


async def test_huge_numbers_are_refused(horde: Horde) -> None:
    """basics.md §4.3: every malformed input gives 4xx, never 500."""
    for name in ("steps", "n", "width", "clip_skip", "seed_variation", "cfg_scale"):
        for huge in (10**10, -(10**10), 10**19, 10**300):
            answer = await horde.ask(params={name: huge})
            assert (answer.status_code, set(answer.json()["errors"])) == (400, {f"params.{name}"}), huge


async def test_values_beyond_the_limits_are_refused(horde: Horde) -> None:
    """§2.1: minimum, maximum, multiple and enum of every parameter are enforced."""
    beyond: dict[str, list[Any]] = {
        "steps": [0, 501], "n": [0, 21], "width": [0, 63, 100, 3136], "height": [-64, 63, 513, 3136],
        "cfg_scale": [-0.01, 100.01], "denoising_strength": [0, 1.01], "hires_fix_denoising_strength": [0, 1.01],
        "clip_skip": [0, 13], "seed_variation": [0, 1001], "sampler_name": ["euler", ""], "control_type": ["mlsd"],
    }  # fmt: skip
    accepted = [
        (name, value)
        for name, values in beyond.items()
        for value in values
        if list((await horde.ask(params={name: value})).json().get("errors", ())) != [f"params.{name}"]
    ]
    assert accepted == []


async def test_values_at_the_limits_are_taken(start_horde: StartHorde) -> None:
    """§2.1: the limits themselves are allowed."""
    horde = await start_horde(profile=Profile.HOUSEHOLD)
    within: dict[str, list[Any]] = {
        "steps": [1, 500], "n": [1, 20], "width": [64, 3072], "height": [64, 3072], "cfg_scale": [0, 100, 7.25],
        "denoising_strength": [0.01, 1], "hires_fix_denoising_strength": [0.01, 1.0], "clip_skip": [1, 12],
        "seed_variation": [1, 1000], "seed": ["", "4294967296", "abc"], "sampler_name": ["k_lms", "lcm", "DDIM"],
    }  # fmt: skip
    refused = [
        (name, value, answer.text)
        for name, values in within.items()
        for value in values
        if (answer := await horde.ask(params={name: value}, dry_run=True)).status_code != 200
    ]
    assert refused == []


async def test_an_empty_prompt_fails_the_schema(horde: Horde) -> None:
    """§1.2: `prompt` has at least one character."""
    answer = await horde.ask(prompt="")
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"prompt"})


async def test_overlong_names_are_refused(horde: Horde) -> None:
    """§1.3: a model name over 255 characters is 400."""
    answer = await horde.ask(models=["m" * 256])
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"models.0"})


@pytest.mark.parametrize(
    "body",
    [{"prompt": "a\0b"}, {"models": ["stable\0diffusion"]}, {"params": {"seed": "\0"}}, {"workers": ["\0"]}],
    ids=str,
)
async def test_nul_characters_are_refused(horde: Horde, body: dict[str, Any]) -> None:
    """basics.md §3.7: a NUL in any stored string → 400 `NulByteInPayload`."""
    assert horde.outcome(await horde.ask(**body)) == (400, "NulByteInPayload")


async def test_unknown_keys_are_ignored(horde: Horde) -> None:
    """basics.md §3.5: unknown keys are allowed, at the top and in `params`."""
    answer = await horde.ask(loras=[{"name": "x"}], sampler_name="nonsense", params={"gibberish": {"a": None}})
    assert answer.status_code == 202


async def test_a_style_that_nobody_has_is_refused(horde: Horde) -> None:
    """§3.1: before the key is looked at, as on the original; never silently dropped."""
    for key in ("0000000000", "nobody's"):
        answer = await horde.ask(key, style="lovely")
        assert horde.outcome(answer) == (404, "StyleNotFound")


async def test_asking_for_nothing_is_asking_for_a_plain_image(horde: Horde) -> None:
    """§1–2: empty and false values ask for nothing, so clients that always send them are served."""
    nothing = {"loras": [], "tis": [], "post_processing": [], "extra_texts": [], "special": {}, "transparent": False}
    answer = await horde.ask(
        source_image="", source_processing="img2img", extra_source_images=[], shared=True, replacement_filter=False,
        params={**nothing, "image_is_control": False, "return_control_map": False},
    )  # fmt: skip
    assert answer.status_code == 202, answer.text


# ---------------------------------------------------------------- the rules of §3, in order


async def test_a_webhook_needs_https(horde: Horde) -> None:
    """§3.3: a webhook that does not start with https:// → 400 `BadRequest`."""
    answer = await horde.ask(webhook="http://example.org/hook")
    assert horde.outcome(answer) == (400, "BadRequest")
    assert "https://" in answer.json()["message"]


@pytest.mark.parametrize("worker", ["not-a-uuid", "", "00000000-0000-0000-0000-000000000000"])
async def test_named_workers_must_exist(horde: Horde, worker: str) -> None:
    """§3.10: an id in `workers` that is no UUID or no worker → 404 `WorkerNotFound`."""
    assert horde.outcome(await horde.ask(workers=[worker])) == (404, "WorkerNotFound")


async def test_named_workers_must_exist_beyond_the_fifth(horde: Horde) -> None:
    """§1.4: only five workers are kept, but every listed id must exist."""
    owner = await horde.account()
    await horde.pop(owner.api_key)
    ((worker_id,),) = await horde.sql("SELECT id::text FROM worker")
    assert (await horde.ask(workers=[worker_id] * 6)).status_code == 202
    answer = await horde.ask(workers=[worker_id] * 5 + [str(uuid4())])
    assert horde.outcome(answer) == (404, "WorkerNotFound")


async def test_disabling_batching_for_several_images_needs_trust(horde: Horde) -> None:
    """§3.11: `n` > 1 with `disable_batching` of an untrusted user → 400 `RequiresTrust`."""
    trusted = await horde.account(trusted=True)
    asked: dict[str, Any] = {"params": {"n": 2}, "disable_batching": True}
    assert horde.outcome(await horde.ask(**asked)) == (400, "RequiresTrust")
    assert (await horde.ask(trusted.api_key, **asked)).status_code == 202
    assert (await horde.ask(params={"n": 1}, disable_batching=True)).status_code == 202


async def test_waiting_images_count_against_the_concurrency(horde: Horde) -> None:
    """§3.12: waiting + n over the account's concurrency → 429 with rc `TooManyPrompts`."""
    asker = await horde.account(columns={"concurrency": 5})
    assert (await horde.ask(asker.api_key, params={"n": 6})).status_code == 429
    await horde.request(asker.api_key, params={"n": 4})
    assert horde.outcome(await horde.ask(asker.api_key, params={"n": 2})) == (429, "TooManyPrompts")
    assert (await horde.ask(asker.api_key, params={"n": 1})).status_code == 202


async def test_images_with_a_worker_do_not_count_against_the_concurrency(horde: Horde) -> None:
    """§3.12: only what still waits counts; jobs already with a worker do not."""
    asker = await horde.account(columns={"concurrency": 2})
    await horde.request(asker.api_key, params={"n": 2})
    assert (await horde.ask(asker.api_key)).status_code == 429
    await horde.job((await horde.account("bob")).api_key, amount=2)
    assert (await horde.ask(asker.api_key, params={"n": 2})).status_code == 202


async def test_cancelling_frees_the_concurrency(horde: Horde) -> None:
    """§3.12: only live, active slots count."""
    asker = await horde.account(columns={"concurrency": 2})
    request_id = await horde.request(asker.api_key, params={"n": 2})
    await horde.cancel(request_id)
    assert (await horde.ask(asker.api_key, params={"n": 2})).status_code == 202


async def test_anonymous_is_counted_by_model(horde: Horde) -> None:
    """§3.12: for Anonymous only requests for one of the same models count; with no models, all of them."""
    await horde.sql("UPDATE account SET concurrency = 3 WHERE id = 0")
    await horde.request(models=["Deliberate", "Dreamshaper"], params={"n": 3})
    assert horde.outcome(await horde.ask(models=["Deliberate"])) == (429, "TooManyPrompts")
    assert horde.outcome(await horde.ask(models=[])) == (429, "TooManyPrompts")
    assert (await horde.ask(models=["URPM"])).status_code == 202


@pytest.mark.parametrize("model", ["Flux.1-Schnell fp8 (Compact)", "Qwen-Image", "Z-Image-Turbo", "Mine [Flux]"])
async def test_hires_fix_does_not_fit_newer_models(horde: Horde, model: str) -> None:
    """§3.15: `hires_fix` with a flux_1, qwen_image or z_image_turbo model → 400 `HiResMismatch`."""
    answer = await horde.ask(models=["stable_diffusion", model], params={"hires_fix": True})
    assert horde.outcome(answer) == (400, "HiResMismatch")


async def test_a_prompt_has_at_most_7500_words(horde: Horde) -> None:
    """§3.20: more than 7500 whitespace-separated words → 400 `InvalidPromptSize`."""
    assert horde.outcome(await horde.ask(prompt="cat " * 7501)) == (400, "InvalidPromptSize")
    assert (await horde.ask(prompt="cat\n" * 7500)).status_code == 202


async def test_a_prompt_has_a_sane_length(horde: Horde) -> None:
    """§3.20, made safe: one word of a million characters is too long as well."""
    assert horde.outcome(await horde.ask(prompt="a" * 1_000_000)) == (400, "InvalidPromptSize")


async def test_cfg_scale_has_at_most_two_decimals(horde: Horde) -> None:
    """§3.23: cfg_scale with more than two decimals → 400 `BadCFGDecimals`."""
    assert horde.outcome(await horde.ask(params={"cfg_scale": 7.555})) == (400, "BadCFGDecimals")
    assert (await horde.ask(params={"cfg_scale": 7.55})).status_code == 202


async def test_special_models_are_for_special_accounts(horde: Horde) -> None:
    """§3.24: a `horde_special` model of a plain user → 403 `SpecialModelNeedsSpecialUser`."""
    special = await horde.account(columns={"special": True})
    asked: dict[str, Any] = {
        "models": ["stable_diffusion", f"horde_special::{special.alias}"],
        "params": {"special": {"a": 1}},
    }
    assert horde.outcome(await horde.ask(**asked)) == (403, "SpecialModelNeedsSpecialUser")
    assert (await horde.ask(special.api_key, **asked)).status_code == 202


async def test_the_sample_client_agent_is_banned(horde: Horde) -> None:
    """§3.27: the documentation's sample `Client-Agent` → 403 `BannedClientAgent`."""
    headers = {"apikey": "0000000000", "Client-Agent": "My-Project:v0.0.1:My-Contact"}
    answer = await horde.client.post("/api/v2/generate/async", json={"prompt": "x"}, headers=headers)
    assert horde.outcome(answer) == (403, "BannedClientAgent")


async def test_a_refused_request_leaves_nothing_behind(horde: Horde) -> None:
    """§3: nothing is stored or charged before everything passed (also §7.3: no hold of a refused request)."""
    asker = await horde.account(kudos=30)
    for body in ({"params": {"cfg_scale": 7.555}}, {"slow_workers": False}, {"dry_run": True}):
        await horde.ask(asker.api_key, **body)
    assert await horde.sql("SELECT id FROM request") == []
    assert (await horde.user(asker))["kudos"] == 30


async def test_over_the_rate_limit_there_is_no_rc(start_horde: StartHorde) -> None:
    """basics.md §7.2, §7.1: a rate limit's 429 has a message like "2 per 1 second", no `rc`, and the four headers."""
    horde = await start_horde(rate_limits=True)
    answers = [await horde.ask(dry_run=True) for _ in range(91)]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert set(refused.json()) == {"message"}
    assert " per 1 " in refused.json()["message"]
    for name in ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After"):
        assert refused.headers[name].isdigit()
        assert answers[0].headers[name].isdigit()


# ---------------------------------------------------------------- kudos up front


@pytest.mark.parametrize(
    "body",
    [
        {"slow_workers": False},
        {"params": {"sampler_name": "lcm", "steps": 11}},
        {"params": {"steps": 41}},
        {"params": {"steps": 21, "sampler_name": "k_heun"}},
        {"models": [], "params": {"steps": 41}},
        {"params": {"width": 1088, "height": 1024}},
    ],
    ids=str,
)
async def test_heavy_requests_need_kudos_in_hand(horde: Horde, body: dict[str, Any]) -> None:
    """§7.2: fast workers, many LCM steps, many steps or much area, from a payer without kudos → 403 `KudosUpfront`."""
    poor = await horde.account()
    answer = await horde.ask(poor.api_key, **body)
    assert horde.outcome(answer) == (403, "KudosUpfront")
    assert answer.json()["required_kudos"] > 0


@pytest.mark.parametrize(
    "params",
    [
        {"sampler_name": "lcm", "steps": 10},
        {"steps": 40},
        {"steps": 20, "sampler_name": "k_heun"},
        {"sampler_name": "k_dpm_adaptive", "steps": 500},
        {"width": 1024, "height": 1024},
        {"n": 20},
    ],
    ids=str,
)
async def test_plain_requests_need_none(horde: Horde, params: dict[str, Any]) -> None:
    """§7.2: at the limits nothing is needed, so that users without kudos are served."""
    poor = await horde.account()
    assert (await horde.ask(poor.api_key, params=params)).status_code == 202


async def test_a_payer_with_kudos_may_ask_for_heavy_work(horde: Horde) -> None:
    """§7.3: with the estimate above the floor in hand the request is taken, and held back until it is done."""
    payer = await horde.account(kudos=40)
    price = (await horde.ask(payer.api_key, slow_workers=False, dry_run=True)).json()["kudos"]
    assert 25 + price < 40 < 25 + 2 * price, "the example fits"
    first = await horde.request(payer.api_key, slow_workers=False)
    assert horde.outcome(await horde.ask(payer.api_key, slow_workers=False)) == (403, "KudosUpfront")
    assert horde.outcome(await horde.ask(payer.api_key, slow_workers=False, dry_run=True)) == (403, "KudosUpfront")
    assert (await horde.check(first))["waiting"] == 1


async def test_anonymous_may_owe_fifty(horde: Horde) -> None:
    """§7.3: Anonymous can spend down to −50."""
    assert (await horde.ask(slow_workers=False)).status_code == 202
    assert horde.outcome(await horde.ask(slow_workers=False, params={"n": 10})) == (403, "KudosUpfront")


async def test_a_long_queue_makes_large_images_heavy(horde: Horde) -> None:
    """§7.1: the free size shrinks with the queue to 1024 − 0.9·queue here, but not for SDXL."""
    poor = await horde.account()
    large: dict[str, Any] = {"params": {"width": 960, "height": 960}}
    assert (await horde.ask(poor.api_key, **large, dry_run=True)).status_code == 200
    for _ in range(5):
        await horde.request(params={"n": 20})
    assert horde.outcome(await horde.ask(poor.api_key, **large)) == (403, "KudosUpfront")
    assert (await horde.ask(poor.api_key, **large, models=["SDXL 1.0"])).status_code == 202
    assert (await horde.ask(poor.api_key, params={"width": 896, "height": 896})).status_code == 202


async def test_naming_workers_needs_kudos_where_the_horde_says_so(start_horde: StartHorde) -> None:
    """§7.2: with the setting, naming workers needs kudos in hand."""
    horde = await start_horde(upfront_kudos_on_workerlist=True)
    poor = await horde.account()
    await horde.pop(poor.api_key)
    ((worker_id,),) = await horde.sql("SELECT id::text FROM worker")
    assert horde.outcome(await horde.ask(poor.api_key, workers=[worker_id])) == (403, "KudosUpfront")
    assert (await horde.ask(poor.api_key)).status_code == 202


async def test_a_household_never_asks_for_kudos_up_front(start_horde: StartHorde) -> None:
    """Profile household: among people who know each other nothing needs kudos in hand."""
    horde = await start_horde(profile=Profile.HOUSEHOLD)
    poor = await horde.account()
    answer = await horde.ask(poor.api_key, slow_workers=False, params={"steps": 500, "width": 3072, "height": 3072})
    assert answer.status_code == 202


# ---------------------------------------------------------------- dry runs and the 202


async def test_a_dry_run_answers_the_price_and_nothing_else(horde: Horde) -> None:
    """§6.2: dry_run → 200 `{"kudos": number}`; nothing is charged or queued."""
    asker = await horde.account(kudos=100)
    answer = await horde.ask(asker.api_key, dry_run=True)
    assert answer.status_code == 200
    assert set(answer.json()) == {"kudos"}
    assert answer.json()["kudos"] > 0
    assert await horde.sql("SELECT id FROM request") == []
    assert (await horde.user(asker))["kudos"] == 100


async def test_a_dry_run_is_validated_like_a_request(horde: Horde) -> None:
    """§6.2: dry_run answers nobody without a key, and refuses what the request would be refused for."""
    assert horde.outcome(await horde.ask("not a key", dry_run=True)) == (401, "InvalidAPIKey")
    assert horde.outcome(await horde.ask(dry_run=True, params={"cfg_scale": 7.555})) == (400, "BadCFGDecimals")
    poor = await horde.account()
    assert horde.outcome(await horde.ask(poor.api_key, dry_run=True, slow_workers=False)) == (403, "KudosUpfront")


async def test_a_dry_run_depends_on_all_that_costs(horde: Horde) -> None:
    """§6.2: slow_workers, worker_blacklist, n and the model change the price, also right after another dry run."""
    rich = await horde.account(kudos=10_000)

    async def price(params: Mapping[str, Any] = MappingProxyType({}), **body: Any) -> float:
        asked = {"steps": 50, **params}  # 10 % of it are more than a kudo, to which a dry run rounds
        return (await horde.ask(rich.api_key, dry_run=True, params=asked, **body)).json()["kudos"]

    plain = await price()
    assert await price(slow_workers=False) > plain
    assert await price(worker_blacklist=True) > plain
    assert await price({"n": 2}) > plain
    assert await price(models=["SDXL 1.0"]) > plain
    assert await price(models=[]) == await price(models=["SDXL 1.0"])
    assert await price(models=["Deliberate"]) == plain


@pytest.mark.parametrize(
    "body",
    [
        {"params": PLAIN},
        {"params": {**PLAIN, "n": 3}},
        {"params": {**PLAIN, "n": 2}, "slow_workers": False},
        {"params": {**PLAIN, "n": 2}, "worker_blacklist": True, "models": ["SDXL 1.0"]},
        {"params": {**PLAIN, "hires_fix": True}, "models": ["Stable Cascade 1.0"]},
    ],
    ids=str,
)
async def test_the_dry_run_is_what_will_be_charged(horde: Horde, body: dict[str, Any]) -> None:
    """kudos.md §2.6: the price of a dry run is what a request costs when all its images are delivered."""
    asker, owner = await horde.account(kudos=1000), await horde.account("bob", trusted=True)
    price = (await horde.ask(asker.api_key, dry_run=True, **body)).json()["kudos"]
    request_id = await horde.request(asker.api_key, **body)
    job = await horde.job(owner.api_key, amount=3, models=body.get("models", ["stable_diffusion"]))
    for job_id in job["ids"]:
        await horde.submit(owner.api_key, job_id)
    check = await horde.check(request_id)
    assert check["done"]
    assert check["kudos"] == price
    await horde.folded()
    assert 1000 - (await horde.user(asker))["kudos"] == pytest.approx(price, abs=0.5)


async def test_the_202_names_the_price_of_one_image(horde: Horde) -> None:
    """§6.1: 202 has the id (a UUID) and `kudos` = price of one image, whatever n, model and speed are."""
    rich = await horde.account(kudos=10_000)
    one = (await horde.ask(rich.api_key)).json()
    many = (
        await horde.ask(rich.api_key, params={"n": 5}, models=["SDXL 1.0"], slow_workers=False, worker_blacklist=True)
    ).json()
    assert UUID(one["id"]).version == 4
    assert one["kudos"] == many["kudos"] > 0
    dry = (await horde.ask(rich.api_key, dry_run=True)).json()["kudos"]
    assert dry > one["kudos"], "the two differ for n=1 as well"


async def test_consumed_kudos_start_at_the_tax(horde: Horde) -> None:
    """§6.3: right after the 202 a request has consumed 3, and its payer has paid them."""
    asker = await horde.account(kudos=100)
    request_id = await horde.request(asker.api_key, params={"n": 4})
    assert (await horde.check(request_id))["kudos"] == 3
    await horde.folded()
    assert (await horde.user(asker))["kudos"] == 97


async def test_without_a_worker_the_202_warns(horde: Horde) -> None:
    """§6.4: when nobody can serve it: `message` and the warning `NoAvailableWorker`; else neither."""
    lonely = (await horde.ask()).json()
    assert lonely["message"]
    assert [warning["code"] for warning in lonely["warnings"]] == ["NoAvailableWorker"]
    assert lonely["warnings"][0]["message"] == lonely["message"]
    await horde.job((await horde.account()).api_key)
    served = (await horde.ask()).json()
    assert set(served) == {"id", "kudos"}


async def test_a_rich_account_may_ask(horde: Horde) -> None:
    """An account with more than 2³¹ kudos is served (500 upstream)."""
    rich = await horde.account(kudos=2**33)
    assert (await horde.ask(rich.api_key)).status_code == 202


async def test_a_mask_trims_the_202(horde: Horde) -> None:
    """basics.md §6.1: `X-Fields` narrows any good answer."""
    headers = {"apikey": "0000000000", "X-Fields": "id"}
    answer = await horde.client.post("/api/v2/generate/async", json={"prompt": "x"}, headers=headers)
    assert (answer.status_code, set(answer.json())) == (202, {"id"})


async def test_an_unknown_method_is_405_without_rc(horde: Horde) -> None:
    """basics.md §1.2: an unknown method on a known path → 405 with a message, no `rc`; OPTIONS → 200 with `Allow`."""
    answer = await horde.client.get("/api/v2/generate/async")
    assert (answer.status_code, set(answer.json())) == (405, {"message"})
    answer = await horde.client.options("/api/v2/generate/async")
    assert (answer.status_code, answer.content) == (200, b"")
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/api/v2/generate/sync", "/api/v2/generate/progress/1", "/api/v3/generate/async"])
async def test_what_never_existed_is_404(horde: Horde, path: str) -> None:
    """basics.md §1.3: these do not exist; §4.1: the answer is JSON."""
    answer = await horde.client.post(path, json={"prompt": "x"}, headers={"apikey": "0000000000"})
    assert answer.status_code == 404
    assert answer.json()["message"]


async def test_the_first_version_never_existed_either_and_says_so_as_kobold(horde: Horde) -> None:
    """`/api/v1` is KoboldAI's: what is not there is refused in its words (gateway-kobold.md)."""
    answer = await horde.client.post("/api/v1/generate/async", json={"prompt": "x"})
    assert (answer.status_code, answer.json()["detail"]["type"]) == (404, "NotFound")


@pytest.mark.parametrize("key", ["0000000000", "not a key", None])
async def test_every_answer_may_be_read_by_any_web_page(horde: Horde, key: str | None) -> None:
    """basics.md §8.1: CORS headers, the node's name and the JSON type on good answers and on errors."""
    answer = await horde.ask(key)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "apikey" in answer.headers["Access-Control-Allow-Headers"]
    assert answer.headers["Horde-Node"].count(":") == 2
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
