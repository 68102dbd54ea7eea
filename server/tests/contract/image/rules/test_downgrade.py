"""Kudos in hand, and what is made of a request without them (requests.md §7)."""

from __future__ import annotations

from typing import Any

import pytest
from hordes import Horde, Pop

pytestmark = pytest.mark.asyncio(loop_scope="module")

SDXL, FLUX, PLAIN = "SDXL 1.0", "Flux.1-Schnell fp8 (Compact)", "Deliberate"


@pytest.fixture(scope="module")
def module_settings() -> dict[str, Any]:
    """Naming workers needs kudos, too."""
    return {"upfront_kudos_on_workerlist": True}


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({"width": 3072, "height": 1024, "steps": 100}, (1728, 576, 30)),  # the example of §7.5
        ({"width": 1024, "height": 3072, "steps": 100}, (576, 1728, 30)),
        ({"width": 1088, "height": 1024}, (1024, 960, 30)),
        ({"width": 3072, "height": 3072, "steps": 500}, (1024, 1024, 30)),
        ({"width": 3072, "height": 64}, (3072, 64, 30)),  # little area: free as it is
        ({"steps": 41}, (512, 512, 30)),
        ({"steps": 40}, (512, 512, 40)),  # free as it is
        ({"steps": 21, "sampler_name": "k_heun"}, (512, 512, 15)),
        ({"steps": 30, "sampler_name": "lcm"}, (512, 512, 10)),
        ({"steps": 30, "loras": [{"name": "246747", "is_version": True}]}, (512, 512, 10)),
        ({"steps": 30, "loras": [{"name": "195519"}]}, (512, 512, 10)),
        ({"steps": 30, "loras": [{"name": "246747"}]}, (512, 512, 30)),  # no version: not that LoRA
    ],
    ids=str,
)
async def test_a_request_is_made_as_small_as_is_free(
    horde: Horde, asker: str, pop: Pop, params: dict[str, Any], wanted: tuple[int, int, int]
) -> None:
    """§7.5: with `allow_downgrade` area and steps shrink; without, 403."""
    free = wanted == (params.get("width", 512), params.get("height", 512), params.get("steps", 30))
    refused = await horde.ask(asker, models=[PLAIN], params=params)
    assert horde.outcome(refused) == ((202, None) if free else (403, "KudosUpfront"))
    if free:
        await horde.cancel(refused.json()["id"])
    await horde.request(asker, models=[PLAIN], params=params, allow_downgrade=True)
    payload = (await pop(models=[PLAIN], max_pixels=3072 * 3072))["payload"]
    assert (payload["width"], payload["height"], payload["ddim_steps"]) == wanted


async def test_the_refusal_advises_only_what_helps(horde: Horde, asker: str) -> None:
    """§7.5: slow_workers is true already, so that nobody is told to set it."""
    answer = await horde.ask(asker, models=[PLAIN], params={"steps": 60})
    assert answer.json()["message"].endswith(": ask for at most 40 steps, or earn kudos.")
    answer = await horde.ask(asker, models=[PLAIN], slow_workers=False)
    assert answer.json()["message"].endswith(": set slow_workers to true, or earn kudos.")


async def test_a_downgraded_request_takes_slow_workers(horde: Horde, asker: str, pop: Pop, module_horde: Horde) -> None:
    """§7.5: slow_workers := true, so that it costs no more for the haste that it does not get."""
    request_id = await horde.request(asker, models=[PLAIN], slow_workers=False, allow_downgrade=True)
    ((slow,),) = await horde.sql(
        "SELECT coalesce((request_order->>'slow_workers')::bool, true) FROM request WHERE id = %s", request_id
    )
    assert slow is True


async def test_any_model_can_be_downgraded(horde: Horde, asker: str, pop: Pop) -> None:
    """§7.5: an empty model list (500 upstream) counts with the default limits."""
    await horde.request(asker, models=[], params={"steps": 41}, allow_downgrade=True)
    assert (await pop(models=[SDXL]))["payload"]["ddim_steps"] == 30


async def test_a_controlnet_is_downgraded_to_twenty_steps(horde: Horde, asker: str, pop: Pop, image: str) -> None:
    """§7.2: a ControlNet and more than 20 accurate steps needs kudos; 20 are free."""
    body: dict[str, Any] = {"models": [PLAIN], "source_image": image}
    params = {"control_type": "canny", "steps": 21}
    assert horde.outcome(await horde.ask(asker, **body, params=params)) == (403, "KudosUpfront")
    await horde.request(asker, **body, params=params, allow_downgrade=True)
    assert (await pop(models=[PLAIN]))["payload"]["ddim_steps"] == 20


async def test_the_work_of_a_downgraded_request_is_that_of_what_is_left(horde: Horde, asker: str, pop: Pop) -> None:
    """§7.5: work size and price are those of the smaller request."""
    big = {"width": 3072, "height": 1024, "steps": 100}
    small = await horde.ask(asker, models=[PLAIN], params={"width": 1728, "height": 576, "steps": 30})
    downgraded = await horde.ask(asker, models=[PLAIN], params=big, allow_downgrade=True)
    assert downgraded.json()["kudos"] == small.json()["kudos"]
    for _ in range(2):
        assert (await pop(models=[PLAIN]))["ttl"] == int(30 + 30 * 2 * 1728 * 576 / 262_144)


async def test_named_workers_are_no_reason_to_downgrade(
    horde: Horde, asker: str, pop: Pop, module_horde: Horde
) -> None:
    """§7.2: with HORDE_UPFRONT_KUDOS_ON_WORKERLIST naming workers needs kudos; a downgrade is no way out."""
    await pop(models=[PLAIN])
    ((worker,),) = await horde.sql("SELECT id::text FROM worker LIMIT 1")
    answer = await horde.ask(asker, models=[PLAIN], workers=[worker], allow_downgrade=True)
    assert horde.outcome(answer) == (403, "KudosUpfront")
    assert answer.json()["reason"] == "worker_list"


async def test_who_has_the_kudos_gets_what_was_asked_for(horde: Horde, rich: str, pop: Pop) -> None:
    """§7.5: `allow_downgrade` changes nothing for a payer who can pay."""
    params = {"width": 1088, "height": 1024, "steps": 60}
    request_id = await horde.request(rich, models=[PLAIN], params=params, allow_downgrade=True)
    payload = (await pop(models=[PLAIN], max_pixels=2**22))["payload"]
    assert (payload["width"], payload["height"], payload["ddim_steps"]) == (1088, 1024, 60)
    ((held,),) = await horde.sql("SELECT held_hundredths FROM request WHERE id = %s", request_id)
    assert held > 0


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"slow_workers": False}, "fast_workers"),
        ({"params": {"sampler_name": "lcm", "steps": 11}}, "lcm_steps"),
        ({"params": {"steps": 41}}, "model_steps"),
        ({"params": {"width": 1088, "height": 1024}}, "resolution"),
    ],
    ids=str,
)
async def test_the_refusal_says_what_is_missing(horde: Horde, asker: str, body: dict[str, Any], reason: str) -> None:
    """§7.4: beside message and rc the kudos needed and the largest free square, for programs to read."""
    answer = (await horde.ask(asker, models=[PLAIN], **body)).json()
    assert set(answer) >= {"message", "rc", "required_kudos", "reason", "max_resolution"}
    assert (answer["reason"], answer["max_resolution"]) == (reason, 1024)
    rich_price = answer["required_kudos"]
    payer = await horde.account(f"payer {reason}", kudos=25 + int(rich_price))
    assert horde.outcome(await horde.ask(payer.api_key, models=[PLAIN], **body)) == (403, "KudosUpfront")
    able = await horde.account(f"able {reason}", kudos=25 + int(rich_price) + 1)
    assert (await horde.ask(able.api_key, models=[PLAIN], **body)).status_code == 202
