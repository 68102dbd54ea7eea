"""Keys for certain things only, and what moderators and administrators are, over the API."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from hordes import Horde, StartHorde

from horde_server.accounts.creation import NewAccount
from horde_server.http.body_limits import SMALL_BYTES
from horde_server.identity import key_store
from horde_server.identity.keys import Scope, key_hash, new_api_key
from horde_server.identity.secret_store import load_secret

ROOT_SEES = {"evaluating_kudos", "monthly_kudos", "suspicious"}
OWNER_SEES = {"sharedkey_ids", "vpn", "special"}


async def a_key(horde: Horde, account: NewAccount, *scopes: Scope) -> str:
    """One more key of an account."""
    key = new_api_key()
    async with await psycopg.AsyncConnection.connect(horde.dsn, autocommit=True) as conn:
        hashed = key_hash(await load_secret(conn, "api_key_salt"), key)
        await key_store.add_key(conn, account.id, hashed, name="another", scopes=scopes)
    return key


async def get(horde: Horde, path: str, key: str) -> dict[str, Any]:
    """What a key is shown."""
    answer = await horde.client.get(f"/api/v2/{path}", headers={"apikey": key})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


class TestScopes:
    async def test_a_key_is_for_what_it_says(self, horde: Horde) -> None:
        """A bot's key asks, a rig's serves; neither does the other's work."""
        ada = await horde.account("ada", trusted=True)
        bot, rig = await a_key(horde, ada, Scope.ASK), await a_key(horde, ada, Scope.WORK)
        request_id = await horde.request(bot)
        job = await horde.job(rig)
        await horde.submit(rig, job["id"])
        assert (await horde.status(request_id))["done"] is True
        lacking = (403, "KeyLacksScope")
        assert horde.outcome(await horde.ask(rig)) == lacking
        assert horde.outcome(await horde.texts.ask(rig)) == lacking
        assert horde.outcome(await horde.alchemy.ask("caption", key=rig)) == lacking
        assert horde.outcome(await horde.try_pop(bot)) == lacking
        assert horde.outcome(await horde.try_submit(bot, job["id"])) == lacking

    async def test_a_key_may_have_several_scopes(self, horde: Horde) -> None:
        ada = await horde.account("ada", trusted=True)
        both = await a_key(horde, ada, Scope.ASK, Scope.WORK)
        await horde.request(both)
        await horde.job(both)

    async def test_what_only_the_user_sees_is_shown_to_keys_that_read(self, horde: Horde) -> None:
        """Others are told whose they are, and what anybody may see of that user."""
        ada = await horde.account("ada")
        for scope, sees in ((Scope.FULL, True), (Scope.READ, True), (Scope.ASK, False), (Scope.WORK, False)):
            key = await a_key(horde, ada, scope)
            for path in ("find_user", f"users/{ada.id}"):
                body = await get(horde, path, key)
                assert body["id"] == ada.id
                assert (body.keys() & OWNER_SEES == OWNER_SEES) is sees, (scope, path)

    async def test_workers_are_managed_by_keys_that_serve(self, horde: Horde) -> None:
        ada = await horde.account("ada")
        rig, bot = await a_key(horde, ada, Scope.WORK), await a_key(horde, ada, Scope.ASK)
        await horde.pop(rig)
        (worker_id,) = (await horde.sql("SELECT id FROM worker"))[0]

        async def put(key: str) -> int:
            return int(
                (
                    await horde.client.put(
                        f"/api/v2/workers/{worker_id}", json={"maintenance": True}, headers={"apikey": key}
                    )
                ).status_code
            )

        assert [await put(bot), await put(rig)] == [403, 200]

    async def test_moderators_moderate_with_a_key_for_everything_only(self, horde: Horde) -> None:
        mod, ada = await horde.account("mod", moderator=True), await horde.account("ada")
        reads = await a_key(horde, mod, Scope.READ)
        assert (await get(horde, f"users/{ada.id}", mod.api_key)).keys() >= ROOT_SEES
        assert (await get(horde, f"users/{ada.id}", reads)).keys() & (ROOT_SEES | OWNER_SEES) == set()

    async def test_a_long_body_of_a_key_that_may_not_ask_is_not_read(self, horde: Horde) -> None:
        ada = await horde.account("ada")
        rig = await a_key(horde, ada, Scope.WORK)
        answer = await horde.ask(rig, prompt="a" * (2 * SMALL_BYTES), n="no number")
        assert horde.outcome(answer) == (403, "KeyLacksScope")
        assert answer.headers["connection"] == "close"

    async def test_a_revoked_key_ends_on_all_nodes(self, start_horde: StartHorde) -> None:
        """At the latest after the ten seconds that an account is remembered; told of it, at once."""
        here, there = await start_horde(), await start_horde()
        ada = await here.account("ada")
        bot = await a_key(here, ada, Scope.ASK)
        for node in (here, there):
            await node.request(bot)
        await here.sql("UPDATE api_key SET revoked_at = now() WHERE name = 'another'")
        renamed = await here.client.put(
            f"/api/v2/users/{ada.id}", json={"public_workers": True}, headers={"apikey": ada.api_key}
        )
        assert renamed.status_code == 200
        assert here.outcome(await here.ask(bot)) == (401, "InvalidAPIKey")

        async def is_refused_there() -> bool:
            return (await there.ask(bot)).status_code == 401

        await here.until(is_refused_there, "the other node knows of it")
        await there.request(ada.api_key)


class TestModeratorsAndAdministrators:
    """Moderators are those with the role, and the administrators: who may change something sees it."""

    @pytest.fixture
    async def horde(self, start_horde: StartHorde) -> Horde:
        """A server whose first account administers it."""
        return await start_horde(admins=["root#1"])

    @pytest.fixture
    async def root(self, horde: Horde) -> NewAccount:
        """An administrator without the role of moderators."""
        made = await horde.account("root")
        assert made.id == 1
        assert (await horde.user(made))["moderator"] is False
        return made

    async def test_an_administrator_sees_of_users_what_moderators_see(self, horde: Horde, root: NewAccount) -> None:
        ada, mod = await horde.account("ada"), await horde.account("mod", moderator=True)
        seen = [await get(horde, f"users/{ada.id}", each.api_key) for each in (root, mod)]
        assert [body.keys() for body in seen] == [seen[1].keys()] * 2
        assert seen[0].keys() >= ROOT_SEES | OWNER_SEES

    async def test_an_administrator_sees_of_workers_what_moderators_see(self, horde: Horde, root: NewAccount) -> None:
        """What he may change, `paused`, among it."""
        ada, mod = await horde.account("ada"), await horde.account("mod", moderator=True)
        await horde.pop(ada.api_key)
        (worker_id,) = (await horde.sql("SELECT id FROM worker"))[0]
        changed = await horde.client.put(
            f"/api/v2/workers/{worker_id}", json={"paused": True}, headers={"apikey": root.api_key}
        )
        assert changed.status_code == 200
        seen = [await get(horde, f"workers/{worker_id}", each.api_key) for each in (root, mod)]
        assert seen[0] == seen[1]
        assert (seen[0]["paused"], seen[0]["owner"], seen[0]["ipaddr"]) == (True, f"ada#{ada.id}", "127.0.0.1")

    async def test_both_see_all_modes_and_others_none(self, horde: Horde, root: NewAccount) -> None:
        mod, ada = await horde.account("mod", moderator=True), await horde.account("ada")
        for each in (root, mod):
            assert "raid_mode" in await get(horde, "status/modes", each.api_key)
        answer = await horde.client.get("/api/v2/status/modes", headers={"apikey": ada.api_key})
        assert horde.outcome(answer) == (403, "NotModerator")

    async def test_a_moderator_is_no_administrator(self, horde: Horde, root: NewAccount) -> None:
        mod, ada = await horde.account("mod", moderator=True), await horde.account("ada")
        for key, expected in ((mod.api_key, (403, "NotAdmin")), (root.api_key, (200, None))):
            answer = await horde.client.put(f"/api/v2/users/{ada.id}", json={"kudos": 1}, headers={"apikey": key})
            assert horde.outcome(answer) == expected


class TestAnEmptyKey:
    """A header without a value is a key that nobody has; where a key is needed, none at all is a fault of the call."""

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "generate/async", {"prompt": "a"}),
            ("POST", "generate/text/async", {"prompt": "a"}),
            ("POST", "generate/pop", {"name": "a", "models": ["stable_diffusion"]}),
            ("POST", "kudos/transfer", {"username": "a#1", "amount": 1}),
            ("GET", "find_user", None),
            ("GET", "filters", None),
            ("POST", "generate/async", {"prompt": "a" * (2 * SMALL_BYTES)}),
        ],
    )
    async def test_it_is_401(self, horde: Horde, method: str, path: str, body: Any) -> None:
        """basics.md §2.1: not 400, which says that the header is missing."""
        answer = await horde.client.request(method, f"/api/v2/{path}", json=body, headers={"apikey": ""})
        assert horde.outcome(answer) == (401, "InvalidAPIKey")

    async def test_whoever_may_look_without_a_key_may_do_so_with_an_empty_one(self, horde: Horde) -> None:
        ada = await horde.account("ada")
        answer = await horde.client.get(f"/api/v2/users/{ada.id}", headers={"apikey": ""})
        assert (answer.status_code, answer.json()["id"]) == (200, ada.id)
