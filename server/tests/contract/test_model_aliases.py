"""What an account calls models (accounts.md §4.10)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from desks import Desk, horde_with_desk
from hordes import Horde, StartHorde
from text_routes import TEXT_MODEL

from horde_server.accounts.creation import NewAccount

ALIASES = {"gpt-4o-mini": "koboldcpp/Mistral-7B-Instruct-v0.2", "the large one": "Llama-3.3-70B-Instruct"}


async def change(horde: Horde, of: NewAccount, key: str, **body: Any) -> Any:
    return await horde.client.put(f"/api/v2/users/{of.id}", json=body, headers={"apikey": key})


async def test_an_account_calls_models_what_it_likes(start_horde: StartHorde, monkeypatch: pytest.MonkeyPatch) -> None:
    """§4.10: at once, at every change; shown to itself, and what was said before is forgotten."""
    desk: Desk = await horde_with_desk(start_horde, monkeypatch)
    horde, accounts = desk.horde, desk.node.identity.accounts
    ada = await horde.account("ada")

    async def aliases() -> dict[str, str]:
        holder = await accounts.by_key(ada.api_key)
        assert holder is not None
        return dict(holder.account.model_aliases)

    assert (await aliases(), "model_aliases" in await horde.user(ada)) == ({}, False)
    for wanted in (ALIASES, {"gpt-4o": "another"}, {}):
        answer = await change(horde, ada, ada.api_key, model_aliases=wanted)
        assert (answer.status_code, answer.json()) == (200, {"model_aliases": wanted})
        assert await aliases() == wanted
        assert (await horde.user(ada)).get("model_aliases", {}) == wanted
    seen = (await horde.client.get(f"/api/v2/users/{ada.id}")).json()
    assert "model_aliases" not in seen, "nobody else sees them"


async def test_a_change_of_them_is_recorded_and_can_be_undone(horde: Horde) -> None:
    """§4.8, moderation.md §7.4: the values before and after."""
    ada, mod = await horde.account("ada"), await horde.account("mod", moderator=True)
    await change(horde, ada, ada.api_key, model_aliases={"a": "b"})
    await change(horde, ada, ada.api_key, model_aliases=ALIASES)
    [(entry_id, old, new)] = await horde.sql(
        "SELECT id, old_value, new_value FROM audit_entry WHERE action = 'account.change' ORDER BY id DESC LIMIT 1"
    )
    assert (old, new) == ({"model_aliases": {"a": "b"}}, {"model_aliases": ALIASES})
    undone = await horde.client.post(f"/api/v2/operations/audit/{entry_id}/undo", headers={"apikey": mod.api_key})
    assert undone.status_code == 200, undone.text
    assert (await horde.user(ada))["model_aliases"] == {"a": "b"}


@pytest.mark.parametrize(
    ("aliases", "field"),
    [
        ({f"name {number}": "x" for number in range(51)}, "model_aliases"),
        ({"x" * 256: "y"}, "model_aliases"),
        ({"": "y"}, "model_aliases"),
        ({"a,b": "y"}, "model_aliases"),
        ({"x": "y" * 256}, "model_aliases.x"),
        ({"x": 5}, "model_aliases.x"),
        (["x"], "model_aliases"),
        ({"x\u202e": "y"}, "model_aliases"),
    ],
)
async def test_aliases_have_limits(horde: Horde, aliases: Any, field: str) -> None:
    """§4.10: a fault is named, and nothing is changed."""
    ada = await horde.account("ada")
    answer = await change(horde, ada, ada.api_key, model_aliases=aliases)
    assert answer.status_code == 400
    assert all(name.startswith(field) for name in answer.json()["errors"]), answer.text
    assert "model_aliases" not in await horde.user(ada)


async def test_who_may_not(horde: Horde) -> None:
    """§4.1: others neither change nor see them; Anonymous has none."""
    ada, eve = await horde.account("ada"), await horde.account("eve")
    assert horde.outcome(await change(horde, ada, eve.api_key, model_aliases=ALIASES)) == (403, "NotModerator")
    answer = await horde.client.put("/api/v2/users/0", json={"model_aliases": {}}, headers={"apikey": eve.api_key})
    assert horde.outcome(answer) == (403, "AnonForbiddenUserMod")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hello!"}], "model": "mine"}),
        ("/v1/completions", {"prompt": "Hello!", "model": "mine"}),
        ("/api/chat", {"messages": [{"role": "user", "content": "Hello!"}], "model": "mine", "stream": False}),
    ],
)
async def test_dialects_know_them(horde: Horde, path: str, body: dict[str, Any]) -> None:
    """§4.10: the account's own before the operator's; to others the name says nothing."""
    ada, owner = await horde.account("ada", kudos=100), await horde.account("owner", trusted=True)
    await horde.texts.pop(owner.api_key)
    await change(horde, ada, ada.api_key, model_aliases={"mine": TEXT_MODEL})
    assert (await horde.client.post(path, json=body)).status_code == 404
    asked = asyncio.create_task(horde.client.post(path, json=body, headers={"Authorization": f"Bearer {ada.api_key}"}))

    async def job() -> Any:
        found = await horde.texts.pop(owner.api_key)
        return found if found["id"] else None

    found = await horde.until(job, "there is a job")
    assert found["model"] == TEXT_MODEL
    await horde.texts.submit(owner.api_key, found["id"], generation="Hello there.")
    assert (await asked).status_code == 200
