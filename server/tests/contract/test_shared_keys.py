"""Keys that accounts hand out to others (keys.md §4, §5)."""

from __future__ import annotations

from typing import Any

import pytest
from hordes import Horde, StartHorde
from key_routes import call, give, share_key, shown

from horde_server.accounts.creation import NewAccount

SMALL: dict[str, Any] = {"models": ["stable_diffusion"], "params": {"width": 512, "height": 512, "steps": 10}}


@pytest.fixture
async def ada(horde: Horde) -> NewAccount:
    """Who shares her kudos."""
    return await horde.account("ada", kudos=1000, trusted=True)


async def queued(horde: Horde, request_id: str) -> tuple[Any, ...]:
    """Whose request it is, and by which key."""
    return (await horde.sql("SELECT account_id, key_id IS NOT NULL FROM request WHERE id = %s", request_id))[0]


class TestMaking:
    async def test_a_shared_key_is_its_id(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §4.1: made with what the API's document says where nothing is said."""
        answer = await call(horde, "PUT", "sharedkeys", ada.api_key, {})
        made = answer.json()
        assert answer.status_code == 200
        assert made == {
            "id": made["id"], "username": f"ada#{ada.id}", "name": "shared", "kudos": 5000, "utilized": 0,
            "max_image_pixels": -1, "max_image_steps": -1, "max_text_tokens": -1,
        }  # fmt: skip
        assert await shown(horde, made["id"]) == await shown(horde, made["id"].upper()) == made
        assert (await horde.user(ada))["sharedkey_ids"] == [made["id"]]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"kudos": -2},
            {"kudos": 50_000_001},
            {"expiry": -2},
            {"expiry": 3651},
            {"name": "ab"},
            {"name": "x" * 256},
            {"max_image_pixels": -2},
            {"max_image_pixels": 4_194_305},
            {"max_image_steps": 501},
            {"max_text_tokens": 501},
            {"max_text_tokens": "7"},
        ],
    )
    async def test_every_range_is_held(self, horde: Horde, ada: NewAccount, wrong: dict[str, Any]) -> None:
        """keys.md §4.1: of the original they are documented only."""
        made = await share_key(horde, ada.api_key)
        for method, path in (("PUT", "sharedkeys"), ("PATCH", f"sharedkeys/{made['id']}")):
            answer = await call(horde, method, path, ada.api_key, wrong)
            assert answer.status_code == 400
            assert next(iter(wrong)) in answer.json()["errors"]
        assert await shown(horde, made["id"]) == made

    @pytest.mark.parametrize(("columns", "most"), [({}, 3), ({"trusted": True}, 10)])
    async def test_an_account_has_so_many(self, horde: Horde, columns: dict[str, Any], most: int) -> None:
        """Deleted ones do not count: keys.md §4.1."""
        eve = await horde.account("eve", columns)
        for _ in range(most):
            made = await share_key(horde, eve.api_key)
        refused = await call(horde, "PUT", "sharedkeys", eve.api_key, {})
        assert horde.outcome(refused) == (403, "Forbidden")
        await call(horde, "DELETE", f"sharedkeys/{made['id']}", eve.api_key)
        await share_key(horde, eve.api_key)

    async def test_education_accounts_have_a_thousand(self, horde: Horde) -> None:
        """One for each pupil: keys.md §4.1."""
        school = await horde.account("school", {"education": True})
        await horde.sql(
            """INSERT INTO api_key (account_id, hash, name, scopes, shared_id)
               SELECT %s, int4send(n), 'class', '{ask}', gen_random_uuid() FROM generate_series(1, 999) AS n""",
            school.id,
        )
        await share_key(horde, school.api_key)
        assert horde.outcome(await call(horde, "PUT", "sharedkeys", school.api_key, {})) == (403, "Forbidden")

    async def test_anonymous_has_none(self, horde: Horde) -> None:
        """It has no kudos to share: keys.md §4.1."""
        assert horde.outcome(await call(horde, "PUT", "sharedkeys", "0000000000", {})) == (403, "AnonForbidden")

    async def test_only_what_is_named_is_changed(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §4.3: the owner alone changes and deletes, moderators neither."""
        made = await share_key(horde, ada.api_key, kudos=70, expiry=9)
        mod = await horde.account("mod", moderator=True)
        path = f"sharedkeys/{made['id']}"
        for method, body in (("PATCH", {"kudos": 1}), ("DELETE", None)):
            assert horde.outcome(await call(horde, method, path, mod.api_key, body)) == (403, "Forbidden")
        nothing = await call(horde, "PATCH", path, ada.api_key, {})
        assert horde.outcome(nothing) == (400, "NoSharedKeyModSelected")
        changed = (await call(horde, "PATCH", path, ada.api_key, {"max_image_steps": 0, "expiry": -1})).json()
        assert {name for name in made if made[name] != changed.get(name)} == {"max_image_steps", "expiry"}
        assert await shown(horde, made["id"]) == changed

    @pytest.mark.parametrize("text", ["x", "6f1d2c3b-0000-4000-8000-000000000001", "0" * 1000])
    async def test_an_unknown_one_is_401(self, horde: Horde, ada: NewAccount, text: str) -> None:
        """The rest is as it was: keys.md §1.5."""
        for method, body in (("GET", None), ("PATCH", {"kudos": 1}), ("DELETE", None)):
            answer = await call(horde, method, f"sharedkeys/{text}", ada.api_key, body)
            assert horde.outcome(answer) == (401, "InvalidAPIKey")

    async def test_a_deleted_one_is_gone_at_once_on_all_nodes(self, start_horde: StartHorde) -> None:
        """Also what is no id at all: keys.md §4.3."""
        here, there = await start_horde(), await start_horde()
        ada = await here.account("ada", kudos=1000)
        made = await share_key(here, ada.api_key)
        for node in (here, there):
            await node.request(made["id"], **SMALL)
        await call(here, "DELETE", f"sharedkeys/{made['id']}", ada.api_key)
        assert (await call(here, "GET", f"sharedkeys/{made['id']}", None)).status_code == 401
        assert here.outcome(await here.ask(made["id"], **SMALL)) == (401, "InvalidAPIKey")

        async def is_refused_there() -> bool:
            return there.outcome(await there.ask(made["id"], **SMALL)) == (401, "InvalidAPIKey")

        await here.until(is_refused_there, "the other node knows of it")
        assert (await here.user(ada))["sharedkey_ids"] == []


class TestUsing:
    async def test_it_is_good_for_images_texts_and_find_user_only(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §4.2: elsewhere nobody has it."""
        key = (await share_key(horde, ada.api_key, kudos=-1, name="for friends"))["id"]
        await horde.request(key, **SMALL)
        await horde.texts.request(key)
        found = (await call(horde, "GET", "find_user", key)).json()
        assert found["username"] == f"ada#{ada.id} (Shared Key: for friends)"
        assert not found.keys() & {"sharedkey_ids", "contact", "vpn", "evaluating_kudos"}
        nobodys = (401, "InvalidAPIKey")
        assert horde.outcome(await horde.alchemy.ask("caption", key=key)) == nobodys
        assert horde.outcome(await horde.try_pop(key)) == nobodys
        for method, path, body in (
            ("GET", f"users/{ada.id}", None),
            ("PUT", f"users/{ada.id}", {"public_workers": True}),
            ("GET", "keys", None),
            ("PUT", "sharedkeys", {}),
            ("DELETE", f"sharedkeys/{key}", None),
            ("GET", "webhook_secret", None),
        ):
            assert horde.outcome(await call(horde, method, path, key, body)) == nobodys, path
        assert await give(horde, key, f"ada#{ada.id}", 1) == nobodys

    async def test_the_owner_pays_and_the_key_counts(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §5.1: with -1 it only counts. The tax of an image is 3, as the original's example: 20 → 17."""
        worker = await horde.account("worker", trusted=True)
        limited, free = await share_key(horde, ada.api_key, kudos=20), await share_key(horde, ada.api_key, kudos=-1)
        before = (await horde.user(ada))["kudos"]
        for made in (limited, free):
            request_id = await horde.request(made["id"], **SMALL)
            assert await queued(horde, request_id) == (ada.id, True)
            now = await shown(horde, made["id"])
            assert (now["kudos"], now["utilized"]) == (17 if made is limited else -1, 3)
        for _ in range(2):
            await horde.submit(worker.api_key, (await horde.job(worker.api_key))["id"])
        await horde.folded()
        spent = before - (await horde.user(ada))["kudos"]
        [(charged, again)] = await horde.sql(
            "SELECT min(spent_hundredths), max(spent_hundredths) FROM api_key WHERE shared_id IS NOT NULL"
        )
        assert charged == again
        assert spent == pytest.approx(2 * charged / 100)
        now = await shown(horde, limited["id"])
        assert (now["kudos"], now["utilized"]) == ((2000 - charged) // 100, round(charged / 100))

    async def test_an_empty_key_is_told_so_first(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §5.2: the refusals in their order, each shown by taking away the one before."""
        made = await share_key(horde, ada.api_key, kudos=0)
        key = made["id"]
        await horde.sql("UPDATE api_key SET expires_at = now(), for_styles = true WHERE shared_id = %s", key)
        for change, expected in (
            ({"name": "for friends"}, "SharedKeyEmpty"),
            ({"kudos": 5}, "SharedKeyExpired"),
            ({"expiry": 1}, "SharedKeyAssignedStyles"),
        ):
            await call(horde, "PATCH", f"sharedkeys/{key}", ada.api_key, change)
            if "expiry" not in change:
                await horde.sql("UPDATE api_key SET expires_at = now() WHERE shared_id = %s", key)
            for answer in (await horde.ask(key, **SMALL), await horde.texts.ask(key)):
                assert horde.outcome(answer) == (403, expected)
        await horde.sql("UPDATE api_key SET for_styles = false WHERE shared_id = %s", key)
        await call(horde, "PATCH", f"sharedkeys/{key}", ada.api_key, {"kudos": 5})
        answer = await horde.ask(key, **SMALL)
        assert horde.outcome(answer) == (403, "SharedKeyInsufficientKudos")
        assert answer.json()["required_kudos"] > 5

    async def test_what_a_key_cannot_pay_is_everybodys_where_less_may_be_done(
        self, horde: Horde, ada: NewAccount
    ) -> None:
        """keys.md §5.3: of an empty key, and of one that has too little."""
        for kudos in (0, 5):
            made = await share_key(horde, ada.api_key, kudos=kudos)
            request_id = await horde.request(made["id"], allow_downgrade=True, **SMALL)
            assert await queued(horde, request_id) == (0, False)
            now = await shown(horde, made["id"])
            assert (now["kudos"], now["utilized"]) == (kudos, 0)

    async def test_what_everybody_takes_over_counts_for_everybody(self, horde: Horde) -> None:
        """keys.md §5.3: no place of the owner stays taken."""
        ada = await horde.account("ada", {"concurrency": 1}, kudos=1000)
        made = await share_key(horde, ada.api_key, kudos=5)
        for _ in range(3):
            await horde.request(made["id"], allow_downgrade=True, **SMALL)
        await horde.request(ada.api_key, **SMALL)

    @pytest.mark.parametrize(
        ("limit", "params", "fits"),
        [
            ({"max_image_pixels": 512 * 512}, {"width": 512, "height": 576}, {"width": 512, "height": 512}),
            ({"max_image_steps": 10}, {"steps": 11}, {"steps": 10}),
            ({"max_image_steps": 0}, {"steps": 1}, None),
        ],
    )
    async def test_images_are_within_the_limits_of_the_key(
        self, horde: Horde, ada: NewAccount, limit: dict[str, int], params: dict[str, int], fits: dict[str, int] | None
    ) -> None:
        """keys.md §5.4: 0 is none of that kind."""
        key = (await share_key(horde, ada.api_key, **limit))["id"]
        answer = await horde.ask(key, models=["stable_diffusion"], params={"steps": 5, **params})
        assert horde.outcome(answer) == (400, "BadRequest")
        assert "shared key" in answer.json()["message"]
        if fits is not None:
            await horde.request(key, models=["stable_diffusion"], params={"steps": 5, **fits})
        await horde.texts.request(key)

    async def test_texts_are_within_the_limits_of_the_key(self, horde: Horde, ada: NewAccount) -> None:
        """By notice: keys.md §4.3."""
        key = (await share_key(horde, ada.api_key, max_text_tokens=100))["id"]
        answer = await horde.texts.ask(key, params={"max_length": 101})
        assert horde.outcome(answer) == (400, "BadRequest")
        await horde.texts.request(key, params={"max_length": 100})

    async def test_a_dry_run_is_refused_like_a_request(self, horde: Horde, ada: NewAccount) -> None:
        """By the tokens that are asked for: keys.md §5.4."""
        key = (await share_key(horde, ada.api_key, kudos=5))["id"]
        answer = await horde.ask(key, dry_run=True, **SMALL)
        assert horde.outcome(answer) == (403, "SharedKeyInsufficientKudos")

    async def test_addresses_of_strangers_get_no_raised_limits(self, start_horde: StartHorde) -> None:
        """keys.md §4.2: the owner's trust is not that of whoever has the key."""
        horde = await start_horde(rate_limits=True)
        ada = await horde.account("ada", trusted=True)
        key = (await share_key(horde, ada.api_key, kudos=-1))["id"]
        limits = []
        for sent in (key, ada.api_key):
            await horde.request(sent, **SMALL)
            answer = await horde.client.get("/api/v2/status/performance")
            limits.append(answer.headers["x-ratelimit-limit"])
        assert limits == ["90", "300"]


class TestGivingKudos:
    async def test_the_owner_gets_them_and_the_key_may_spend_them(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §4.4: all in one transaction."""
        eve = await horde.account("eve", kudos=500)
        limited, free = await share_key(horde, ada.api_key, kudos=20), await share_key(horde, ada.api_key, kudos=-1)
        before = (await horde.user(ada))["kudos"]
        for made in (limited, free):
            assert await give(horde, eve.api_key, made["id"], 30) == (200, None)
        await horde.folded()
        assert (await horde.user(ada))["kudos"] == before + 60
        assert [(await shown(horde, made["id"]))["kudos"] for made in (limited, free)] == [50, -1]

    async def test_one_to_another_key_of_the_owner_is_another_transfer(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §4.4: an Idempotency-Key stands for one key, too."""
        eve = await horde.account("eve", kudos=500)
        one, other = await share_key(horde, ada.api_key), await share_key(horde, ada.api_key)
        outcomes = [
            await give(horde, eve.api_key, to, 30, "k") for to in (one["id"], one["id"], other["id"], f"ada#{ada.id}")
        ]
        conflict = (400, "IdempotencyKeyConflict")
        assert outcomes == [(200, None), (200, None), conflict, conflict]
        assert (await shown(horde, one["id"]))["kudos"] == 5030

    async def test_the_refusals_come_in_their_order(self, horde: Horde, ada: NewAccount) -> None:
        """kudos.md §7.2: expired, then one's own."""
        eve = await horde.account("eve", kudos=500)
        made = await share_key(horde, ada.api_key)
        assert await give(horde, ada.api_key, made["id"], 5) == (400, "KudosTransferToSelf")
        await horde.sql("UPDATE api_key SET expires_at = now() WHERE shared_id = %s", made["id"])
        for key in (ada.api_key, eve.api_key):
            assert await give(horde, key, made["id"], 5) == (400, "SharedKeyExpired")
        await call(horde, "DELETE", f"sharedkeys/{made['id']}", ada.api_key)
        assert await give(horde, eve.api_key, made["id"], 5) == (400, "InvalidTargetUsername")
