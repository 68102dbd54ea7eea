"""Keys of an account, made, limited, rotated and revoked by the API (keys.md §1–§3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hordes import Horde, StartHorde
from key_routes import call, listed, make_key

from horde_server.accounts.creation import NewAccount
from horde_server.keys.service import MOST_KEYS

SD: dict[str, Any] = {"models": ["stable_diffusion"]}


@pytest.fixture
async def ada(horde: Horde) -> NewAccount:
    """An account with the key that it was made with."""
    return await horde.account("ada", kudos=1000, trusted=True)


class TestMaking:
    async def test_a_key_is_shown_once_and_is_good_at_once(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §1.1: what was made is listed, without the key."""
        made = await make_key(horde, ada.api_key, name="bot", scopes=["ask", "read"])
        assert len(made["api_key"]) == 22
        await horde.request(made["api_key"])
        keys = await listed(horde, ada.api_key)
        assert list(keys) == ["main", "bot"]
        assert "api_key" not in keys["bot"]
        assert set(made) - set(keys["bot"]) == {"api_key"}
        assert (keys["bot"]["scopes"], keys["bot"]["this_one"], keys["main"]["this_one"]) == (
            ["ask", "read"],
            False,
            True,
        )

    async def test_the_answer_with_a_key_is_kept_nowhere(self, horde: Horde, ada: NewAccount) -> None:
        """Neither by browsers nor by proxies: keys.md §1.1."""
        answer = await call(horde, "POST", "keys", ada.api_key, {"name": "bot", "scopes": ["ask"]})
        assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"name": ""},
            {"name": "x" * 101},
            {"name": "two\nlines"},
            {"scopes": []},
            {"scopes": ["root"]},
            {"scopes": ["ask"] * 5},
            {"expires_in_hours": -2},
            {"expires_in_hours": 87_601},
            {"kudos": -2},
            {"kudos": 10**16},
            {"daily_kudos": "7"},
            {"models": ["m"] * 101},
            {"models": ["m" * 256]},
            {"networks": ["10.0.0.0/8"] * 51},
            {"networks": ["10.0.0.1/8"]},
            {"networks": ["example.org"]},
            {"networks": ["1" * 51]},
        ],
    )
    async def test_every_field_has_its_limit(self, horde: Horde, ada: NewAccount, wrong: dict[str, Any]) -> None:
        """Each is named in `errors`, and nothing is made: keys.md §1.2."""
        answer = await call(horde, "POST", "keys", ada.api_key, {"name": "bot", "scopes": ["ask"], **wrong})
        assert answer.status_code == 400
        assert next(iter(wrong)) in str(answer.json()["errors"])
        assert list(await listed(horde, ada.api_key)) == ["main"]

    async def test_an_account_has_thirty_keys_at_most(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §1.4: revoked and expired ones do not count."""
        for number in range(MOST_KEYS - 1):
            last = await make_key(horde, ada.api_key, name=f"bot {number}")
        wish = {"name": "one more", "scopes": ["ask"]}
        assert horde.outcome(await call(horde, "POST", "keys", ada.api_key, wish)) == (403, "TooManyKeys")
        await call(horde, "DELETE", f"keys/{last['id']}", ada.api_key)
        await make_key(horde, ada.api_key)
        await horde.sql("UPDATE api_key SET expires_at = now() WHERE name = 'bot 0'")
        await make_key(horde, ada.api_key)

    async def test_keys_that_ended_long_ago_are_forgotten(self, horde: Horde, ada: NewAccount) -> None:
        """After 90 days, when another is made: keys.md §1.4."""
        made = await make_key(horde, ada.api_key)
        await call(horde, "DELETE", f"keys/{made['id']}", ada.api_key)
        await horde.sql("UPDATE api_key SET revoked_at = now() - interval '91 days' WHERE id = %s", made["id"])
        await make_key(horde, ada.api_key)
        assert await horde.sql("SELECT 1 FROM api_key WHERE id = %s", made["id"]) == []

    async def test_everybodys_account_has_no_keys(self, horde: Horde) -> None:
        """Whoever asked could end them: keys.md §1.1."""
        answer = await call(horde, "POST", "keys", "0000000000", {"name": "bot", "scopes": ["ask"]})
        assert horde.outcome(answer) == (403, "AnonForbidden")
        assert await listed(horde, "0000000000") == {}

    async def test_a_deleted_account_manages_none(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §1.1, accounts.md §7.3: its keys are dead but for taking the deletion back."""
        made = await make_key(horde, ada.api_key)
        await horde.client.delete(f"/api/v2/users/{ada.id}", headers={"apikey": ada.api_key})
        for method, path, body in (
            ("POST", "keys", {"name": "bot", "scopes": ["ask"]}),
            ("DELETE", f"keys/{made['id']}", None),
        ):
            answer = await call(horde, method, path, ada.api_key, body)
            assert horde.outcome(answer) == (403, "DeletedUser")

    @pytest.mark.parametrize("scope", ["ask", "work", "read"])
    async def test_keys_are_managed_by_keys_for_everything(self, horde: Horde, ada: NewAccount, scope: str) -> None:
        """Others could give themselves more: keys.md §1.1."""
        made = await make_key(horde, ada.api_key, scopes=[scope])
        for method, path, body in (
            ("GET", "keys", None),
            ("POST", "keys", {"name": "bot", "scopes": ["ask"]}),
            ("PATCH", f"keys/{made['id']}", {"name": "b"}),
            ("POST", f"keys/{made['id']}/rotate", {"overlap_hours": 0}),
            ("DELETE", f"keys/{made['id']}", None),
            ("PUT", "sharedkeys", {"name": "for friends"}),
        ):
            answer = await call(horde, method, path, made["api_key"], body)
            assert horde.outcome(answer) == (403, "KeyLacksScope"), path

    async def test_nobody_sees_or_changes_the_keys_of_others(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §1.5: they are not found, as what is no number."""
        eve = await horde.account("eve")
        made = await make_key(horde, ada.api_key)
        for number in (made["id"], "x", "9" * 19, 2**40):
            for method, path, body in (
                ("PATCH", f"keys/{number}", {"name": "b"}),
                ("POST", f"keys/{number}/rotate", {"overlap_hours": 0}),
                ("DELETE", f"keys/{number}", None),
            ):
                answer = await call(horde, method, path, eve.api_key, body)
                assert horde.outcome(answer) == (404, "KeyNotFound"), path
        assert list(await listed(horde, eve.api_key)) == ["main"]


class TestChanging:
    async def test_only_what_is_named_is_changed(self, horde: Horde, ada: NewAccount) -> None:
        """The rest is as it was: keys.md §1.5."""
        made = await make_key(horde, ada.api_key, kudos=50, daily_kudos=5, expires_in_hours=24, **SD)
        answer = await call(horde, "PATCH", f"keys/{made['id']}", ada.api_key, {"name": "renamed", "daily_kudos": 7})
        now = answer.json()
        assert {name for name in now if now[name] != made.get(name)} == {"name", "daily_kudos"}
        answer = await call(
            horde, "PATCH", f"keys/{made['id']}", ada.api_key,
            {"kudos": -1, "daily_kudos": -1, "expires_in_hours": -1, "models": []},
        )  # fmt: skip
        assert not answer.json().keys() & {"kudos", "daily_kudos", "expires", "models"}

    async def test_a_change_names_something(self, horde: Horde, ada: NewAccount) -> None:
        """Fields that there are not do not count: keys.md §1.5."""
        made = await make_key(horde, ada.api_key)
        answer = await call(horde, "PATCH", f"keys/{made['id']}", ada.api_key, {"unknown": 1})
        assert horde.outcome(answer) == (400, "NoKeyModSelected")

    @pytest.mark.parametrize("limit", [{"kudos": 5}, {"daily_kudos": 5}, SD])
    async def test_a_key_for_everything_has_no_budget_and_no_models(
        self, horde: Horde, ada: NewAccount, limit: dict[str, Any]
    ) -> None:
        """keys.md §2.5: it could make another without."""
        wish = {"name": "all", "scopes": ["full"], **limit}
        assert horde.outcome(await call(horde, "POST", "keys", ada.api_key, wish)) == (400, "FullKeyNotLimited")
        made = await make_key(horde, ada.api_key, **limit)
        answer = await call(horde, "PATCH", f"keys/{made['id']}", ada.api_key, {"scopes": ["full"]})
        assert horde.outcome(answer) == (400, "FullKeyNotLimited")
        assert (await listed(horde, ada.api_key))["bot"]["scopes"] == ["ask"]

    async def test_the_last_key_for_everything_stays(self, horde: Horde, ada: NewAccount) -> None:
        """Until there is another: keys.md §1.7."""
        main = (await listed(horde, ada.api_key))["main"]["id"]
        await make_key(horde, ada.api_key)
        for method, body in (("DELETE", None), ("PATCH", {"scopes": ["ask"]})):
            answer = await call(horde, method, f"keys/{main}", ada.api_key, body)
            assert horde.outcome(answer) == (400, "LastFullKey")
        other = await make_key(horde, ada.api_key, name="other", scopes=["full"])
        assert (await call(horde, "DELETE", f"keys/{main}", other["api_key"])).status_code == 200
        assert (await call(horde, "GET", "keys", ada.api_key)).status_code == 401


class TestLimitedMakers:
    """keys.md §2.6: no key gives another more than it has."""

    async def test_a_key_that_ends_makes_none_that_ends_later(self, horde: Horde, ada: NewAccount) -> None:
        """Nor does it change, rotate or share such."""
        maker = await make_key(horde, ada.api_key, name="maker", scopes=["full"], expires_in_hours=10)
        main = (await listed(horde, ada.api_key))["main"]["id"]
        refused = (403, "KeyGrantsTooMuch")
        for method, path, body in (
            ("POST", "keys", {"name": "bot", "scopes": ["ask"]}),
            ("POST", "keys", {"name": "bot", "scopes": ["ask"], "expires_in_hours": 11}),
            ("PATCH", f"keys/{maker['id']}", {"expires_in_hours": 11}),
            ("POST", f"keys/{main}/rotate", {"overlap_hours": 0}),
            ("PATCH", f"keys/{main}", {"name": "mine"}),
            ("PUT", "sharedkeys", {"name": "for friends"}),
        ):
            assert horde.outcome(await call(horde, method, path, maker["api_key"], body)) == refused, (method, path)
        await make_key(horde, maker["api_key"], expires_in_hours=9)
        assert list(await listed(horde, ada.api_key)) == ["main", "maker", "bot"]

    async def test_a_key_of_a_network_makes_none_for_others(self, horde: Horde, ada: NewAccount) -> None:
        """Smaller networks within it are fine."""
        maker = await make_key(horde, ada.api_key, name="maker", scopes=["full"], networks=["127.0.0.0/24"])
        for networks in ([], ["127.0.0.0/23"], ["127.0.0.0/25", "::1"]):
            answer = await call(
                horde, "POST", "keys", maker["api_key"], {"name": "bot", "scopes": ["ask"], "networks": networks}
            )
            assert horde.outcome(answer) == (403, "KeyGrantsTooMuch"), networks
        await make_key(horde, maker["api_key"], networks=["127.0.0.0/25"])
        answer = await call(horde, "PUT", "sharedkeys", maker["api_key"], {"name": "for friends", "expiry": 1})
        assert horde.outcome(answer) == (403, "KeyGrantsTooMuch")


class TestWhatAKeyMay:
    async def test_a_key_is_good_from_its_networks_only(self, horde: Horde, ada: NewAccount) -> None:
        """Whatever is called, long bodies too: keys.md §2.3."""
        made = await make_key(
            horde, ada.api_key, scopes=["ask", "work", "read"], networks=["192.0.2.0/24", "2001:db8::/32"]
        )
        for address, status in (("192.0.2.9", 200), ("2001:db8::7", 200), ("198.51.100.1", 403)):
            async with horde.client_at(address) as client:
                answer = await client.get("/api/v2/find_user", headers={"apikey": made["api_key"]})
            assert answer.status_code == status, address
        forbidden = (403, "KeyNetworkForbidden")
        assert horde.outcome(await horde.ask(made["api_key"])) == forbidden
        assert horde.outcome(await horde.try_pop(made["api_key"])) == forbidden
        assert horde.outcome(await horde.ask(made["api_key"], prompt="a" * 600_000)) == forbidden

    async def test_a_key_asks_for_its_models_only(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §2.4: any model is more than some; of alchemy the forms count."""
        made = await make_key(horde, ada.api_key, models=["stable_diffusion", "caption", "a/text"])
        key, forbidden = made["api_key"], (403, "KeyModelForbidden")
        await horde.request(key, **SD)
        await horde.texts.request(key, models=["a/text"])
        assert horde.outcome(await horde.ask(key, models=[])) == forbidden
        assert horde.outcome(await horde.ask(key, models=["stable_diffusion", "Deliberate"])) == forbidden
        assert horde.outcome(await horde.texts.ask(key, models=[])) == forbidden
        assert (await horde.alchemy.ask("caption", key=key)).status_code == 202
        assert horde.outcome(await horde.alchemy.ask("nsfw", key=key)) == forbidden

    async def test_a_key_with_models_is_not_served_with_others(self, start_horde: StartHorde) -> None:
        """keys.md §2.4: where a horde falls back to other models, not for such a key."""
        horde = await start_horde(model_fallback=True)
        ada = await horde.account("ada", trusted=True)
        made = await make_key(horde, ada.api_key, models=["Deliberate"])
        await horde.request(made["api_key"], models=["Deliberate"])
        popped = await horde.pop(ada.api_key)
        assert popped["id"] is None

    async def test_a_key_ends_when_it_says(self, horde: Horde, ada: NewAccount) -> None:
        """It is listed no more: keys.md §2.2."""
        made = await make_key(horde, ada.api_key, expires_in_hours=1)
        ends_in = datetime.fromisoformat(made["expires"]) - datetime.fromisoformat(made["created"])
        assert 3598 <= ends_in.total_seconds() <= 3602
        await horde.sql("UPDATE api_key SET expires_at = now() WHERE name = 'bot'")
        assert horde.outcome(await horde.ask(made["api_key"])) == (401, "InvalidAPIKey")
        assert list(await listed(horde, ada.api_key)) == ["main"]

    async def test_when_a_key_was_last_used_is_told(
        self, start_horde: StartHorde, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """keys.md §1.3: written once a minute, by the node that saw it."""
        monkeypatch.setattr("horde_server.identity.slice.WRITTEN_EVERY_S", 0.05)
        horde = await start_horde()
        ada = await horde.account("ada")
        made = await make_key(horde, ada.api_key)
        assert "last_used" not in (await listed(horde, ada.api_key))["bot"]
        await horde.request(made["api_key"])

        async def is_told() -> bool:
            return "last_used" in (await listed(horde, ada.api_key))["bot"]

        await horde.until(is_told, "the use is written")


class TestRotating:
    async def test_both_keys_are_good_for_the_overlap(self, horde: Horde, ada: NewAccount) -> None:
        """With one budget: keys.md §1.6."""
        made = await make_key(horde, ada.api_key, kudos=50)
        answer = await call(horde, "POST", f"keys/{made['id']}/rotate", ada.api_key, {"overlap_hours": 24})
        new = answer.json()
        assert (new["id"], new["kudos"], new["name"]) == (made["id"], 50, "bot")
        for key in (made["api_key"], new["api_key"]):
            await horde.request(key, **SD)
        await horde.sql("UPDATE api_key SET old_hash_until = now() WHERE id = %s", made["id"])
        await call(horde, "PATCH", f"keys/{made['id']}", ada.api_key, {"name": "bot"})  # all nodes look anew
        assert horde.outcome(await horde.ask(made["api_key"])) == (401, "InvalidAPIKey")
        await horde.request(new["api_key"], **SD)

    async def test_without_an_overlap_the_key_before_ends_at_once(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §1.6; so does, of an overlap that still runs, the key before that."""
        first = await make_key(horde, ada.api_key)
        path = f"keys/{first['id']}/rotate"
        second = (await call(horde, "POST", path, ada.api_key, {"overlap_hours": 720})).json()
        third = (await call(horde, "POST", path, ada.api_key, {"overlap_hours": 0})).json()
        assert "old_key_until" in second
        assert "old_key_until" not in third
        outcomes = [(await horde.ask(each["api_key"])).status_code for each in (first, second, third)]
        assert outcomes == [401, 401, 202]

    @pytest.mark.parametrize("hours", [-1, 721, "3", None])
    async def test_an_overlap_is_thirty_days_at_most(self, horde: Horde, ada: NewAccount, hours: object) -> None:
        """Of whole hours: keys.md §1.6."""
        made = await make_key(horde, ada.api_key)
        answer = await call(horde, "POST", f"keys/{made['id']}/rotate", ada.api_key, {"overlap_hours": hours})
        assert answer.status_code == 400

    async def test_the_key_in_use_may_be_rotated(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §1.6: also the one that nodes of the release before know, and they learn the new one."""
        main = (await listed(horde, ada.api_key))["main"]["id"]
        new = (await call(horde, "POST", f"keys/{main}/rotate", ada.api_key, {"overlap_hours": 1})).json()
        assert list(await listed(horde, new["api_key"])) == ["main"]
        assert list(await listed(horde, ada.api_key)) == ["main"]
        [(same,)] = await horde.sql("SELECT api_key_hash = hash FROM account JOIN api_key ON account_id = account.id")
        assert same is True


class TestRevoking:
    async def test_a_revoked_key_ends_on_all_nodes_at_once(self, start_horde: StartHorde) -> None:
        """keys.md §1.7: by notice."""
        here, there = await start_horde(), await start_horde()
        ada = await here.account("ada")
        made = await make_key(here, ada.api_key)
        for node in (here, there):
            await node.request(made["api_key"])
        assert (await call(here, "DELETE", f"keys/{made['id']}", ada.api_key)).status_code == 200
        assert here.outcome(await here.ask(made["api_key"])) == (401, "InvalidAPIKey")

        async def is_refused_there() -> bool:
            return (await there.ask(made["api_key"])).status_code == 401

        await here.until(is_refused_there, "the other node knows of it")

    async def test_old_nodes_know_no_revoked_or_limited_key(self, horde: Horde, ada: NewAccount) -> None:
        """They know account.api_key_hash only, and no limits (migration 0018); the key itself stays good here."""
        main = (await listed(horde, ada.api_key))["main"]["id"]
        answer = await call(horde, "PATCH", f"keys/{main}", ada.api_key, {"networks": ["127.0.0.0/8"]})
        assert answer.status_code == 200
        assert await horde.sql("SELECT api_key_hash FROM account WHERE id = %s", ada.id) == [(None,)]
        assert list(await listed(horde, ada.api_key)) == ["main"]

    async def test_every_change_stands_in_the_audit_trail(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §1.8: without keys and networks."""
        made = await make_key(horde, ada.api_key, networks=["127.0.0.0/8"])
        await call(horde, "PATCH", f"keys/{made['id']}", ada.api_key, {"name": "new", "networks": []})
        rotated = (await call(horde, "POST", f"keys/{made['id']}/rotate", ada.api_key, {"overlap_hours": 0})).json()
        await call(horde, "DELETE", f"keys/{made['id']}", ada.api_key)
        rows = await horde.sql("SELECT action, subject_id, concerns, old_value, new_value FROM audit_entry ORDER BY id")
        assert [row[0] for row in rows] == ["key.create", "key.change", "key.rotate", "key.revoke"]
        assert {row[1:3] for row in rows} == {(str(made["id"]), ada.id)}
        assert rows[1][3:] == ({"name": "bot", "networks": 1}, {"name": "new", "networks": None})
        assert not any(secret in str(rows) for secret in (made["api_key"], rotated["api_key"], "127.0.0"))
