"""The modes of the horde: GET and PUT /status/modes, and what each changes (moderation.md §6)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde

from horde_server.accounts.creation import NewAccount
from horde_server.moderation.answers import HordeModes


@pytest.fixture
async def horde(start_horde: StartHorde) -> Horde:
    """A server with one administrator, the first account."""
    return await start_horde(admins=["root#1"])


@pytest.fixture(autouse=True)
async def admin(horde: Horde) -> NewAccount:
    """The administrator."""
    return await horde.account("root")


async def put(horde: Horde, key: str | None, **modes: Any) -> httpx.Response:
    """PUT /status/modes."""
    headers = {"apikey": key} if key is not None else {}
    return await horde.client.put("/api/v2/status/modes", json=modes, headers=headers)


async def get(horde: Horde, key: str | None = None) -> httpx.Response:
    """GET /status/modes."""
    return await horde.client.get("/api/v2/status/modes", headers={"apikey": key} if key else {})


async def test_everybody_sees_two_modes_and_moderators_three(horde: Horde) -> None:
    """§6.1: with a moderator's key also raid_mode; another valid key → 403, an unknown one → 401. Never cached."""
    mod, ada = await horde.account("mod", moderator=True), await horde.account("ada")
    plain = {"maintenance_mode": False, "invite_only_mode": False}
    assert (await get(horde, mod.api_key)).json() == {**plain, "raid_mode": False}
    assert (await get(horde)).json() == plain
    HordeModes.model_validate((await get(horde)).json(), strict=True)
    assert horde.outcome(await get(horde, ada.api_key)) == (403, "NotModerator")
    assert horde.outcome(await get(horde, "x" * 22)) == (401, "InvalidAPIKey")


async def test_administrators_and_moderators_turn_modes_on_and_off(horde: Horde, admin: NewAccount) -> None:
    """§6.2: maintenance by administrators, the others by moderators; the answer has what was changed."""
    mod = await horde.account("mod", moderator=True)
    assert (await put(horde, mod.api_key, invite_only_mode=True, raid_mode=True)).json() == {
        "invite_only_mode": True,
        "raid_mode": True,
    }
    assert (await put(horde, admin.api_key, maintenance_mode=True, raid_mode=False)).json() == {
        "maintenance_mode": True,
        "raid_mode": False,
    }
    assert (await get(horde, mod.api_key)).json() == {
        "maintenance_mode": True,
        "invite_only_mode": True,
        "raid_mode": False,
    }


async def test_others_may_not(horde: Horde) -> None:
    """§6.2: 403 `NotAdmin` for maintenance, `NotModerator` for the others; nothing is changed then."""
    mod, ada = await horde.account("mod", moderator=True), await horde.account("ada")
    assert horde.outcome(await put(horde, mod.api_key, maintenance_mode=True, raid_mode=True)) == (403, "NotAdmin")
    assert horde.outcome(await put(horde, ada.api_key, raid_mode=True)) == (403, "NotModerator")
    assert horde.outcome(await put(horde, "0000000000", invite_only_mode=True)) == (403, "NotModerator")
    assert set((await get(horde, mod.api_key)).json().values()) == {False}


async def test_a_change_needs_a_key_and_a_mode(horde: Horde) -> None:
    """§6.2: nothing given → 400 `NoHordeModSelected`; 400 without a key, 401 for an unknown one; booleans only."""
    mod = await horde.account("mod", moderator=True)
    assert horde.outcome(await put(horde, mod.api_key)) == (400, "NoHordeModSelected")
    assert horde.outcome(await put(horde, "x" * 22, raid_mode=True)) == (401, "InvalidAPIKey")
    assert list((await put(horde, None, raid_mode=True)).json()["errors"]) == ["apikey"]
    wrong = await put(horde, mod.api_key, raid_mode="false")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["raid_mode"])


async def test_modes_are_the_hordes_and_not_a_nodes(start_horde: StartHorde, horde: Horde) -> None:
    """Other nodes hear of a change, and a node that starts later knows."""
    mod = await horde.account("mod", moderator=True)
    other = await start_horde()
    await put(horde, mod.api_key, raid_mode=True)

    async def is_on_there() -> bool:
        return (await get(other, mod.api_key)).json()["raid_mode"] is True

    await horde.until(is_on_there, "the other node knows the mode")
    assert (await get(await start_horde(), mod.api_key)).json()["raid_mode"] is True


async def test_maintenance_takes_back_what_waits_and_lets_workers_finish(horde: Horde, admin: NewAccount) -> None:
    """§6.3: turning it on sets what is left of every request to 0; pops and submits go on."""
    owner, asker = await horde.account("owner"), await horde.account("asker", kudos=10_000)
    request_id = await horde.request(asker.api_key, params={"n": 3}, slow_workers=False)
    unserved = await horde.request(models=["Anything Diffusion"])
    job = await horde.job(owner.api_key)
    await put(horde, admin.api_key, maintenance_mode=True)
    shown = await horde.check(request_id)
    assert (shown["waiting"], shown["processing"]) == (0, 1)
    assert (await horde.check(unserved))["done"] is True
    assert (await horde.pop(owner.api_key))["id"] is None
    await horde.submit(owner.api_key, job["id"])
    shown = await horde.status(request_id)
    assert (shown["done"], len(shown["generations"])) == (True, 1)
    assert await horde.sql("SELECT sum(held_hundredths)::int FROM request") == [(0,)]
    assert horde.outcome(await horde.ask(asker.api_key)) == (400, "MaintenanceMode")
    await put(horde, admin.api_key, maintenance_mode=False)
    assert (await horde.ask(asker.api_key)).status_code == 202


async def test_in_invite_only_mode_new_workers_need_an_invitation(horde: Horde, admin: NewAccount) -> None:
    """workers.md §3.3: existing workers ≥ worker_invited → 403 `WorkerInviteOnly`; known ones go on."""
    known, invited = await horde.account("known"), await horde.account("invited", columns={"worker_invited": 1})
    await horde.pop(known.api_key, "known worker")
    await put(horde, admin.api_key, invite_only_mode=True)
    await horde.pop(known.api_key, "known worker")
    assert horde.outcome(await horde.try_pop(known.api_key, "new worker")) == (403, "WorkerInviteOnly")
    await horde.pop(invited.api_key, "invited worker")
    assert horde.outcome(await horde.try_pop(invited.api_key, "one more")) == (403, "WorkerInviteOnly")


async def test_in_maintenance_no_kind_takes_requests_and_workers_go_on(horde: Horde, admin: NewAccount) -> None:
    """§6.3: 400 `MaintenanceMode` for images, texts and alchemy, from anybody, also of what is only a question."""
    owner, trusted = await horde.account("owner"), await horde.account("trusted", trusted=True)
    await put(horde, admin.api_key, maintenance_mode=True)
    for key in ("0000000000", trusted.api_key, admin.api_key):
        for answer in (
            await horde.ask(key), await horde.ask(key, dry_run=True), await horde.texts.ask(key),
            await horde.alchemy.ask("caption", key=key),
        ):  # fmt: skip
            assert horde.outcome(answer) == (400, "MaintenanceMode")
    await horde.pop(owner.api_key)
    await horde.texts.pop(owner.api_key)
    await horde.alchemy.pop(owner.api_key, "caption")


async def test_maintenance_takes_back_texts_and_forms_too(horde: Horde, admin: NewAccount) -> None:
    """§6.3: not only images, as on the original."""
    text, forms = await horde.texts.request(), await horde.alchemy.request("caption", "nsfw")
    owner = await horde.account("owner")
    held = await horde.alchemy.form(owner.api_key, "caption")
    await put(horde, admin.api_key, maintenance_mode=True)
    assert (await horde.texts.status(text))["done"] is True
    await horde.alchemy.submit(owner.api_key, held["id"])
    assert (await horde.alchemy.states(forms))[1] == ["done", "cancelled"]


async def test_invitations_count_workers_of_every_kind(horde: Horde, admin: NewAccount) -> None:
    """workers.md §3.3, §3.8: also alchemists, which the original does not count."""
    invited = await horde.account("invited", columns={"worker_invited": 2})
    await put(horde, admin.api_key, invite_only_mode=True)
    await horde.alchemy.pop(invited.api_key, "caption")
    await horde.texts.pop(invited.api_key)
    assert horde.outcome(await horde.try_pop(invited.api_key, "third")) == (403, "WorkerInviteOnly")
    for answer in (
        await horde.texts.try_pop((await horde.account("a")).api_key, "text"),
        await horde.alchemy.try_pop((await horde.account("b")).api_key, "caption", name="form"),
    ):
        assert horde.outcome(answer) == (403, "WorkerInviteOnly")
    await put(horde, admin.api_key, invite_only_mode=False)
    await horde.pop(invited.api_key, "third")


async def test_a_raid_changes_nothing_else(horde: Horde, admin: NewAccount) -> None:
    """§6.4: without a checker of addresses, strangers ask and serve, and maintenance and invitations are apart."""
    await put(horde, admin.api_key, raid_mode=True)
    owner = await horde.account("owner")
    assert (await horde.ask()).status_code == 202
    assert (await horde.texts.ask()).status_code == 202
    assert (await horde.alchemy.ask("caption")).status_code == 202
    await horde.pop(owner.api_key)
