"""Asking for texts: POST /generate/text/async (requests.md §8.1, §8.7)."""

from __future__ import annotations

from typing import Any

import pytest
from hordes import Horde, StartHorde

LARGE = "Llama-3.3-70B-Instruct"
IMAGES = [{"image": "x"}]


async def stored(horde: Horde, column: str = "request_order") -> Any:
    """What was kept of the only request."""
    ((value,),) = await horde.sql(f"SELECT {column} FROM request")
    return value


# ---------------------------------------------------------------- the body


async def test_a_key_and_a_prompt_are_needed(horde: Horde) -> None:
    """basics.md §2.1, requests.md §8.1: without `apikey` → 400 with `errors.apikey`; no prompt → `errors.prompt`."""
    answer = await horde.texts.ask(None)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"apikey"})
    answer = await horde.client.post("/api/v2/generate/text/async", json={}, headers={"apikey": "0000000000"})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"prompt"})


async def test_an_empty_prompt(horde: Horde) -> None:
    """§3.9: `""` → 400 `MissingPrompt`."""
    assert horde.outcome(await horde.texts.ask(prompt="")) == (400, "MissingPrompt")


async def test_a_prompt_longer_than_any_context(horde: Horde) -> None:
    """§3.9, where the original has no limit: what a request keeps in memory is bounded → 400 `InvalidPromptSize`."""
    most = 4 * 262_144
    assert horde.outcome(await horde.texts.ask(prompt="x" * (most + 1))) == (400, "InvalidPromptSize")
    assert (await horde.texts.ask(prompt="x" * most)).status_code == 202


async def test_a_nul_in_the_prompt(horde: Horde) -> None:
    """basics.md §3.7: → 400 `NulByteInPayload`."""
    assert horde.outcome(await horde.texts.ask(prompt="a\0b")) == (400, "NulByteInPayload")


@pytest.mark.parametrize(
    ("path", "values"),
    {
        "params": [None, []],
        "params.n": [0, 21, "1", True],
        "params.max_length": [15, 4097, 20.5],
        "params.max_context_length": [79, 1_048_577],
        "params.rep_pen": [0.9, 3.1],
        "params.rep_pen_range": [-1, 4097],
        "params.rep_pen_slope": [-0.1, 10.1],
        "params.temperature": [-0.1, 5.1, None, "1"],
        "params.tfs": [-0.1, 1.1],
        "params.top_a": [-0.1, 1.1],
        "params.top_k": [-1, 201],
        "params.top_p": [0, 1.1],
        "params.typical": [-0.1, 1.1],
        "params.min_p": [-0.1, 1.1],
        "params.smoothing_factor": [-0.1, 10.1],
        "params.dynatemp_range": [-0.1, 5.1],
        "params.dynatemp_exponent": [-0.1, 5.1],
        "params.sampler_order": [None, "0", list(range(101))],
        "params.stop_sequence": [None, "x", ["x"] * 2001],
        "params.singleline": [1, None],
        "softprompt": ["", "x" * 101, None],
        "models": [None, "m", ["m"] * 1001],
        "models.0": [["x" * 256], [5]],
        "workers": [None, ["w"] * 1001],
        "validated_backends": [None, 1],
        "proxied_account": ["x" * 256],
        "webhook": ["https://" + "x" * 1020],
        "style": ["xx"],
        "extra_source_images": [None, "x"],
        "extra_source_images.0.image": [[{"strength": 1.0}], [{"image": ""}]],
    }.items(),
)  # fmt: skip
async def test_fields_beyond_their_limits_are_named(horde: Horde, path: Any, values: Any) -> None:
    """basics.md §3.3, §3.4: types are strict, limits enforced, `null` refused; the fault is reported by its path."""
    for value in values:
        top, _, name = path.partition(".")
        body: dict[str, Any] = {"params": {name: value}} if top == "params" and name else {top: value}
        answer = await horde.texts.ask(**body)
        assert answer.status_code == 400, (path, value)
        assert path in answer.json()["errors"], (path, value, answer.json())


async def test_unknown_keys_are_ignored(horde: Horde) -> None:
    """basics.md §3.5: also within `params`."""
    assert (await horde.texts.ask(streaming=True, params={"mirostat": 2})).status_code == 202


# ---------------------------------------------------------------- refusals in their order


async def test_a_wrong_key(horde: Horde) -> None:
    """basics.md §2.1: → 401 `InvalidAPIKey`."""
    assert horde.outcome(await horde.texts.ask("not a key")) == (401, "InvalidAPIKey")


async def test_the_horde_in_maintenance(horde: Horde, start_horde: StartHorde) -> None:
    """§3.2: → 400 `MaintenanceMode`, before the key is looked at."""
    await horde.sql("UPDATE horde_modes SET maintenance = true")
    resting = await start_horde()
    assert horde.outcome(await resting.texts.ask("not a key")) == (400, "MaintenanceMode")


async def test_a_webhook_has_a_secure_address(horde: Horde) -> None:
    """§3.3: → 400 `BadRequest`."""
    assert horde.outcome(await horde.texts.ask(webhook="http://example.org")) == (400, "BadRequest")


async def test_a_proxied_account_is_for_services(horde: Horde) -> None:
    """§3.5: → 400 `OnlyServiceAccountProxy`; what a service sends is kept."""
    assert horde.outcome(await horde.texts.ask(proxied_account="ada")) == (400, "OnlyServiceAccountProxy")
    service = await horde.account("service", {"service": True})
    await horde.texts.request(service.api_key, proxied_account="ada")
    assert (await stored(horde))["proxied_account"] == "ada"


async def test_a_deleted_account(horde: Horde) -> None:
    """§3.6: → 403 `DeletedUser`."""
    gone = await horde.account("gone", {"deleted": True})
    assert horde.outcome(await horde.texts.ask(gone.api_key)) == (403, "DeletedUser")


async def test_texts_have_no_source_images(horde: Horde) -> None:
    """§8.2, §3.7, §3.8: six, two of somebody untrusted, one; the dots are part of the codes."""
    trusted = await horde.account("trusted", trusted=True)
    assert horde.outcome(await horde.texts.ask(extra_source_images=IMAGES * 6)) == (400, "TooManyExtraSourceImages.")
    assert horde.outcome(await horde.texts.ask(extra_source_images=IMAGES * 2)) == (400, "MoreThanMinExtraSourceImage.")
    assert horde.outcome(await horde.texts.ask(extra_source_images=IMAGES)) == (400, "InvalidExtraSourceImages.")
    answer = await horde.texts.ask(trusted.api_key, extra_source_images=IMAGES * 2)
    assert horde.outcome(answer) == (400, "InvalidExtraSourceImages.")


@pytest.mark.parametrize("worker", ["not an id", "5f0a4c6e-0000-4000-8000-000000000002"])
async def test_named_workers_exist(horde: Horde, worker: str) -> None:
    """§3.10: each → 404 `WorkerNotFound`."""
    assert horde.outcome(await horde.texts.ask(workers=[worker])) == (404, "WorkerNotFound")


async def test_only_the_trusted_disable_batching(horde: Horde) -> None:
    """§3.11: for more than one text → 400 `RequiresTrust`."""
    trusted = await horde.account("trusted", trusted=True)
    body: dict[str, Any] = {"disable_batching": True, "params": {"n": 2}}
    assert horde.outcome(await horde.texts.ask(**body)) == (400, "RequiresTrust")
    assert (await horde.texts.ask(disable_batching=True)).status_code == 202
    assert (await horde.texts.ask(trusted.api_key, **body)).status_code == 202


async def test_at_most_so_many_texts_wait(horde: Horde) -> None:
    """§3.12: texts waiting plus n over `concurrency` → 429 `TooManyPrompts`; images count apart."""
    ada = await horde.account("ada", {"concurrency": 3})
    await horde.request(ada.api_key, params={"n": 3})
    await horde.texts.request(ada.api_key, params={"n": 2})
    answer = await horde.texts.ask(ada.api_key, params={"n": 2})
    assert horde.outcome(answer) == (429, "TooManyPrompts")
    await horde.texts.request(ada.api_key)


async def test_anonymous_requests_compete_by_model(horde: Horde) -> None:
    """§3.12: of Anonymous only requests for one of the same models count."""
    await horde.sql("UPDATE account SET concurrency = 2 WHERE id = 0")
    await horde.texts.request(models=["a", "b"], params={"n": 2})
    assert horde.outcome(await horde.texts.ask(models=["b"])) == (429, "TooManyPrompts")
    await horde.texts.request(models=["c"])


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"max_length": 81, "max_context_length": 80}, "TokenOverflow"),
        ({"max_length": 2049}, "TokenOverflow"),
        ({"sampler_order": [0, 1, 2, 3, 4, 5]}, "MissingFullSamplerOrder"),
        ({"sampler_order": [0, 1, 2, 3, 4, 5, 5]}, "MissingFullSamplerOrder"),
        ({"sampler_order": []}, "MissingFullSamplerOrder"),
        ({"stop_sequence": [str(number) for number in range(129)]}, "TooManyStopSequences"),
        ({"stop_sequence": ["x" * 1000, "y" * 1001]}, "ExcessiveStopSequence"),
    ],
)
async def test_params_that_make_no_sense(horde: Horde, params: dict[str, Any], code: str) -> None:
    """§8.5: the checks after the common ones, each with its code."""
    assert horde.outcome(await horde.texts.ask(params=params)) == (400, code)


async def test_params_at_their_limits(horde: Horde) -> None:
    """§8.5: what is just allowed is taken; equal stop sequences count once."""
    for params in (
        {"max_length": 80, "max_context_length": 80},
        {"sampler_order": [6, 0, 1, 3, 4, 2, 5]},
        {"stop_sequence": [str(number) for number in range(128)] * 2},
        {"stop_sequence": ["x" * 1000, "y" * 1000, "x" * 1000]},
    ):
        assert (await horde.texts.ask(params=params)).status_code == 202, params


async def test_the_checks_come_in_order(horde: Horde) -> None:
    """§3, §8.5: of several faults the first by the order is told."""
    gone = await horde.account("gone", {"deleted": True})
    worst: dict[str, Any] = {
        "webhook": "http://x", "proxied_account": "x", "extra_source_images": IMAGES * 6, "prompt": "",
        "workers": ["x"], "disable_batching": True,
        "params": {"n": 2, "max_length": 81, "max_context_length": 80, "sampler_order": [1]},
    }  # fmt: skip
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("not a key", {"webhook": ""}, "BadRequest"),
        ("not a key", {"proxied_account": ""}, "InvalidAPIKey"),
        (gone.api_key, {}, "DeletedUser"),
        ("0000000000", {"extra_source_images": IMAGES}, "TooManyExtraSourceImages."),
        ("0000000000", {"prompt": "x"}, "MissingPrompt"),
        ("0000000000", {"workers": []}, "WorkerNotFound"),
        ("0000000000", {"disable_batching": False}, "RequiresTrust"),
        ("0000000000", {"params": {"sampler_order": [1]}}, "TokenOverflow"),
        ("0000000000", {"params": {}}, "MissingFullSamplerOrder"),
        ("0000000000", {}, "InvalidExtraSourceImages."),
    ]
    for key, repair, code in steps:
        assert (await horde.texts.ask(key, **worst)).json()["rc"] == code
        worst.update(repair)


async def test_the_documentations_client_agent(horde: Horde) -> None:
    """§3.27: the sample value of Client-Agent → 403 `BannedClientAgent`."""
    headers = {"apikey": "0000000000", "Client-Agent": "My-Project:v0.0.1:My-Contact"}
    answer = await horde.client.post("/api/v2/generate/text/async", json={"prompt": "x"}, headers=headers)
    assert horde.outcome(answer) == (403, "BannedClientAgent")


async def test_a_style_that_nobody_has_is_refused(horde: Horde) -> None:
    """Nothing that was asked is silently ignored (§8.1)."""
    answer = await horde.texts.ask(style="some style")
    assert horde.outcome(answer) == (404, "StyleNotFound")


# ---------------------------------------------------------------- what an accepted request is


async def test_the_tax_is_one_kudos(horde: Horde) -> None:
    """§6.3: a text request costs 1 at once, told in its status."""
    ada = await horde.account("ada", kudos=100)
    request_id = await horde.texts.request(ada.api_key)
    assert (await horde.texts.status(request_id))["kudos"] == 1
    rows = await horde.sql("SELECT amount_hundredths, domain FROM ledger WHERE kind = 'request_tax'")
    assert rows == [(100, "text")]


async def test_the_reply_names_the_estimate_that_a_dry_run_gives(horde: Horde) -> None:
    """§8.6: 202 has the whole request's estimate, as the dry run (200) before; it costs nothing."""
    for body, kudos in (
        ({}, 37), ({"params": {"n": 2}}, 74), ({"models": [LARGE]}, 269), ({"models": ["unknown", LARGE]}, 9),
        ({"params": {"max_length": 160, "max_context_length": 1024}}, 48),
    ):  # fmt: skip
        dry = await horde.texts.ask(dry_run=True, **body)
        assert (dry.status_code, dry.json()) == (200, {"kudos": kudos})
        assert await horde.sql("SELECT count(*) FROM request") == [(0,)]
        answer = await horde.texts.ask(**body)
        assert (answer.status_code, answer.json()["kudos"]) == (202, kudos)
        await horde.sql("DELETE FROM request")


async def test_a_dry_run_is_validated(horde: Horde) -> None:
    """§6.2: upstream answers any key from a cache; here a dry run is a request that is not stored."""
    assert horde.outcome(await horde.texts.ask("not a key", dry_run=True)) == (401, "InvalidAPIKey")
    answer = await horde.texts.ask(dry_run=True, params={"max_length": 4096, "max_context_length": 80})
    assert horde.outcome(answer) == (400, "TokenOverflow")


async def test_a_request_that_nobody_can_serve_says_so(horde: Horde) -> None:
    """§6.4: texts get a top-level `message`, and the warning that images get; neither where a worker can.

    Upstream texts have never `warnings`: whoever asks for both kinds finds the same here.
    """
    answer = (await horde.texts.ask()).json()
    assert answer["message"].endswith("No worker is online.")
    assert answer["warnings"] == [{"code": "NoAvailableWorker", "message": answer["message"]}]
    owner = await horde.account("owner")
    await horde.texts.pop(owner.api_key)
    assert set((await horde.texts.ask()).json()) == {"id", "kudos"}
    told = (await horde.texts.ask(models=["aphrodite/Unheard-Of-70B"])).json()["message"]
    assert told.endswith(
        "Of 1 online: 1 serve none of the models. Asked for: aphrodite/Unheard-Of-70B; "
        "served now: koboldcpp/Mistral-7B-Instruct-v0.2. "
        "With the model koboldcpp/Mistral-7B-Instruct-v0.2: 1 worker could serve it."
    )


async def test_in_raid_mode_nobody_is_told_that_no_worker_fits(horde: Horde) -> None:
    """§6.4: `message` only while there is no raid."""
    mod = await horde.account("mod", moderator=True)
    changed = await horde.client.put("/api/v2/status/modes", json={"raid_mode": True}, headers={"apikey": mod.api_key})
    assert changed.status_code == 200
    assert set((await horde.texts.ask()).json()) == {"id", "kudos"}


# ---------------------------------------------------------------- kudos up front


async def test_long_texts_need_kudos_in_hand(horde: Horde) -> None:
    """§8.7: more than 512 tokens → 403 `KudosUpfront` for who cannot pay, saying what would be free (§7.4)."""
    body: dict[str, Any] = {"models": [LARGE], "params": {"max_length": 513}}
    extras: list[dict[str, Any]] = [{}, {"dry_run": True}]
    for extra in extras:
        answer = await horde.texts.ask(**body, **extra)
        assert horde.outcome(answer) == (403, "KudosUpfront")
        assert (answer.json()["required_kudos"], answer.json()["max_tokens"]) == (1710.0, 512)
    assert (await horde.texts.ask(models=[LARGE], params={"max_length": 512})).status_code == 202
    rich = await horde.account("rich", kudos=2000)
    await horde.texts.request(rich.api_key, **body)
    assert await horde.sql("SELECT held_hundredths FROM request WHERE account_id = %s", rich.id) == [(170_900,)]
    # held kudos pay nothing else
    assert horde.outcome(await horde.texts.ask(rich.api_key, **body)) == (403, "KudosUpfront")


async def test_fast_workers_need_kudos_in_hand(horde: Horde) -> None:
    """§8.7: slow_workers false; 20 a text where any model may serve."""
    assert (await horde.texts.ask(slow_workers=False, params={"n": 2})).status_code == 202
    assert horde.outcome(await horde.texts.ask(slow_workers=False, params={"n": 2})) == (403, "KudosUpfront")


async def test_a_long_queue_makes_long_texts_dearer(horde: Horde) -> None:
    """§8.7: 0.9 tokens less are free for each text that waits, 5 more for each thread, between 256 and 512."""
    await horde.sql("UPDATE account SET concurrency = 500 WHERE id = 0")
    body: dict[str, Any] = {"models": [LARGE], "params": {"max_length": 500}}
    for number in range(2):
        await horde.texts.request(models=[f"m{number}"], params={"n": 10})
    answer = await horde.texts.ask(**body)
    assert horde.outcome(answer) == (403, "KudosUpfront")
    assert answer.json()["max_tokens"] == 512 - 18
    owner = await horde.account("owner")
    await horde.texts.pop(owner.api_key, threads=2)
    assert (await horde.texts.ask(**body)).status_code == 202


async def test_a_downgrade_is_shorter_and_for_slow_workers(horde: Horde) -> None:
    """§8.7: allow_downgrade cuts max_length to what is free instead of refusing; the estimate is the smaller one's."""
    body: dict[str, Any] = {
        "models": [LARGE],
        "params": {"max_length": 600},
        "slow_workers": False,
        "allow_downgrade": True,
    }
    dry = await horde.texts.ask(**body, dry_run=True)
    answer = await horde.texts.ask(**body)
    assert (answer.status_code, answer.json()["kudos"]) == (202, dry.json()["kudos"])
    order = await stored(horde)
    assert (order["max_length"], "slow_workers" in order) == (512, False)
    assert await stored(horde, "held_hundredths") == 0


async def test_a_worker_list_may_need_kudos_and_is_not_downgraded(start_horde: StartHorde) -> None:
    """§8.7: where the horde charges for naming workers, `allow_downgrade` does not help."""
    horde = await start_horde(upfront_kudos_on_workerlist=True)
    owner = await horde.account("owner")
    await horde.texts.pop(owner.api_key)
    ((worker_id,),) = await horde.sql("SELECT id::text FROM worker")
    body: dict[str, Any] = {"models": [LARGE], "workers": [worker_id], "allow_downgrade": True}
    assert horde.outcome(await horde.texts.ask(**body)) == (403, "KudosUpfront")


async def test_a_household_never_asks_for_kudos(start_horde: StartHorde) -> None:
    """settings: the household profile."""
    horde = await start_horde(profile="household")
    assert (await horde.texts.ask(models=[LARGE], params={"max_length": 2048})).status_code == 202
