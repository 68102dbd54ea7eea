"""An alchemist asks for forms: POST /interrogate/pop (alchemy.md §6, workers.md §2)."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hordes import Horde, StartHorde
from PIL import Image

from horde_server.accounts.creation import NewAccount
from horde_server.requests.alchemy.answers import InterrogationPopPayload
from horde_server.requests.alchemy.vocabulary import FORMS, is_image_form


async def popped(horde: Horde, owner: NewAccount, *forms: str, **body: Any) -> list[str]:
    """The names of the forms that a pop gets."""
    answer = await horde.alchemy.pop(owner.api_key, *forms, **body)
    return [form["form"] for form in answer["forms"] or ()]


# ---------------------------------------------------------------- the body and who may pop


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("name", None, "name"),
        ("name", "x" * 1001, "name"),
        ("forms", None, "forms"),
        ("forms", ["caption", "x"], "forms.1"),
        ("forms", ["caption"] * 1001, "forms"),
        ("amount", "1", "amount"),
        ("amount", 2**31, "amount"),
        ("threads", 0, "threads"),
        ("threads", 101, "threads"),
        ("max_tiles", 0, "max_tiles"),
        ("max_tiles", 257, "max_tiles"),
        ("bridge_agent", "x" * 1001, "bridge_agent"),
        ("priority_usernames", ["x" * 256], "priority_usernames.0"),
    ],
)
async def test_fields_beyond_their_limits_are_named(horde: Horde, field: str, value: Any, path: str) -> None:
    """§6.1: by their path, without rc."""
    body: dict[str, Any] = {"name": "alchemist", "forms": ["caption"], field: value}
    answer = await horde.client.post("/api/v2/interrogate/pop", json=body, headers={"apikey": "0000000000"})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {path})


async def test_who_may_not_pop(horde: Horde) -> None:
    """§6.1: each with its code, in this order; a priority username that is none → 400 `BadRequest`, never 500."""
    flagged = await horde.account("flagged", {"flagged": True})
    gone = await horde.account("gone", {"deleted": True, "flagged": True})
    for name in ("ada", "ada#x", "#"):
        answer = await horde.alchemy.try_pop("not a key", "caption", priority_usernames=[name])
        assert horde.outcome(answer) == (400, "BadRequest"), name
    answer = await horde.alchemy.try_pop(None, "caption")
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"apikey"})
    assert horde.outcome(await horde.alchemy.try_pop("not a key", "caption")) == (401, "InvalidAPIKey")
    assert horde.outcome(await horde.alchemy.try_pop(gone.api_key, "caption")) == (403, "DeletedUser")
    assert horde.outcome(await horde.alchemy.try_pop(flagged.api_key, "caption")) == (403, "WorkerFlaggedMaintenance")
    assert horde.outcome(await horde.alchemy.try_pop("0000000000", "caption")) == (403, "AnonForbiddenWorker")


async def test_a_name_belongs_to_one_kind_and_one_owner(horde: Horde) -> None:
    """§6.2: → 400 `PolymorphicNameConflict`, either way; → 403 `WrongCredentials`."""
    owner, other = await horde.account("owner"), await horde.account("other")
    await horde.pop(owner.api_key, "painter")
    assert horde.outcome(await horde.alchemy.try_pop(owner.api_key, "caption", name="painter")) == (
        400,
        "PolymorphicNameConflict",
    )
    await horde.alchemy.pop(owner.api_key, "caption")
    assert horde.outcome(await horde.try_pop(owner.api_key, "alchemist")) == (400, "PolymorphicNameConflict")
    assert horde.outcome(await horde.alchemy.try_pop(other.api_key, "caption")) == (403, "WrongCredentials")


@pytest.mark.parametrize(
    ("name", "agent", "code"),
    [
        ("shit", "x:1:y", "ProfaneWorkerName"),
        ("fine", "motherfucker:1:y", "ProfaneBridgeAgent"),
        ("my colab", "x:1:y", "BadRequest"),
        ("x" * 101, "x:1:y", "TooLongWorkerName"),
    ],
)
async def test_new_names_are_looked_at(horde: Horde, name: str, agent: str, code: str) -> None:
    """workers.md §3.1, §3.2: profanity and borrowed machines, as with other workers."""
    owner = await horde.account("owner")
    answer = await horde.alchemy.try_pop(owner.api_key, "caption", name=name, bridge_agent=agent)
    assert horde.outcome(answer) == (400, code)


async def test_alchemists_count_as_workers(horde: Horde, start_horde: StartHorde) -> None:
    """workers.md §3.8: all kinds are counted, so that alchemists are no way around the limits."""
    owner, trusted = await horde.account("owner"), await horde.account("trusted", trusted=True)
    for number in range(4):
        await horde.alchemy.pop(owner.api_key, "caption", name=f"alchemist {number}")
    for answer in (
        await horde.alchemy.try_pop(owner.api_key, "caption", name="fifth"),
        await horde.try_pop(owner.api_key, "fifth"),
        await horde.texts.try_pop(owner.api_key, "fifth"),
    ):
        assert horde.outcome(answer) == (403, "TooManyWorkers")
    for number in range(21):
        await horde.alchemy.pop(trusted.api_key, "caption", name=f"trusted {number}")
    answer = await horde.alchemy.try_pop(trusted.api_key, "caption", name="one more")
    assert horde.outcome(answer) == (403, "TooManyWorkersTrusted")
    await horde.sql("UPDATE horde_modes SET invite_only = true")
    other = await start_horde()
    newcomer = await other.account("newcomer")
    answer = await other.alchemy.try_pop(newcomer.api_key, "caption", name="new here")
    assert other.outcome(answer) == (403, "WorkerInviteOnly")


# ---------------------------------------------------------------- the answer


async def test_no_form(horde: Horde) -> None:
    """§6.5: `forms` is null; only reasons that the API has words for are told."""
    owner = await horde.account("owner")
    await horde.alchemy.request("nsfw")
    answer = await horde.alchemy.pop(owner.api_key, "caption")
    assert answer == {"forms": None, "skipped": {}}
    InterrogationPopPayload.model_validate(answer, strict=True)


async def test_every_form_with_what_it_needs(horde: Horde) -> None:
    """§6.4: `r2_upload` only for forms that make pictures, `payload` only where one was sent."""
    owner = await horde.account("owner")
    await horde.alchemy.request(*FORMS)
    answer = await horde.alchemy.pop(owner.api_key, *FORMS, amount=50)
    InterrogationPopPayload.model_validate(answer, strict=True)
    assert [form["form"] for form in answer["forms"]] == list(FORMS)
    assert len({form["id"] for form in answer["forms"]}) == len(FORMS)
    for form in answer["forms"]:
        expected = {"id", "form", "source_image"} | ({"r2_upload"} if is_image_form(form["form"]) else set())
        assert set(form) == expected


async def test_links_are_signed_when_a_form_is_handed_out(horde: Horde) -> None:
    """§6.4, storage.md §2.1: for half an hour from the pop, the picture as well as where the result goes."""
    owner = await horde.account("owner")
    await horde.alchemy.request("GFPGAN")
    form = await horde.alchemy.form(owner.api_key, "GFPGAN")
    ((now,),) = await horde.sql("SELECT extract(epoch FROM now())::float8")
    for link in (form["source_image"], form["r2_upload"]):
        assert int(parse_qs(urlsplit(link).query)["expires"][0]) == pytest.approx(now + 1800, abs=30)


async def test_pictures_may_lie_apart_from_results(start_horde: StartHorde, tmp_path: Path) -> None:
    """storage.md §1.1: HORDE_SOURCE_BLOBS; alchemists are led there."""
    horde = await start_horde(source_blobs=str(tmp_path / "sources"))
    interrogation = await horde.alchemy.request("GFPGAN")
    form = await horde.alchemy.form((await horde.account()).api_key, "GFPGAN")
    assert (tmp_path / "sources" / interrogation[:2] / f"{interrogation}_src.webp").exists()
    assert (await horde.client.get(form["source_image"])).status_code == 200
    assert (await horde.client.put(form["r2_upload"], content=horde.picture())).status_code == 200


@pytest.mark.parametrize(("amount", "given"), [({}, 1), ({"amount": 0}, 1), ({"amount": -5}, 1), ({"amount": 3}, 3)])
async def test_as_many_as_asked_for(horde: Horde, amount: dict[str, Any], given: int) -> None:
    """§6.1: also of several requests; 0 or less is 1."""
    owner = await horde.account("owner")
    for _ in range(2):
        await horde.alchemy.request("caption", "nsfw")
    assert len(await popped(horde, owner, "caption", "nsfw", **amount)) == given


async def test_an_alchemist_that_offers_nothing_gets_nothing(horde: Horde) -> None:
    """§6.5: though it is shown as offering captions."""
    owner = await horde.account("owner")
    await horde.alchemy.request("caption")
    assert await popped(horde, owner) == []
    (worker,) = (await horde.client.get("/api/v2/workers")).json()
    assert worker["forms"] == ["caption"]


async def test_an_offer_applies_from_the_pop_that_makes_it(horde: Horde) -> None:
    """workers.md §4.1: the forms of the current call decide, also within 30 s; here the tiles too."""
    owner = await horde.account("owner")
    await horde.alchemy.request("caption", "nsfw")
    assert await popped(horde, owner, "nsfw", amount=5) == ["nsfw"]
    assert await popped(horde, owner, "caption", amount=5) == ["caption"]


# ---------------------------------------------------------------- who gets what


async def test_pictures_larger_than_an_alchemist_takes(horde: Horde) -> None:
    """§6.3: tiles ≤ max_tiles; 80 unless told otherwise."""
    owner = await horde.account("owner")
    target = io.BytesIO()
    Image.new("L", (1025, 600)).save(target, "PNG")
    await horde.alchemy.request("caption", source_image=base64.b64encode(target.getvalue()).decode())
    assert await popped(horde, owner, "caption", max_tiles=5) == []
    assert await popped(horde, owner, "caption", max_tiles=6) == ["caption"]


async def test_trusted_workers(horde: Horde) -> None:
    """§6.3: `skipped.untrusted`, each form counted once; a trusted owner's alchemist gets them."""
    untrusted, trusted = await horde.account("untrusted"), await horde.account("trusted", trusted=True)
    await horde.alchemy.request("caption", "nsfw", trusted_workers=True)
    answer = await horde.alchemy.pop(untrusted.api_key, "caption", "nsfw")
    assert answer == {"forms": None, "skipped": {"untrusted": 2}}
    assert await popped(horde, trusted, "caption", name="trusted one") == ["caption"]


async def test_slow_alchemists(horde: Horde, start_horde: StartHorde) -> None:
    """§6.3: ten seconds a form, on average of the last 20, is slow; an alchemist without samples is fast."""
    owner = await horde.account("owner")
    await horde.alchemy.pop(owner.api_key, "nsfw")
    await horde.alchemy.request("caption", slow_workers=False)
    for average, expected in ((10.0, []), (9.9, ["caption"])):
        await horde.sql("UPDATE worker SET speeds = array_fill(%s::float8, ARRAY[20])", average)
        node = await start_horde()
        assert await popped(node, owner, "caption") == expected


async def test_the_rich_come_first_and_friends_before_them(horde: Horde) -> None:
    """§6.3: the owner's and the priority users' forms, then the rest, by what kudos buy."""
    owner, friend = await horde.account("owner"), await horde.account("friend")
    rich = await horde.account("rich", kudos=1_000_000)
    for form, account in (("nsfw", None), ("caption", rich), ("palette", friend), ("describe", owner)):
        await horde.alchemy.request(form, key=account.api_key if account else "0000000000")
    names = ["nsfw", "caption", "palette", "describe"]
    order = await popped(horde, owner, *names, amount=4, priority_usernames=[f"friend#{friend.id}"])
    assert set(order[:2]) == {"palette", "describe"}
    assert order[2:] == ["caption", "nsfw"]


async def test_maintenance(horde: Horde) -> None:
    """§6.3: its owner's forms only; without any → 403 `WorkerMaintenance` with the text."""
    owner = await horde.account("owner")
    await horde.alchemy.pop(owner.api_key, "caption")
    (worker,) = (await horde.client.get("/api/v2/workers")).json()
    await horde.client.put(
        f"/api/v2/workers/{worker['id']}",
        json={"maintenance": True, "maintenance_msg": "Back soon"},
        headers={"apikey": owner.api_key},
    )
    await horde.alchemy.request("caption")
    answer = await horde.alchemy.try_pop(owner.api_key, "caption")
    assert horde.outcome(answer) == (403, "WorkerMaintenance")
    assert "Back soon" in answer.json()["message"]
    await horde.alchemy.request("caption", key=owner.api_key)
    assert await popped(horde, owner, "caption") == ["caption"]


async def test_a_paused_alchemist_gets_nothing(horde: Horde, start_horde: StartHorde) -> None:
    """§6.3: the original gave it real work."""
    owner = await horde.account("owner")
    await horde.alchemy.pop(owner.api_key, "caption")
    await horde.sql("UPDATE worker SET paused = true")
    node = await start_horde()
    await node.alchemy.request("caption", key=owner.api_key)
    assert await node.alchemy.pop(owner.api_key, "caption") == {"forms": None, "skipped": {}}


async def test_kinds_do_not_mix(horde: Horde) -> None:
    """Forms are for alchemists, images and texts for others; each finds its own."""
    owner = await horde.account("owner", trusted=True)
    await horde.request()
    await horde.alchemy.request("caption")
    await horde.texts.request()
    assert await popped(horde, owner, *FORMS, amount=9) == ["caption"]
    assert (await horde.job(owner.api_key))["ids"]
    assert (await horde.texts.job(owner.api_key))["ids"]


# ---------------------------------------------------------------- what is told of alchemists


async def test_an_alchemist_in_the_list(horde: Horde) -> None:
    """§10.1: `forms` instead of models, seconds per form, nsfw false."""
    owner = await horde.account("owner", trusted=True)
    await horde.alchemy.pop(owner.api_key, "caption", "GFPGAN", threads=3)
    (worker,) = (await horde.client.get("/api/v2/workers", params={"type": "interrogation"})).json()
    assert (worker["type"], worker["forms"], worker["threads"]) == ("interrogation", ["caption", "GFPGAN"], 3)
    assert (worker["nsfw"], worker["performance"]) == (False, "No requests fulfilled yet")
    assert not {"models", "max_pixels", "max_length"} & set(worker)
    await horde.alchemy.request("caption")
    form = await horde.alchemy.form(owner.api_key, "caption")
    await horde.sql("UPDATE job SET started_at = now() - interval '30 s'")
    await horde.alchemy.submit(owner.api_key, form["id"])
    await horde.folded()
    worker = (await horde.client.get(f"/api/v2/workers/{worker['id']}")).json()
    assert worker["performance"].endswith(" seconds per form")
    assert (worker["requests_fulfilled"], worker["kudos_details"]["generated"]) == (1, 1.0)


async def test_an_alchemist_can_be_deleted(horde: Horde) -> None:
    """workers.md §11.5: always 423 on the original; what it holds goes back, what it delivered stays."""
    owner, other = await horde.account("owner"), await horde.account("other")
    interrogation = await horde.alchemy.request("caption", "nsfw")
    await horde.alchemy.submit(owner.api_key, (await horde.alchemy.form(owner.api_key, "caption"))["id"])
    await horde.alchemy.form(owner.api_key, "nsfw")
    ((worker_id,),) = await horde.sql("SELECT id::text FROM worker")
    answer = await horde.client.delete(f"/api/v2/workers/{worker_id}", headers={"apikey": owner.api_key})
    assert answer.json() == {"deleted_id": worker_id, "deleted_name": "alchemist"}
    assert await horde.alchemy.states(interrogation) == ("waiting", ["done", "waiting"])
    assert (await horde.alchemy.form(other.api_key, "nsfw", name="another"))["form"] == "nsfw"


async def test_the_hordes_figures_count_alchemy(horde: Horde) -> None:
    """§10.1: queued_forms, interrogator_count, interrogator_thread_count; forms are no models."""
    owner = await horde.account("owner")
    await horde.alchemy.request("caption", "nsfw")
    await horde.alchemy.request("caption")
    await horde.alchemy.pop(owner.api_key, "nsfw", threads=2)
    figures = (await horde.client.get("/api/v2/status/performance")).json()
    assert (figures["queued_forms"], figures["interrogator_count"], figures["interrogator_thread_count"]) == (2, 1, 2)
    assert (figures["queued_requests"], figures["worker_count"]) == (0, 0)
    assert (await horde.client.get("/api/v2/status/models", params={"type": "interrogation"})).json() == []
    assert (await horde.client.get("/api/v2/status/models/caption")).json() == []


@pytest.mark.parametrize("trusted", [True, False])
async def test_uptime_of_alchemists(horde: Horde, start_horde: StartHorde, trusted: bool) -> None:
    """kudos.md §5.3: 40 kudos for ten minutes, to spend at once, also by untrusted owners."""
    owner = await horde.account("owner", trusted=trusted, kudos=100)
    await horde.alchemy.pop(owner.api_key, "caption")
    await horde.sql("UPDATE worker SET uptime_s = 590, last_check_in_at = now() - interval '60 s'")
    node = await start_horde()
    await node.alchemy.pop(owner.api_key, "caption")
    await node.folded()
    assert (await node.user(owner))["kudos"] == 140
    (worker,) = (await node.client.get("/api/v2/workers")).json()
    assert worker["kudos_details"] == {"generated": 0, "uptime": 40}
