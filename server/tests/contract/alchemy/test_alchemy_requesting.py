"""Asking for an interrogation: POST /interrogate/async (alchemy.md §1.1, §2)."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hordes import Horde, StartHorde
from PIL import Image
from strange_servers import answer as found_there
from strange_servers import serving

from horde_server.http.wire_types import MOST_MAP_BYTES
from horde_server.requests.alchemy.answers import RequestInterrogationResponse
from horde_server.requests.alchemy.vocabulary import FORMS


def inline(width: int, height: int, kind: str = "PNG") -> str:
    """A picture of this size as base64."""
    target = io.BytesIO()
    Image.new("L", (width, height)).save(target, kind)
    return base64.b64encode(target.getvalue()).decode()


async def stored(horde: Horde) -> list[dict[str, Any]]:
    """The stored orders, as they were asked for."""
    return [row[0] for row in await horde.sql("SELECT request_order FROM request ORDER BY order_key")]


def kept_pictures(horde: Horde) -> list[Path]:
    """What lies in the blob store."""
    return list((horde.settings.data / "blobs").glob("??/*"))


# ---------------------------------------------------------------- the body


async def test_every_form_of_the_list_is_taken(horde: Horde) -> None:
    """§1.1: seven analyses and sixteen forms that make pictures; 202 with an id and nothing else (§2)."""
    assert len(FORMS) == 23
    await horde.alchemy.pop((await horde.account()).api_key, *FORMS)
    answer = await horde.alchemy.ask(*FORMS)
    assert (answer.status_code, set(answer.json())) == (202, {"id"})
    RequestInterrogationResponse.model_validate(answer.json(), strict=True)
    assert [form["form"] for form in (await horde.alchemy.status(answer.json()["id"]))["forms"]] == list(FORMS)


async def test_forms_that_nobody_does_are_told_at_once(horde: Horde) -> None:
    """§2.4: upstream they wait in silence; here the 202 says which, why, and what is done."""
    first = (await horde.alchemy.ask("caption")).json()
    assert set(first) == {"id", "message", "warnings"}
    assert first["message"] == (
        "Warning: no available workers can fulfill caption. It will expire unless a suitable worker joins. "
        "No alchemist is online."
    )
    assert first["warnings"] == [{"code": "NoAvailableWorker", "message": first["message"]}]

    await horde.alchemy.pop((await horde.account("olga")).api_key, "nsfw", "RealESRGAN_x2plus")
    mixed = (await horde.alchemy.ask("caption", "nsfw", "interrogation")).json()
    assert mixed["message"] == (
        "Warning: no available workers can fulfill caption, interrogation. They will expire unless a suitable worker "
        "joins. Of 1 online: 1 do none of these forms. Done now: nsfw, RealESRGAN_x2plus."
    )
    RequestInterrogationResponse.model_validate(mixed, strict=True)
    assert set((await horde.alchemy.ask("nsfw")).json()) == {"id"}


async def test_forms_are_told_each_for_its_own_reasons(horde: Horde) -> None:
    """Who does a form, but for smaller pictures or not for this account, is another obstacle than who does not."""
    await horde.alchemy.pop((await horde.account()).api_key, "nsfw", max_tiles=1)
    told = (await horde.alchemy.ask("caption", "nsfw", source_image=inline(600, 600))).json()
    will_expire = "It will expire unless a suitable worker joins. Of 1 online:"
    assert told["message"] == (
        f"Warning: no available workers can fulfill caption. {will_expire} 1 do none of these forms. Done now: nsfw. "
        f"Warning: no available workers can fulfill nsfw. {will_expire} 1 take smaller pictures. "
        "With a picture of at most 1 tile of 512x512: 1 worker could serve it."
    )
    assert told["warnings"] == [{"code": "NoAvailableWorker", "message": told["message"]}]


async def test_in_raid_mode_nobody_is_told_which_forms_are_done(horde: Horde) -> None:
    """As for images (requests.md §6.4)."""
    mod = await horde.account("mod", moderator=True)
    changed = await horde.client.put("/api/v2/status/modes", json={"raid_mode": True}, headers={"apikey": mod.api_key})
    assert changed.status_code == 200
    assert set((await horde.alchemy.ask("caption")).json()) == {"id"}


@pytest.mark.parametrize("name", ["annotation", "Caption", "", "GFPGANv1.4", "nsfw."])
async def test_a_name_outside_the_list_is_refused_by_its_path(horde: Horde, name: str) -> None:
    """§1.1: → 400, path `forms.<i>.name`, without rc."""
    answer = await horde.alchemy.ask("caption", name)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"forms.1.name"})


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("source_image", None, "source_image"),
        ("source_image", 5, "source_image"),
        ("forms", None, "forms"),
        ("forms", [], "forms"),
        ("forms", [{"name": "caption"}] * 1001, "forms"),
        ("forms", [{}], "forms.0.name"),
        ("forms", [{"name": "caption", "payload": "x"}], "forms.0.payload"),
        ("forms", [{"name": "caption", "payload": {"x": "y" * MOST_MAP_BYTES}}], "forms.0.payload"),
        ("forms", [{"name": "caption", "payload": {"x": 10**5000}}], None),
        ("slow_workers", "yes", "slow_workers"),
        ("trusted_workers", 1, "trusted_workers"),
        ("webhook", "https://x", "webhook"),
        ("webhook", "https://" + "x" * 1024, "webhook"),
    ],
)
async def test_fields_beyond_their_limits_are_named(horde: Horde, field: str, value: Any, path: str | None) -> None:
    """§2.1: types and lengths; empty forms are refused, payloads have at most 16 KiB."""
    if path is None:
        content = '{"source_image": "x", "forms": [{"name": "caption", "payload": {"x": 1' + "0" * 5000 + "}}]}"
        answer = await horde.client.post(
            "/api/v2/interrogate/async",
            content=content,
            headers={"apikey": "0000000000", "content-type": "application/json"},
        )
        assert answer.status_code == 400
        return
    answer = await horde.alchemy.ask("caption", **{field: value})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {path})


async def test_a_source_and_forms_are_needed(horde: Horde) -> None:
    """§2.1: `source_image` is required, whatever the published schema says; so are forms."""
    answer = await horde.client.post("/api/v2/interrogate/async", json={}, headers={"apikey": "0000000000"})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"source_image", "forms"})
    answer = await horde.alchemy.ask("caption", key=None)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"apikey"})


async def test_of_a_form_asked_for_twice_the_first_is_kept(horde: Horde) -> None:
    """§2.1: each form is done once."""
    await horde.alchemy.request(
        {"name": "caption", "payload": {"num_beams": 1}}, "nsfw", {"name": "caption", "payload": {"num_beams": 2}}
    )
    assert [(order["form"], order["payload"]) for order in await stored(horde)] == [
        ("caption", {"num_beams": 1}),
        ("nsfw", {}),
    ]


@pytest.mark.parametrize(
    "payload",
    [
        {"num_beams": 5, "top_p": 0.9, "rank": True, "nothing": None, "deep": {"er": [1, "2"]}},
        {"big": 2**80, "text": "\u2603 \\u0000 \"", "": ""},
    ],
)  # fmt: skip
async def test_a_payload_reaches_the_alchemist_unchanged(horde: Horde, payload: dict[str, Any]) -> None:
    """§2.1: 5 stays 5."""
    await horde.alchemy.request({"name": "caption", "payload": payload})
    form = await horde.alchemy.form((await horde.account()).api_key, "caption")
    assert form["payload"] == payload


@pytest.mark.parametrize("payload", [{"x": "\0"}, {"\0": 1}, {"x": ["\\\0"]}])
async def test_a_payload_has_no_nul_characters(horde: Horde, payload: dict[str, Any]) -> None:
    """basics.md §3.7: → 400 `NulByteInPayload`."""
    answer = await horde.alchemy.ask({"name": "caption", "payload": payload})
    assert horde.outcome(answer) == (400, "NulByteInPayload")


# ---------------------------------------------------------------- who asks, and how much


async def test_the_checks_come_in_order(horde: Horde, start_horde: StartHorde) -> None:
    """§2.2: maintenance, webhook, key, forms open, the sample client agent; the picture last."""
    gone = await horde.account("gone", {"deleted": True})
    poor = await horde.account("poor", {"concurrency": 0})
    bad: dict[str, Any] = {"source_image": "no picture"}
    answer = await horde.alchemy.ask("caption", key="no key", webhook="http://example.org", **bad)
    assert horde.outcome(answer) == (400, "BadRequest")
    assert "https://" in answer.json()["message"]
    assert horde.outcome(await horde.alchemy.ask("caption", key="no key", **bad)) == (401, "InvalidAPIKey")
    assert horde.outcome(await horde.alchemy.ask("caption", key=gone.api_key, **bad)) == (403, "DeletedUser")
    assert horde.outcome(await horde.alchemy.ask("caption", key=poor.api_key, **bad)) == (429, "TooManyPrompts")
    assert horde.outcome(await horde.alchemy.ask("caption", **bad)) == (400, "ImageValidationFailed")
    await horde.sql("UPDATE horde_modes SET maintenance = true")
    other = await start_horde()
    answer = await other.alchemy.ask("caption", key="no key", webhook="http://example.org")
    assert other.outcome(answer) == (400, "MaintenanceMode")
    assert await horde.sql("SELECT count(*) FROM interrogation") == [(0,)]


async def test_the_documentations_client_agent(horde: Horde) -> None:
    """§2.2: the same checks of who asks as for images."""
    answer = await horde.client.post(
        "/api/v2/interrogate/async",
        json={"source_image": inline(8, 8), "forms": [{"name": "caption"}]},
        headers={"apikey": "0000000000", "Client-Agent": "My-Project:v0.0.1:My-Contact"},
    )
    assert horde.outcome(answer) == (403, "BannedClientAgent")


async def test_an_address_in_time_out(horde: Horde) -> None:
    """moderation.md §4.1, and alchemy.md §2.2: neither requests nor pops from there → 403 `TimeoutIP`."""
    moderator, owner = await horde.account("mod", moderator=True), await horde.account("owner")
    body = {"ipaddr": "127.0.0.1", "hours": 1}
    answer = await horde.client.post("/api/v2/operations/ipaddr", json=body, headers={"apikey": moderator.api_key})
    assert answer.status_code == 200, answer.text
    assert horde.outcome(await horde.alchemy.ask("caption")) == (403, "TimeoutIP")
    assert horde.outcome(await horde.alchemy.try_pop(owner.api_key, "caption")) == (403, "TimeoutIP")


async def test_raid_mode_does_not_break_alchemy(horde: Horde, start_horde: StartHorde) -> None:
    """§2.2: every request ended in a 500 there."""
    await horde.sql("UPDATE horde_modes SET raid = true")
    other = await start_horde()
    assert (await other.alchemy.ask("caption")).status_code == 202


async def test_ten_forms_may_be_open_for_each_job_that_might(horde: Horde) -> None:
    """§2.3: (waiting + processing + asked for) > 10 × concurrency → 429 `TooManyPrompts`; what is done is free."""
    ada = await horde.account("ada", {"concurrency": 1})
    owner = await horde.account("owner")
    await horde.alchemy.request(*FORMS[:6], key=ada.api_key)
    form = await horde.alchemy.form(owner.api_key, "caption")
    assert horde.outcome(await horde.alchemy.ask(*FORMS[:5], key=ada.api_key)) == (429, "TooManyPrompts")
    await horde.alchemy.submit(owner.api_key, form["id"])
    cancelled = await horde.alchemy.request(*FORMS[:5], key=ada.api_key)
    assert horde.outcome(await horde.alchemy.ask("caption", key=ada.api_key)) == (429, "TooManyPrompts")
    await horde.alchemy.cancel(cancelled)
    assert (await horde.alchemy.ask("caption", key=ada.api_key)).status_code == 202


# ---------------------------------------------------------------- the picture


@pytest.mark.parametrize(("width", "height", "tiles"), [(512, 512, 1), (513, 512, 2), (1025, 600, 6)])
async def test_tiles_are_counted(horde: Horde, width: int, height: int, tiles: int) -> None:
    """§2.5: ceil(width/512) × ceil(height/512)."""
    await horde.alchemy.request("caption", source_image=inline(width, height))
    assert [order["tiles"] for order in await stored(horde)] == [tiles]


@pytest.mark.parametrize(("width", "height"), [(1, 512 * 255 + 1), (3073, 3073), (16_384, 1)])
async def test_too_large_pictures(horde: Horde, width: int, height: int) -> None:
    """§2.5: more than 255 tiles; more than 3072×3072 pixels; WebP's longest side: → 400."""
    answer = await horde.alchemy.ask("caption", source_image=inline(width, height))
    assert horde.outcome(answer) == (400, "SourceImageResolutionExceeded")
    assert kept_pictures(horde) == []


@pytest.mark.parametrize(
    "source", ["", "no picture", "data:image/png;base64,AAAA", base64.b64encode(b"x" * 99).decode()]
)
async def test_what_is_no_picture(horde: Horde, source: str) -> None:
    """§2.5: undecodable → 400 `ImageValidationFailed`; nothing is left of the request."""
    answer = await horde.alchemy.ask("caption", source_image=source)
    assert horde.outcome(answer) == (400, "ImageValidationFailed")
    assert await horde.sql("SELECT (SELECT count(*) FROM interrogation) + (SELECT count(*) FROM request)") == [(0,)]
    assert kept_pictures(horde) == []


async def test_the_beginning_of_a_data_address_is_left_out(horde: Horde) -> None:
    """§2.1: what apps paste works."""
    await horde.alchemy.request("caption", source_image="data:image/png;base64," + inline(8, 8))


async def test_an_address_must_be_public(horde: Horde) -> None:
    """basics.md §10: fetched by the guarded fetcher; → 400 `ImageValidationFailed`, whatever lies there."""
    answer = await horde.alchemy.ask("caption", source_image="http://127.0.0.1:1/picture.png")
    assert horde.outcome(answer) == (400, "ImageValidationFailed")


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (found_there(b"<html>"), "SourceImageUrlInvalid"),
        (found_there(b""), "SourceImageUnreadable"),
        (found_there(b"x" * (5000 * 1024 + 1)), "SourceImageSizeExceeded"),
        (found_there(base64.b64decode(inline(1, 512 * 256))), "SourceImageResolutionExceeded"),
        (found_there(base64.b64decode(inline(700, 8))), None),
    ],
    ids=["no picture", "empty", "too long", "too many tiles", "a picture"],
)
async def test_what_lies_at_an_address(start_horde: StartHorde, found: Any, code: str | None) -> None:
    """§2.5: each with its code; a picture is fetched once, by us, and alchemists get it from us (§6.4)."""
    horde = await start_horde(allow_private_addresses=True)
    async with serving(found) as server:
        asked = await horde.alchemy.ask("caption", source_image=server.url())
    if code is not None:
        assert horde.outcome(asked) == (400, code)
        return
    assert asked.status_code == 202, asked.text
    form = await horde.alchemy.form((await horde.account()).api_key, "caption")
    with Image.open(io.BytesIO((await horde.client.get(form["source_image"])).content)) as kept:
        assert (kept.format, kept.size) == ("WEBP", (700, 8))


async def test_a_store_that_refuses_is_503_and_leaves_nothing(horde: Horde) -> None:
    """storage.md §3.3: the original stored `false` as the source."""
    blobs = horde.settings.data / "blobs"
    blobs.parent.mkdir(exist_ok=True)
    blobs.write_text("a file where the folder should be")
    answer = await horde.alchemy.ask("caption")
    assert answer.status_code == 503
    assert answer.json()["message"]
    assert await horde.sql("SELECT count(*) FROM interrogation") == [(0,)]


async def test_the_order_survives_being_stored(horde: Horde, start_horde: StartHorde) -> None:
    """Promise 2: another node, or the same after a restart, hands out what was asked."""
    payload = {"num_beams": 5}
    interrogation = await horde.alchemy.request({"name": "caption", "payload": payload}, slow_workers=False)
    other = await start_horde()
    form = await other.alchemy.form((await horde.account()).api_key, "caption")
    assert form["payload"] == payload
    assert json.loads(json.dumps(await other.alchemy.states(interrogation))) == ["processing", ["processing"]]
