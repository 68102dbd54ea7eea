"""GET /explain/{id}: why a request waits, what would help, when it will be done (reasons.md)."""

from __future__ import annotations

import base64
import io
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hordes import Horde, StartHorde
from PIL import Image

from horde_server.requests.reasons.outcomes import NEVER


@pytest.fixture
async def horde(start_horde: StartHorde) -> Horde:
    """A public horde."""
    return await start_horde(admins=["root#1"])


@pytest.fixture
async def owner(horde: Horde) -> str:
    """The key of an owner who may offer models of any name."""
    return str((await horde.account("root", {"customizer": True}, trusted=True)).api_key)


async def explained(horde: Horde, request_id: str) -> dict[str, Any]:
    answer = await horde.client.get(f"/api/v2/explain/{request_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def part_of(horde: Horde, request_id: str) -> dict[str, Any]:
    (part,) = (await explained(horde, request_id))["parts"]
    return dict(part)


def reasons(part: dict[str, Any]) -> dict[str, int]:
    return {each["reason"]: each["workers"] for each in part["refused"]}


def with_changes(body: dict[str, Any], suggestion: dict[str, Any]) -> dict[str, Any]:
    """The body of a request, changed as a client would that was told so."""
    changed = {**body, "params": dict(body.get("params", {}))}
    for change in suggestion["changes"]:
        *path, name = change["field"].split(".")
        place = changed["params"] if path else changed
        if "value" in change:
            place[name] = change["value"]
        else:
            place.pop(name, None)
    return changed


WITH_LORA: dict[str, Any] = {"models": ["mine"], "params": {"loras": [{"name": "1"}], "width": 1024, "height": 1024}}


async def test_each_worker_online_is_counted_by_its_reason(horde: Horde, owner: str) -> None:
    await horde.pop(owner, "no loras", models=["mine"])
    await horde.pop(owner, "no loras either", models=["mine"])
    await horde.pop(owner, "another model", models=["other"], allow_lora=True)
    await horde.pop(owner, "small", models=["mine"], allow_lora=True, max_pixels=512 * 512)
    part = await part_of(horde, await horde.request(**WITH_LORA))
    assert (part["online"], part["able"], part["is_possible"]) == (4, 0, False)
    assert reasons(part) == {"lora": 2, "models": 1, "max_pixels": 1}
    assert part["refused"][0] == {"reason": "lora", "workers": 2, "description": "take no LoRAs"}
    assert "eta" not in part, "nobody serves it"


async def test_the_cheapest_changes_are_suggested_and_when_made_it_is_possible(horde: Horde, owner: str) -> None:
    await horde.pop(owner, "no loras", models=["mine"])
    await horde.pop(owner, "another model", models=["other"], allow_lora=True)
    await horde.pop(owner, "small", models=["mine"], allow_lora=True, max_pixels=768 * 768)
    part = await part_of(horde, await horde.request(**WITH_LORA))
    assert part["is_complete"] is True
    assert [(each["description"], each["points"]) for each in part["suggestions"]] == [
        ("At 768x768: 1 worker could serve it.", 50),
        ("Without LoRAs: 1 worker could serve it.", 100),
        ("With the model other: 1 worker could serve it.", 150),
    ]
    for suggestion in part["suggestions"]:
        again = await horde.request(**with_changes(WITH_LORA, suggestion))
        assert (await horde.check(again))["is_possible"] is True, suggestion
        served = await part_of(horde, again)
        assert served["able"] == suggestion["workers"]
        assert served["suggestions"] == [], "nothing need be given up"


async def test_who_asks_is_told_at_once_what_would_help(horde: Horde, owner: str) -> None:
    await horde.pop(owner, "no loras", models=["mine"])
    answer = (await horde.ask(**WITH_LORA)).json()
    assert answer["message"].endswith("Of 1 online: 1 take no LoRAs. Without LoRAs: 1 worker could serve it.")


async def test_what_lies_in_the_prompt_is_counted_and_nothing_is_suggested_for_it(horde: Horde, owner: str) -> None:
    await horde.pop(owner, "choosy", models=["mine"], blacklist=["harbour"])
    await horde.pop(owner, "businesslike", models=["mine"], require_upfront_kudos=True)
    part = await part_of(horde, await horde.request(prompt="a harbour", models=["mine"]))
    assert reasons(part) == {"blacklist": 1, "kudos": 1}
    assert part["suggestions"] == []


async def test_texts_are_explained(horde: Horde, owner: str) -> None:
    await horde.texts.pop(owner, "short", models=["mine"], max_length=100)
    body: dict[str, Any] = {"models": ["mine"], "params": {"max_length": 400, "max_context_length": 2048}}
    explanation = await explained(horde, await horde.texts.request(**body))
    assert explanation["type"] == "text"
    (part,) = explanation["parts"]
    assert reasons(part) == {"max_length": 1}
    (suggestion,) = part["suggestions"]
    assert suggestion["description"] == "With at most 100 tokens: 1 worker could serve it."
    again = await horde.texts.request(**with_changes(body, suggestion))
    assert (await part_of(horde, again))["able"] == 1


async def test_forms_are_explained_each_by_itself(horde: Horde, owner: str) -> None:
    await horde.alchemy.pop(owner, "caption")
    interrogation = await horde.alchemy.request("caption", "nsfw")
    explanation = await explained(horde, interrogation)
    assert (explanation["id"], explanation["type"]) == (interrogation, "interrogation")
    caption, nsfw = explanation["parts"]
    assert (caption["form"], caption["able"], caption["eta"]["p50"] > 0) == ("caption", 1, True)
    assert (nsfw["form"], reasons(nsfw), nsfw["suggestions"]) == ("nsfw", {"models": 1}, [])


async def test_large_pictures_are_suggested_smaller(horde: Horde, owner: str) -> None:
    await horde.alchemy.pop(owner, "caption", max_tiles=1)
    drawn = io.BytesIO()
    Image.new("RGB", (1200, 700), "teal").save(drawn, "WEBP")
    large = base64.b64encode(drawn.getvalue()).decode()
    part = await part_of(horde, await horde.alchemy.request("caption", source_image=large))
    (suggestion,) = part["suggestions"]
    assert suggestion["description"] == "With a picture of at most 1 tile of 512x512: 1 worker could serve it."
    assert suggestion["changes"] == [], "the picture itself must be another"
    told = (await horde.alchemy.ask("caption", source_image=large)).json()["message"]
    assert told.endswith(f"1 take smaller pictures. {suggestion['description']}")


async def test_an_unknown_request_is_not_found(horde: Horde) -> None:
    for unknown in (str(uuid4()), "no-id", "x" * 1000):
        answer = await horde.client.get(f"/api/v2/explain/{unknown}")
        assert horde.outcome(answer) == (404, "RequestNotFound")
    assert (await horde.client.get(f"/api/v2/explain/{'x' * 1001}")).status_code == 400


async def test_in_raid_mode_nothing_of_workers_is_told(horde: Horde, owner: str) -> None:
    await horde.pop(owner, models=["mine"])
    request_id = await horde.request(**WITH_LORA)
    raid = await horde.client.put("/api/v2/status/modes", json={"raid_mode": True}, headers={"apikey": owner})
    assert raid.status_code == 200, raid.text
    part = await part_of(horde, request_id)
    assert part == {"done": False, "faulted": False, "is_possible": False, "queue_position": part["queue_position"]}


async def test_education_accounts_are_not_told_to_do_without_trust(horde: Horde, owner: str) -> None:
    school = await horde.account("school", {"education": True}, kudos=1000)
    stranger = str((await horde.account("stranger", {"customizer": True})).api_key)
    await horde.pop(stranger, models=["mine"])
    part = await part_of(horde, await horde.request(school.api_key, models=["mine"]))
    assert reasons(part) == {"untrusted": 1}
    assert part["suggestions"] == []
    pupil = await horde.request(models=["mine"], trusted_workers=True)
    assert [each["description"] for each in (await part_of(horde, pupil))["suggestions"]] == [
        "By workers that are not trusted too: 1 worker could serve it."
    ]


async def test_what_is_served_has_an_estimate_and_nothing_to_suggest(horde: Horde, owner: str) -> None:
    await horde.pop(owner, models=["mine"])
    request_id = await horde.request(models=["mine"])
    waiting = await part_of(horde, request_id)
    assert 0 < waiting["eta"]["p50"] <= waiting["eta"]["p90"]
    assert waiting["queue_position"] == 1
    job = await horde.job(owner, models=["mine"])
    await horde.submit(owner, job["id"])
    done = await part_of(horde, request_id)
    assert done["done"] is True
    assert "eta" not in done
    assert done["suggestions"] == []


async def eta_of_images(horde: Horde) -> dict[str, Any]:
    """GET /status/eta."""
    answer = await horde.client.get("/api/v2/status/eta")
    assert answer.status_code == 200, answer.text
    nothing = {"requests": 0, "within_p50": None, "within_p90": None, "typical_factor": None}
    assert answer.json()["text"] == nothing
    return dict(answer.json()["image"])


async def test_what_became_of_estimates_is_published_by_every_node(
    start_horde: StartHorde, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What expired counts as never; what is stored again and again is counted once."""
    monkeypatch.setattr("horde_server.requests.reasons.slice.SAVE_EVERY_S", 0.05)
    monkeypatch.setattr("horde_server.requests.reasons.estimates.LEAST_APART_S", 0.0)
    horde = await start_horde()
    owner = str((await horde.account("owner", {"customizer": True})).api_key)
    await horde.pop(owner, models=["mine"])
    request_id = await horde.request(models=["mine"])
    job = await horde.job(owner, models=["mine"])
    await horde.submit(owner, job["id"])
    image = await eta_of_images(horde)
    assert (image["requests"], image["within_p90"]) == (1, 1.0)
    assert image["typical_factor"] >= 1
    assert (await explained(horde, request_id))["eta_accuracy"] == image
    lost = await horde.request(models=["mine"])
    await horde.sql("UPDATE request SET expires_at = now() - interval '1 second' WHERE id = %s::uuid", lost)
    other = await start_horde()

    async def both_know() -> bool:
        return [(await eta_of_images(each))["requests"] for each in (horde, other)] == [2, 2]

    await horde.until(both_know, "both nodes know of both requests")
    rows = await horde.sql("SELECT kind, sum(requests)::int, max(ratio) FROM eta_outcome GROUP BY kind")
    assert rows == [("image", 2, NEVER)]
    assert (await eta_of_images(horde))["within_p90"] == 0.5
    await horde.sql("UPDATE eta_outcome SET day = day - 8")

    async def both_forgot() -> bool:
        return [(await eta_of_images(each))["requests"] for each in (horde, other)] == [0, 0]

    await horde.until(both_forgot, "what is older than a week counts no more")


async def test_who_gives_up_says_nothing_of_how_long_it_takes(horde: Horde, owner: str) -> None:
    await horde.pop(owner, models=["mine"])
    await horde.cancel(await horde.request(models=["mine"]))
    assert (await eta_of_images(horde))["requests"] == 0


async def test_beyond_a_few_searches_that_wait_nothing_is_suggested(
    horde: Horde, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is said that there may be something."""
    monkeypatch.setattr("horde_server.requests.reasons.service.MOST_SEARCHES_WAITING", -1)
    await horde.pop(owner, "no loras", models=["mine"])
    part = await part_of(horde, await horde.request(**WITH_LORA))
    assert (part["suggestions"], part["is_complete"]) == ([], False)
    assert reasons(part) == {"lora": 1}


async def test_explanations_of_all_ids_are_limited_together(start_horde: StartHorde) -> None:
    horde = await start_horde(rate_limits=True)
    answers = [await horde.client.get(f"/api/v2/explain/{uuid4()}") for _ in range(31)]
    assert [answer.status_code for answer in answers] == [404] * 30 + [429]
    assert answers[-1].json() == {"message": "30 per 1 minute"}


async def considered(horde: Horde, kind: str, key: str = "0000000000", **body: Any) -> httpx.Response:
    """POST /explain/{kind}."""
    headers = {"apikey": key}
    return await horde.client.post(f"/api/v2/explain/{kind}", json={"prompt": "a lighthouse", **body}, headers=headers)


async def test_what_is_not_asked_for_yet_is_explained_too(horde: Horde, owner: str) -> None:
    """Nothing is asked for, or charged."""
    await horde.pop(owner, "no loras", models=["mine"])
    answer = await considered(horde, "image", **WITH_LORA)
    assert answer.status_code == 200, answer.text
    assert "id" not in answer.json()
    (part,) = answer.json()["parts"]
    assert reasons(part) == {"lora": 1}
    (suggestion,) = part["suggestions"]
    again = await considered(horde, "image", **with_changes(WITH_LORA, suggestion))
    (possible,) = again.json()["parts"]
    assert (possible["is_possible"], possible["able"], possible["queue_position"]) == (True, 1, 1)
    assert 0 < possible["eta"]["p50"] <= possible["eta"]["p90"]
    assert await horde.sql("SELECT count(*) FROM request") == [(0,)]
    assert await horde.sql("SELECT count(*) FROM ledger WHERE kind = 'request_tax'") == [(0,)]


async def test_texts_are_explained_before_they_are_asked_for(horde: Horde, owner: str) -> None:
    await horde.texts.pop(owner, "short", models=["mine"], max_length=100)
    answer = await considered(horde, "text", models=["mine"], params={"max_length": 400})
    assert [each["description"] for each in answer.json()["parts"][0]["suggestions"]] == [
        "With at most 100 tokens: 1 worker could serve it."
    ]


async def test_what_would_be_refused_is_refused(horde: Horde) -> None:
    """By the rules of a request, in their order; a key that nobody has at once."""
    refused = await considered(
        horde,
        "image",
        params={"n": 3, "post_processing": ["GFPGAN"], "hires_fix": True},
        models=["Flux.1-Schnell fp8 (Compact)"],
    )
    assert horde.outcome(refused) == (400, "HiResMismatch")
    assert horde.outcome(await considered(horde, "text", key="nobody's")) == (401, "InvalidAPIKey")
    assert (await considered(horde, "image", params={"width": 65})).status_code == 400
    large = await considered(horde, "image", params={"width": 2048, "height": 2048})
    assert horde.outcome(large) == (403, "KudosUpfront")


async def test_styles_are_applied_before_that(horde: Horde, owner: str) -> None:
    await horde.pop(owner, "no loras", models=["mine"])
    style = {"name": "woodcut", "models": ["mine"], "params": {"loras": [{"name": "1"}]}, "prompt": "{p}, woodcut{np}"}
    made = await horde.client.post("/api/v2/styles/image", json=style, headers={"apikey": owner})
    assert made.status_code == 200, made.text
    answer = await considered(horde, "image", style=made.json()["id"])
    assert answer.status_code == 200, answer.text
    assert reasons(answer.json()["parts"][0]) == {"lora": 1}
