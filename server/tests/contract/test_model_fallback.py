"""HORDE_MODEL_FALLBACK: a request whose models nobody online has is served with what there is, and says so."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from hordes import Horde, StartHorde

from horde_server.settings import Profile

TEXT_MODEL = "koboldcpp/Mistral-7B-Instruct-v0.2"
UNHEARD_OF = "aphrodite/Unheard-Of-70B"


@pytest_asyncio.fixture
async def household(start_horde: StartHorde) -> Horde:
    """A server of the profile that serves so by itself."""
    return await start_horde(profile=Profile.HOUSEHOLD)


async def owner_at(horde: Horde) -> str:
    """The key of somebody whose workers may serve models of any name."""
    return str((await horde.account("owner", {"customizer": True})).api_key)


def warnings_of(answer: Any) -> dict[str, str]:
    """Sentences by code."""
    assert answer.status_code == 202, answer.text
    return {warning["code"]: warning["message"] for warning in answer.json().get("warnings", ())}


async def made_with(horde: Horde, request_id: str) -> list[str]:
    return [made["model"] for made in (await horde.status(request_id))["generations"]]


async def test_a_household_serves_apps_that_name_no_model_or_models_of_elsewhere(household: Horde) -> None:
    """Apps leave `models` out, which means `stable_diffusion`, or ask for what they know from the public horde."""
    owner = await owner_at(household)
    await household.pop(owner, models=["ember"])
    bodies: list[dict[str, Any]] = [{}, {"models": ["Deliberate", "SDXL 1.0"]}]
    for body in bodies:
        answer = await household.ask(params={"steps": 5}, **body)
        asked = ", ".join(body.get("models", ["stable_diffusion"]))
        assert warnings_of(answer) == {
            "ModelFallback": f"No worker online can serve this with {asked}: it is served with what there is: ember. "
            "Each generation names its `model`."
        }
        assert "message" not in answer.json(), "somebody can serve it"
        request_id = answer.json()["id"]
        assert (await household.check(request_id))["is_possible"] is True
        job = await household.job(owner, models=["ember"])
        assert job["model"] == "ember"
        assert (await household.submit(owner, job["id"]))["reward"] > 0
        assert await made_with(household, request_id) == ["ember"]


async def test_texts_fall_back_as_well(household: Horde) -> None:
    owner = await owner_at(household)
    await household.texts.pop(owner)
    answer = await household.texts.ask(models=[UNHEARD_OF])
    assert f"what there is: {TEXT_MODEL}." in warnings_of(answer)["ModelFallback"]
    assert "message" not in answer.json()
    job = await household.texts.job(owner)
    assert job["model"] == TEXT_MODEL
    await household.texts.submit(owner, job["id"])
    (made,) = (await household.texts.status(answer.json()["id"]))["generations"]
    assert made["model"] == TEXT_MODEL


async def test_forms_of_alchemy_never_fall_back(household: Horde) -> None:
    """Another form is no picture of the same thing: it is another thing."""
    owner = await owner_at(household)
    await household.alchemy.pop(owner, "nsfw")
    answer = await household.alchemy.ask("caption")
    assert set(warnings_of(answer)) == {"NoAvailableWorker"}
    assert (await household.alchemy.pop(owner, "nsfw"))["forms"] is None


async def test_models_that_somebody_has_are_waited_for(household: Horde) -> None:
    """Also where that worker refuses for another reason, which it may not do for long."""
    owner = await owner_at(household)
    await household.pop(owner, "small", models=["Deliberate"], max_pixels=64 * 64)
    await household.pop(owner, "other", models=["ember"])
    answer = await household.ask(models=["Deliberate"])
    assert set(warnings_of(answer)) == {"NoAvailableWorker"}
    assert (await household.pop(owner, "other", models=["ember"]))["id"] is None


async def test_a_worker_that_has_the_model_after_all_uses_it(household: Horde) -> None:
    """Workers come and go: which model is asked for stands with the request."""
    owner = await owner_at(household)
    await household.pop(owner, models=["ember"])
    answer = await household.ask(models=["Deliberate"], params={"n": 4})
    assert set(warnings_of(answer)) == {"ModelFallback"}
    for _ in range(4):
        job = await household.job(owner, "late", models=["ember", "AbyssOrangeMix", "Deliberate"])
        assert job["model"] == "Deliberate"


async def test_a_request_before_any_worker_is_served_by_the_first(household: Horde) -> None:
    """A household's only machine may be just starting."""
    answer = await household.ask(models=["Deliberate"])
    warnings = warnings_of(answer)
    assert set(warnings) == {"ModelFallback", "NoAvailableWorker"}
    assert answer.json()["message"] == warnings["NoAvailableWorker"]
    owner = await owner_at(household)
    assert (await household.job(owner, models=["ember"]))["model"] == "ember"


async def test_special_models_serve_only_who_names_them(household: Horde) -> None:
    """And who names one is served with nothing else."""
    owner = await owner_at(household)
    await household.pop(owner, models=["horde_special::ada", "ember"])
    assert set(warnings_of(await household.ask(models=["Deliberate"]))) == {"ModelFallback"}
    assert (await household.job(owner, models=["horde_special::ada", "ember"]))["model"] == "ember"
    special = await household.account("bob", {"special": True})
    theirs: dict[str, Any] = {"models": [f"horde_special::{special.alias}"], "params": {"special": {"a": 1}}}
    asked = await household.ask(special.api_key, **theirs)
    assert set(warnings_of(asked)) == {"NoAvailableWorker"}


async def test_named_workers_serve_with_what_they_have(household: Horde) -> None:
    """Where the request names its worker, it does not matter that another one has the model."""
    owner = await owner_at(household)
    await household.pop(owner, "has it", models=["Deliberate"])
    await household.pop(owner, "named", models=["ember"])
    ((named,),) = await household.sql("SELECT id::text FROM worker WHERE name = 'named'")
    answer = await household.ask(models=["Deliberate"], workers=[named])
    assert "what there is: ember." in warnings_of(answer)["ModelFallback"]
    assert (await household.job(owner, "named", models=["ember"]))["model"] == "ember"


async def test_every_node_serves_it_and_a_restart_changes_nothing(start_horde: StartHorde) -> None:
    """What was decided when the request came is stored with it."""
    one = await start_horde(profile=Profile.HOUSEHOLD)
    owner = await owner_at(one)
    await one.pop(owner, models=["ember"])
    request_id = (await one.ask(models=["Deliberate"])).json()["id"]
    another = await start_horde(profile=Profile.HOUSEHOLD, model_fallback=False)
    assert (await another.check(request_id))["is_possible"] is True
    job = await another.job(owner, models=["ember"])
    await another.submit(owner, job["id"])
    assert await made_with(one, request_id) == ["ember"]


async def test_it_costs_what_a_request_for_any_model_costs(household: Horde) -> None:
    """In kudos of the request and of its dry run; the worker is paid for the model that it used."""
    owner, rich = await owner_at(household), await household.account("rich", kudos=1000)
    await household.pop(owner, models=["ember"])
    dear, any_model = [
        {
            "kudos": (await household.ask(rich.api_key, models=models)).json()["kudos"],
            "dry": (await household.ask(rich.api_key, models=models, dry_run=True)).json()["kudos"],
        }
        for models in (["Flux.1-Schnell fp8 (Compact)"], [])
    ]
    assert dear == any_model
    for _ in range(2):
        job = await household.job(owner, models=["ember"])
        await household.submit(owner, job["id"])
    await household.folded()
    rewards = await household.sql("SELECT DISTINCT reward_hundredths FROM job WHERE state = 'done'")
    assert len(rewards) == 1


async def test_anonymous_requests_count_by_the_models_they_asked_for(household: Horde) -> None:
    """requests.md §3.12: else whoever named what nobody has could queue without end as Anonymous."""
    await household.sql("UPDATE account SET concurrency = 2 WHERE id = 0")
    await household.ask(models=["Deliberate"], params={"n": 2})
    refused = await household.ask(models=["Deliberate"])
    assert household.outcome(refused) == (429, "TooManyPrompts")
    assert (await household.ask(models=["ember"])).status_code == 202


async def test_models_asked_for_show_in_the_queue_of_models(household: Horde) -> None:
    """So that whoever has one sees that it is wanted."""
    await household.ask(models=["Deliberate"])
    models = (await household.client.get("/api/v2/status/models?type=image")).json()
    assert [(model["name"], model["jobs"]) for model in models] == [("Deliberate", 1)]


@pytest.mark.parametrize(
    ("settings", "falls_back"),
    [
        ({"profile": Profile.PUBLIC}, False),
        ({"profile": Profile.PUBLIC, "model_fallback": True}, True),
        ({"profile": Profile.HOUSEHOLD, "model_fallback": False}, False),
    ],
)
async def test_public_hordes_wait_unless_they_are_set_otherwise(
    start_horde: StartHorde, settings: dict[str, Any], falls_back: bool
) -> None:
    horde = await start_horde(**settings)
    owner = await owner_at(horde)
    await horde.pop(owner, models=["ember"])
    answer = await horde.ask(models=["Deliberate"])
    assert set(warnings_of(answer)) == ({"ModelFallback"} if falls_back else {"NoAvailableWorker"})
    assert (await horde.check(answer.json()["id"]))["is_possible"] is falls_back
    if not falls_back:
        assert answer.json()["message"].endswith(
            "Of 1 online: 1 serve none of the models. Asked for: Deliberate; served now: ember. "
            "With the model ember: 1 worker could serve it."
        )
