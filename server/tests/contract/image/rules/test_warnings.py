"""Warnings of the 202, by the requirements of the models asked for (requests.md §6.4, basics.md §9)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import pytest_asyncio
from hordes import Horde, Pop

pytestmark = pytest.mark.asyncio(loop_scope="module")

CATALOGUE = {
    "plain": {"baseline": "stable diffusion 1"},
    "skips": {"baseline": "stable_diffusion_xl", "requirements": {"clip_skip": 2}},
    "few": {"baseline": "flux_1", "requirements": {"min_steps": 4, "max_steps": 8}},
    "exact": {"baseline": "stable diffusion 1", "requirements": {"cfg_scale": 5.0}},
    "ranged": {"baseline": "stable diffusion 1", "requirements": {"min_cfg_scale": 2, "max_cfg_scale": 4.5}},
    "picky": {
        "baseline": "stable diffusion 1",
        "requirements": {"samplers": ["k_euler", "k_dpmpp_2m"], "schedulers": ["simple"]},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def module_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """With a catalogue of the operator's."""
    file = tmp_path_factory.mktemp("catalogue") / "models.json"
    file.write_text(json.dumps(CATALOGUE))
    return {"image_compvis_reference": str(file)}


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def online(module_horde: Horde, pop: Pop) -> None:
    """A worker with all models, from when the catalogue is read on."""
    owner = await module_horde.account("early")

    async def read() -> bool:
        return (await module_horde.try_pop(owner.api_key, models=["plain"])).status_code == 200

    await module_horde.until(read, "the catalogue is read")
    await pop(models=list(CATALOGUE), max_pixels=2**24)


@pytest.mark.parametrize(
    ("models", "params", "codes"),
    [
        (["plain"], {"steps": 3, "clip_skip": 9, "cfg_scale": 30}, set()),
        (["unknown"], {}, {"NoAvailableWorker"}),
        (["skips"], {}, {"ClipSkipMismatch"}),
        (["skips"], {"clip_skip": 1}, {"ClipSkipMismatch"}),
        (["skips"], {"clip_skip": 2}, set()),
        (["few"], {"steps": 3}, {"StepsTooFew"}),
        (["few"], {"steps": 4}, set()),
        (["few"], {"steps": 8}, set()),
        (["few"], {"steps": 9}, {"StepsTooMany"}),
        (["few"], {}, {"StepsTooMany"}),
        (["exact"], {}, set()),
        (["exact"], {"cfg_scale": 7.5}, {"CfgScaleMismatch"}),
        (["ranged"], {"cfg_scale": 1.99}, {"CfgScaleTooSmall"}),
        (["ranged"], {"cfg_scale": 2}, set()),
        (["ranged"], {"cfg_scale": 4.5}, set()),
        (["ranged"], {}, {"CfgScaleTooLarge"}),
        (["picky"], {}, {"SamplerMismatch", "SchedulerMismatch"}),
        (["picky"], {"sampler_name": "k_euler"}, {"SchedulerMismatch"}),
        (["picky"], {"karras": False}, {"SamplerMismatch"}),
        (["picky"], {"karras": False, "sampler_name": "k_dpmpp_2m"}, set()),
        (["plain", "skips", "picky"], {"karras": False}, {"ClipSkipMismatch", "SamplerMismatch"}),
        (["skips", "exact"], {"cfg_scale": 6}, {"ClipSkipMismatch", "CfgScaleMismatch"}),
        ([], {}, set()),
    ],
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value),
)
async def test_a_request_that_does_not_fit_its_models_is_taken_with_warnings(
    horde: Horde, rich: str, models: list[Any], params: dict[str, Any], codes: Any
) -> None:
    """§6.4: codes and sentences, each code once, none when empty; cfg_scale counts as 5.0 where omitted."""
    answer = await horde.ask(rich, models=models, params=params)
    assert answer.status_code == 202, answer.text
    warnings = answer.json().get("warnings", [])
    assert sorted(warning["code"] for warning in warnings) == sorted(codes)
    assert all(set(warning) == {"code", "message"} and warning["message"] for warning in warnings)
    assert ("warnings" in answer.json()) == bool(codes)
    assert ("message" in answer.json()) == ("NoAvailableWorker" in codes)


async def test_a_requirement_of_two_models_warns_once(horde: Horde, rich: str) -> None:
    """§6.4: each code at most once."""
    answer = await horde.ask(rich, models=["picky", "few"], params={"karras": True})
    assert sorted(warning["code"] for warning in answer.json()["warnings"]) == [
        "SamplerMismatch", "SchedulerMismatch", "StepsTooMany",
    ]  # fmt: skip


async def test_steps_beyond_a_models_own_limit_need_kudos(horde: Horde, asker: str, rich: str) -> None:
    """§7.2, basics.md §9: the catalogue's `max_steps` decide, and a downgrade ends there."""
    refused = await horde.ask(asker, models=["few"], params={"steps": 9})
    assert horde.outcome(refused) == (403, "KudosUpfront")
    taken = await horde.ask(asker, models=["few"], params={"steps": 9}, allow_downgrade=True)
    assert taken.status_code == 202
    assert "warnings" not in taken.json(), "8 steps are what the model works well with"


async def test_work_limits_of_workers_follow_the_catalogue(horde: Horde, rich: str, pop: Pop) -> None:
    """workers.md §5.13: accurate steps over the middle of the model's range are too many for a limited worker."""
    await horde.request(rich, models=["few"], params={"steps": 7})
    limited: dict[str, Any] = {"models": list(CATALOGUE), "limit_max_steps": True}
    assert (await pop(**limited))["skipped"]["step_count"] == 1
    await horde.request(rich, models=["few"], params={"steps": 6})
    assert (await pop(**limited))["payload"]["ddim_steps"] == 6


async def test_in_raid_mode_nobody_is_told_that_no_worker_fits(horde: Horde, asker: str, module_horde: Horde) -> None:
    """§6.4: `NoAvailableWorker`, with its `message`, only while there is no raid."""
    mod = await module_horde.account("mod", moderator=True)
    for raid in (True, False):
        changed = await horde.client.put(
            "/api/v2/status/modes", json={"raid_mode": raid}, headers={"apikey": mod.api_key}
        )
        assert changed.status_code == 200
        answer = await horde.ask(asker, models=["unknown"])
        assert ("message" in answer.json(), "warnings" in answer.json()) == (not raid, not raid)
