"""What a job costs and earns, through the API (kudos.md §1, §2, §6, §9)."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hordes import Horde, StartHorde

from horde_server.accounts.creation import NewAccount
from horde_server.settings import Profile

REFERENCE = {"width": 512, "height": 512, "steps": 50, "sampler_name": "k_euler", "cfg_scale": 7.5, "karras": True}
CENSORED = [{"type": "censorship", "value": "csam"}]
RICH = 10_000


async def serve(horde: Horde, key: str, images: int = 1, **submit: Any) -> list[dict[str, Any]]:
    """Pop and submit so many jobs."""
    answers = []
    for _ in range(images):
        job = await horde.job(key)
        answers.append(await horde.submit(key, job["id"], **submit))
    await horde.folded()
    return answers


async def spent(horde: Horde, account: NewAccount) -> float:
    """Kudos that left the account since it was given `RICH`."""
    await horde.folded()
    return RICH - (await horde.user(account))["kudos"]


async def test_the_reference_job(horde: Horde) -> None:
    """§9.1: B = G = 11.00, R = 3, D = 12.00, requester total 15.00, trusted owner 11.00."""
    ada, owner = await horde.account("ada", kudos=RICH), await horde.account("owner", kudos=100, trusted=True)
    answer = (await horde.ask(ada.api_key, params=REFERENCE)).json()
    assert answer["kudos"] == 11
    assert await spent(horde, ada) == 3
    assert await serve(horde, owner.api_key) == [{"reward": 11.0}]
    assert await spent(horde, ada) == 15
    assert (await horde.status(answer["id"]))["kudos"] == 15
    assert (await horde.user(owner))["kudos"] == 111


async def test_half_of_an_untrusted_owners_reward_waits_in_escrow(horde: Horde) -> None:
    """§9.1: untrusted 5.50 + 5.50; the submit says what is credited in all and what of it is held back."""
    owner, mod = await horde.account("owner"), await horde.account("mod", moderator=True)
    await horde.request(params=REFERENCE)
    assert await serve(horde, owner.api_key) == [{"reward": 11.0, "escrowed": 5.5}]
    seen = (await horde.client.get(f"/api/v2/users/{owner.id}", headers={"apikey": mod.api_key})).json()
    assert (seen["kudos_details"]["accumulated"], seen["evaluating_kudos"]) == (5.5, 5.5)


async def test_two_images_of_which_one_is_censored(horde: Horde) -> None:
    """§9.2: D = 12.00 + 1.00, requester total 16.00, owner 22.00: the censored one costs its tax only."""
    ada, owner = await horde.account("ada", kudos=RICH), await horde.account("owner", kudos=100, trusted=True)
    await horde.request(ada.api_key, params={**REFERENCE, "n": 2})
    await serve(horde, owner.api_key)
    (censored,) = await serve(horde, owner.api_key, gen_metadata=CENSORED)
    assert censored == {"reward": 11.0}
    assert await spent(horde, ada) == 16
    assert (await horde.user(owner))["kudos"] == 122


async def test_a_heavier_baseline_costs_its_multiple(horde: Horde) -> None:
    """§9.3: SDXL: G = 22.00, D = 23.00, requester total 26.00."""
    ada, owner = await horde.account("ada", kudos=RICH), await horde.account("owner", trusted=True)
    await horde.request(ada.api_key, models=["SDXL 1.0"], params=REFERENCE)
    job = await horde.job(owner.api_key, models=["SDXL 1.0"])
    assert await horde.submit(owner.api_key, job["id"]) == {"reward": 22.0}
    assert await spent(horde, ada) == 26


@pytest.mark.parametrize(("body", "debit"), [({"slow_workers": False}, 14.4), ({"worker_blacklist": True}, 13.2)])
async def test_choosing_workers_costs_more(horde: Horde, body: dict[str, Any], debit: float) -> None:
    """§2.3, §9.4: ×1.2 if slow workers are refused, ×1.1 for a blacklist, on the debit; the reward stays."""
    ada, owner = await horde.account("ada", kudos=RICH), await horde.account("owner", trusted=True)
    await horde.request(ada.api_key, params=REFERENCE, **body)
    assert await serve(horde, owner.api_key) == [{"reward": 11.0}]
    assert await spent(horde, ada) == pytest.approx(debit + 3)


@pytest.mark.parametrize("body", [{}, {"slow_workers": False}, {"models": ["SDXL 1.0"]}, {"models": []}])
async def test_a_dry_run_says_what_will_be_charged(horde: Horde, body: dict[str, Any]) -> None:
    """§2.6: one function gives price, hold and dry run: what is charged if all jobs succeed."""
    ada, owner = await horde.account("ada", kudos=RICH), await horde.account("owner", trusted=True)
    asked: dict[str, Any] = {"params": {**REFERENCE, "n": 2}, **body}
    quote = (await horde.ask(ada.api_key, dry_run=True, **asked)).json()
    assert list(quote) == ["kudos"]
    assert await spent(horde, ada) == 0
    assert await horde.sql("SELECT count(*) FROM request") == [(0,)]
    await horde.request(ada.api_key, **asked)
    for _ in range(2):
        job = await horde.job(owner.api_key, models=["SDXL 1.0", "stable_diffusion"])
        await horde.submit(owner.api_key, job["id"])
    charged = await spent(horde, ada)
    if body.get("models") == []:  # any model may serve: the quote is for the dearest of the usual ones
        assert charged <= quote["kudos"]
    else:
        assert quote["kudos"] == round(charged)


async def test_a_faulted_job_costs_and_earns_nothing(horde: Horde) -> None:
    """§1.4: job submitted faulted: nothing for both; the request's tax is kept."""
    ada, owner = await horde.account("ada", kudos=RICH), await horde.account("owner", trusted=True)
    await horde.request(ada.api_key, params=REFERENCE)
    assert await serve(horde, owner.api_key, state="faulted") == [{"reward": 0.0}]
    assert await spent(horde, ada) == 3
    assert (await horde.user(owner))["kudos"] == 0


async def test_cancelling_costs_what_is_running_and_nothing_that_waits(horde: Horde) -> None:
    """§1.5: running jobs go on and settle normally when submitted; waiting ones cost nothing; R is kept."""
    ada, owner = await horde.account("ada", kudos=RICH), await horde.account("owner", trusted=True)
    request_id = await horde.request(ada.api_key, params={**REFERENCE, "n": 3})
    job = await horde.job(owner.api_key)
    await horde.client.delete(f"/api/v2/generate/status/{request_id}")
    assert await spent(horde, ada) == 3
    assert await horde.submit(owner.api_key, job["id"]) == {"reward": 11.0}
    assert await spent(horde, ada) == 15


async def test_nobody_falls_below_the_floor(start_horde: StartHorde) -> None:
    """§6.1: the floor of Anonymous is −50, of registered users 25, raised to after every change: debts are forgiven."""
    horde = await start_horde(profile=Profile.HOUSEHOLD)
    owner = await horde.account("owner", trusted=True)
    for _ in range(6):
        await horde.request(params=REFERENCE)
        await serve(horde, owner.api_key)
    assert (await horde.client.get("/api/v2/users/0")).json()["kudos"] == -50
    poor = await horde.account("poor")
    await horde.request(poor.api_key)
    await horde.folded()
    assert (await horde.user(poor))["kudos"] == 25


async def test_serving_oneself_costs_the_taxes(horde: Horde) -> None:
    """§1.6: the owner's own request: pays D + R, earns G."""
    ada = await horde.account("ada", kudos=RICH, trusted=True)
    await horde.request(ada.api_key, params=REFERENCE)
    await serve(horde, ada.api_key)
    assert await spent(horde, ada) == 4


async def test_all_kudos_add_up_to_zero(horde: Horde) -> None:
    """Promise 3: after all of this the books balance, the horde's own accounts included."""
    ada, owner = await horde.account("ada", kudos=RICH), await horde.account("owner")
    await horde.request(ada.api_key, params={**REFERENCE, "n": 2})
    await horde.request(params=REFERENCE)
    await serve(horde, owner.api_key, images=3)
    assert await horde.sql("SELECT sum(balance_hundredths) FROM ledger_balance") == [(0,)]


async def test_records_count_jobs_and_requests(horde: Horde) -> None:
    """§1.8: usage and contribution in megapixelsteps, fulfillment in jobs, request in requests."""
    ada, owner = await horde.account("ada", kudos=RICH), await horde.account("owner")
    await horde.request(ada.api_key, params={**REFERENCE, "n": 2})
    await serve(horde, owner.api_key, images=2)
    mine, theirs = (await horde.user(ada))["records"], (await horde.user(owner))["records"]
    assert mine["request"]["image"] == 1
    assert mine["usage"]["megapixelsteps"] == theirs["contribution"]["megapixelsteps"] == pytest.approx(26.21, abs=0.01)
    assert theirs["fulfillment"]["image"] == 2


async def test_eighty_tokens_of_thirteen_billion_parameters(horde: Horde) -> None:
    """§9.5: tax 1, D = 11.44, G = 10.44, of which an untrusted owner gets half."""
    ada, owner = await horde.account("ada", kudos=RICH), await horde.account("owner")
    model = "koboldcpp/KoboldAI/LLaMA2-13B-Tiefighter"
    body = {"models": [model], "prompt": "x" * 400, "params": {"max_length": 80, "max_context_length": 1024}}
    await horde.texts.request(ada.api_key, **body)
    job = await horde.texts.job(owner.api_key, models=[model])
    earned = await horde.texts.submit(owner.api_key, job["id"], generation="y" * 320)
    assert earned == {"reward": 10.44, "escrowed": 5.22}
    assert await spent(horde, ada) == pytest.approx(12.44)


@pytest.mark.parametrize(("slow_workers", "debit"), [(True, 2), (False, 3)])
async def test_a_caption(horde: Horde, slow_workers: bool, debit: int) -> None:
    """§9.6: no tax, G = 1; it is slow workers refused that cost more."""
    ada, owner = await horde.account("ada", kudos=RICH), await horde.account("owner", trusted=True)
    await horde.alchemy.request("caption", key=ada.api_key, slow_workers=slow_workers)
    for _ in range(6):  # a new alchemist is slow until it has shown what it can do
        await horde.sql("UPDATE worker SET speeds = array_fill(0.5::float8, ARRAY[20])")
        popped = await horde.alchemy.pop(owner.api_key, "caption")
        if popped["forms"]:
            break
    (form,) = popped["forms"]
    assert (await horde.alchemy.submit(owner.api_key, form["id"]))["reward"] == 1.0
    assert await spent(horde, ada) == debit


async def test_a_picture_from_a_picture_with_extras(horde: Horde) -> None:
    """§9.7: what the request costs follows from the reward, whose base is of our own formula; 7 of it are extras."""
    ada, owner = await horde.account("ada", kudos=RICH), await horde.account("owner", trusted=True)
    extras = {
        "denoising_strength": 0.5, "post_processing": ["RealESRGAN_x4plus"], "loras": [{"name": "1"}, {"name": "2"}],
        "tis": [{"name": "3"}],
    }  # fmt: skip
    source = base64.b64encode(horde.picture()).decode()
    await horde.request(ada.api_key, params={**REFERENCE, **extras}, source_image=source, source_processing="img2img")
    offer: dict[str, Any] = {"allow_img2img": True, "allow_post_processing": True, "allow_lora": True}
    job = await horde.job(owner.api_key, **offer)
    earned = (await horde.submit(owner.api_key, job["id"]))["reward"]
    cost = await spent(horde, ada)
    assert earned > 11 + 2 * 3 + 1
    assert cost == pytest.approx(round(earned * 1.3 * 1.05 + 1, 2) + 3, abs=0.011)
