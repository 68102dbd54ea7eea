"""Users: GET /find_user, GET and PUT /users/{id}, POST /dev/test-user (accounts.md §1, §3)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde

from horde_server.accounts.answers import UserDetails
from horde_server.accounts.creation import NewAccount

ROLES_OF_MODERATORS = ("trusted", "flagged", "customizer", "vpn", "service", "special", "public_workers")


async def put(horde: Horde, user_id: object, key: str | None, **change: Any) -> httpx.Response:
    """PUT /users/{id}."""
    headers = {"apikey": key} if key is not None else {}
    return await horde.client.put(f"/api/v2/users/{user_id}", json=change, headers=headers)


async def get(horde: Horde, user_id: object, key: str | None = None) -> httpx.Response:
    """GET /users/{id}."""
    headers = {"apikey": key} if key is not None else {}
    return await horde.client.get(f"/api/v2/users/{user_id}", headers=headers)


def outcome(answer: httpx.Response) -> tuple[int, str]:
    """Status and rc."""
    return answer.status_code, answer.json()["rc"]


@pytest.fixture(autouse=True)
async def admin(horde: Horde) -> NewAccount:
    """The first account, which the settings of `horde` name as administrator by its number."""
    return await horde.account("root")


@pytest.fixture
async def horde(start_horde: StartHorde) -> Horde:
    """A server with one administrator."""
    return await start_horde(admins=["root#1"])


class TestReading:
    """GET /find_user and GET /users/{id}."""

    async def test_find_user_needs_a_key_that_exists(self, horde: Horde) -> None:
        """§3.1: 401 `InvalidAPIKey` without the header, 404 `UserNotFound` with an unknown key."""
        assert outcome(await horde.client.get("/api/v2/find_user")) == (401, "InvalidAPIKey")
        unknown = await horde.client.get("/api/v2/find_user", headers={"apikey": "x" * 22})
        assert outcome(unknown) == (404, "UserNotFound")

    async def test_find_user_shows_the_owner_of_the_key(self, horde: Horde) -> None:
        """§3.3: privilege 1: sharedkey_ids and contact's kind of fields are there, moderators' fields are not."""
        ada = await horde.account("ada", kudos=100)
        body = await horde.user(ada)
        assert body["username"] == f"ada#{ada.id}"
        assert (body["kudos"], body["sharedkey_ids"], body["worker_count"]) == (100, [], 0)
        assert {"evaluating_kudos", "monthly_kudos", "suspicious", "admin_comment"} & body.keys() == set()

    async def test_anonymous_is_user_0(self, horde: Horde) -> None:
        """§1.3: id 0, name Anonymous, key 0000000000, concurrency 500, not pseudonymous."""
        body = (await horde.client.get("/api/v2/find_user", headers={"apikey": "0000000000"})).json()
        assert (body["username"], body["id"], body["concurrency"]) == ("Anonymous#0", 0, 500)
        assert (await get(horde, 0)).json()["username"] == "Anonymous#0"

    @pytest.mark.parametrize("user_id", ["999", "-1", "x", "1.0", "2147483648", "9" * 40, "%00", "１"])
    async def test_what_is_no_user_is_not_found(self, horde: Horde, user_id: str) -> None:
        """§1.1: a path user id must be all digits and ≤ 2147483647, else 404 `UserNotFound`."""
        assert outcome(await get(horde, user_id)) == (404, "UserNotFound")

    async def test_a_wrong_key_is_401_although_none_is_needed(self, horde: Horde) -> None:
        """§3.2: 401 `InvalidAPIKey` if a key is sent and unknown."""
        assert outcome(await get(horde, 0, "wrong")) == (401, "InvalidAPIKey")

    async def test_strangers_see_the_public_part_only(self, horde: Horde) -> None:
        """§3.3: privilege 0 has no worker_ids, sharedkey_ids, contact, vpn, special."""
        ada, bob = await horde.account("ada"), await horde.account("bob")
        for key in (None, bob.api_key):
            body = (await get(horde, ada.id, key)).json()
            assert {"worker_ids", "sharedkey_ids", "contact", "vpn", "special"} & body.keys() == set()
            assert body["kudos_details"] == dict.fromkeys(body["kudos_details"], 0)

    async def test_moderators_see_everything(self, horde: Horde) -> None:
        """§3.3: privilege 2 adds evaluating_kudos, monthly_kudos, suspicious."""
        ada, mod = await horde.account("ada"), await horde.account("mod", moderator=True)
        body = (await get(horde, ada.id, mod.api_key)).json()
        assert body["evaluating_kudos"] == 0
        assert body["monthly_kudos"] == {"amount": 0, "last_received": None}
        assert body["suspicious"] == 0

    async def test_public_workers_show_the_ids_of_workers_to_anybody(self, horde: Horde) -> None:
        """§3.3: worker_ids from privilege 1, or for anyone if public_workers."""
        ada = await horde.account("ada")
        await horde.pop(ada.api_key, "adas worker")
        assert "worker_ids" not in (await get(horde, ada.id)).json()
        assert (await put(horde, ada.id, ada.api_key, public_workers=True)).status_code == 200
        assert len((await get(horde, ada.id)).json()["worker_ids"]) == 1

    async def test_open_requests_are_listed_for_their_owner(self, horde: Horde) -> None:
        """§3.3: active_generations {image: [ids]}; omitted when nothing is active."""
        ada = await horde.account("ada", kudos=1000)
        assert "active_generations" not in await horde.user(ada)
        request_id = await horde.request(ada.api_key)
        assert (await horde.user(ada))["active_generations"]["image"] == [request_id]

    async def test_answers_are_what_the_openapi_document_says(self, horde: Horde) -> None:
        """The models of the document hold for real users of every privilege."""
        ada, mod = await horde.account("ada", kudos=5), await horde.account("mod", moderator=True)
        for key in (None, ada.api_key, mod.api_key):
            UserDetails.model_validate((await get(horde, ada.id, key)).json(), strict=True)


class TestChanging:
    """PUT /users/{id}."""

    async def test_nothing_to_change_is_refused(self, horde: Horde, admin: NewAccount) -> None:
        """§4.7: nothing given → 400 `NoUserModSelected`."""
        assert outcome(await put(horde, admin.id, admin.api_key)) == (400, "NoUserModSelected")

    async def test_unknown_users_come_before_unknown_keys(self, horde: Horde) -> None:
        """§4.2: unknown user 404, checked before the key; then 401; a missing header is 400 without rc."""
        assert outcome(await put(horde, 999, "wrong", trusted=True)) == (404, "UserNotFound")
        assert outcome(await put(horde, 0, "wrong", trusted=True)) == (401, "InvalidAPIKey")
        missing = await put(horde, 0, None, trusted=True)
        assert (missing.status_code, "rc" in missing.json()) == (400, False)

    async def test_administrators_give_and_take_kudos(self, horde: Horde, admin: NewAccount) -> None:
        """§4.3: adds, bucket `admin`, `new_kudos` is the balance; fractions are dropped; the floor applies."""
        ada = await horde.account("ada")
        assert (await put(horde, ada.id, admin.api_key, kudos=120.9)).json() == {"new_kudos": 120.0}
        assert (await put(horde, ada.id, admin.api_key, kudos=-20)).json() == {"new_kudos": 100.0}
        await horde.folded()
        assert (await horde.user(ada))["kudos_details"]["admin"] == 100
        assert (await put(horde, ada.id, admin.api_key, kudos=-1000)).json() == {"new_kudos": 25.0}
        await horde.folded()
        assert (await horde.user(ada))["kudos"] == 25

    async def test_monthly_kudos_are_paid_at_once(self, horde: Horde, admin: NewAccount) -> None:
        """§4.3: entitlement += value (at least 0), paid out when positive, bucket recurring."""
        ada = await horde.account("ada")
        assert (await put(horde, ada.id, admin.api_key, monthly_kudos=500)).json() == {"monthly_kudos": 500}
        await horde.folded()
        body = await horde.user(ada)
        assert (body["kudos"], body["kudos_details"]["recurring"]) == (500, 500)
        assert (await put(horde, ada.id, admin.api_key, monthly_kudos=-900)).json() == {"monthly_kudos": 0}
        seen = (await get(horde, ada.id, admin.api_key)).json()
        assert "monthly_kudos" not in seen or seen["monthly_kudos"]["amount"] == 0

    @pytest.mark.parametrize(
        "change", [{"kudos": 1}, {"monthly_kudos": 1}, {"usage_multiplier": 2.0}, {"moderator": True}]
    )
    async def test_moderators_are_no_administrators(
        self, horde: Horde, admin: NewAccount, change: dict[str, Any]
    ) -> None:
        """§4.1: kudos, monthly_kudos, usage_multiplier, moderator: 403 `NotAdmin`."""
        mod = await horde.account("mod", moderator=True)
        assert outcome(await put(horde, mod.id, mod.api_key, **change)) == (403, "NotAdmin")

    async def test_moderators_are_trusted_and_stay_so(self, horde: Horde, admin: NewAccount) -> None:
        """§2.2: moderator also becomes trusted; removing it leaves trusted."""
        ada = await horde.account("ada")
        assert (await put(horde, ada.id, admin.api_key, moderator=True)).json() == {"moderator": True}
        assert (await put(horde, ada.id, admin.api_key, moderator=False)).json() == {"moderator": False}
        body = (await get(horde, ada.id)).json()
        assert (body["moderator"], body["trusted"]) == (False, True)

    async def test_several_roles_at_once_are_echoed_as_they_are_now(self, horde: Horde, admin: NewAccount) -> None:
        """§4.2: the answer of a PUT with several roles shows the new state of each."""
        ada, mod = await horde.account("ada"), await horde.account("mod", moderator=True)
        change = dict.fromkeys(ROLES_OF_MODERATORS, True)
        assert (await put(horde, ada.id, mod.api_key, **change)).json() == change
        seen = (await get(horde, ada.id, mod.api_key)).json()
        assert all(seen[role] for role in ROLES_OF_MODERATORS if role in seen)

    @pytest.mark.parametrize("field", ["trusted", "flagged", "customizer", "vpn", "service", "education", "special"])
    async def test_users_cannot_give_themselves_roles(self, horde: Horde, field: str) -> None:
        """§4.1: 403 `NotModerator`."""
        ada = await horde.account("ada")
        assert outcome(await put(horde, ada.id, ada.api_key, **{field: True})) == (403, "NotModerator")

    async def test_a_refused_change_changes_nothing(self, horde: Horde) -> None:
        """§4.2: all fields are checked, then applied together."""
        ada = await horde.account("ada")
        assert (await put(horde, ada.id, ada.api_key, username="lovelace", trusted=True)).status_code == 403
        assert (await horde.user(ada))["username"] == f"ada#{ada.id}"

    async def test_trust_unpauses_workers_and_pays_what_was_held_back(self, horde: Horde) -> None:
        """§2.3: setting trusted un-pauses all their workers; kudos.md §6.2: the escrow becomes spendable."""
        ada, mod = await horde.account("ada"), await horde.account("mod", moderator=True)
        await horde.request()
        job = await horde.job(ada.api_key, "adas worker")
        await horde.submit(ada.api_key, job["id"])
        await horde.folded()
        before = (await get(horde, ada.id, mod.api_key)).json()
        assert before["evaluating_kudos"] > 0
        await horde.sql("UPDATE worker SET paused = true")
        assert (await put(horde, ada.id, mod.api_key, trusted=True)).json() == {"trusted": True}
        await horde.folded()
        after = (await get(horde, ada.id, mod.api_key)).json()
        assert after["evaluating_kudos"] == 0
        assert after["kudos"] == pytest.approx(before["kudos"] + before["evaluating_kudos"])
        assert await horde.sql("SELECT paused FROM worker") == [(False,)]

    async def test_education_accounts_may_queue_more(self, horde: Horde) -> None:
        """§4.4: true: concurrency → 200 if below, unless given too; false: 200 → 30; concurrency is in the answer."""
        ada, mod = await horde.account("ada"), await horde.account("mod", moderator=True)
        assert (await put(horde, ada.id, mod.api_key, education=True)).json() == {"education": True, "concurrency": 200}
        assert (await put(horde, ada.id, mod.api_key, education=False)).json() == {
            "education": False,
            "concurrency": 30,
        }
        both = await put(horde, ada.id, mod.api_key, education=True, concurrency=5)
        assert both.json() == {"education": True, "concurrency": 5}

    async def test_users_name_themselves_and_their_contact(self, horde: Horde) -> None:
        """§4.1: username and contact by self; the bare name comes back."""
        ada = await horde.account("ada")
        answer = await put(horde, ada.id, ada.api_key, username="lovelace", contact="ada@example.org")
        assert answer.json() == {"username": "lovelace", "contact": "ada@example.org"}
        body = await horde.user(ada)
        assert (body["username"], body["contact"]) == (f"lovelace#{ada.id}", "ada@example.org")

    @pytest.mark.parametrize(
        ("change", "rc"),
        [
            ({"username": "shithead"}, "ProfaneUserName"),
            ({"contact": "fuck@example.org"}, "ProfaneUserContact"),
            ({"admin_comment": "what a b1tch"}, "ProfaneAdminComment"),
        ],
    )
    async def test_profane_texts_are_refused(
        self, horde: Horde, admin: NewAccount, change: dict[str, str], rc: str
    ) -> None:
        """§4.7: 400 by their rc; what else the change asked for is not done either."""
        refused = await put(horde, admin.id, admin.api_key, concurrency=77, **change)
        assert outcome(refused) == (400, rc)
        assert (await horde.user(admin))["concurrency"] == 30

    async def test_users_cannot_change_each_other(self, horde: Horde) -> None:
        """§4.1: neither self nor moderator → 403 `NotModerator`."""
        ada, bob = await horde.account("ada"), await horde.account("bob")
        assert outcome(await put(horde, ada.id, bob.api_key, username="mine now")) == (403, "NotModerator")

    async def test_anonymous_keeps_its_name(self, horde: Horde) -> None:
        """§4.1: 403 `AnonForbiddenUserMod`, for itself and for moderators."""
        mod = await horde.account("mod", moderator=True)
        for key in ("0000000000", mod.api_key):
            assert outcome(await put(horde, 0, key, username="somebody")) == (403, "AnonForbiddenUserMod")

    async def test_proxy_passkeys_are_for_services(self, horde: Horde) -> None:
        """§4.6: the caller must be a service account, else 403 `NonServiceForbidden`; 22 characters, shown once."""
        ada, mod = await horde.account("ada"), await horde.account("mod", moderator=True)
        refused = await put(horde, ada.id, ada.api_key, generate_proxy_passkey=True)
        assert outcome(refused) == (403, "NonServiceForbidden")
        await put(horde, ada.id, mod.api_key, service=True)
        made = (await put(horde, ada.id, ada.api_key, generate_proxy_passkey=True)).json()
        assert len(made["proxy_passkey"]) == 22
        assert "proxy_passkey" not in (await get(horde, ada.id, mod.api_key)).json()

    async def test_every_change_is_recorded_as_it_was_and_is(self, horde: Horde, admin: NewAccount) -> None:
        """§4.8: who, by which key, old and new; what stays as it was is not told, nor any passkey."""
        ada, mod = await horde.account("ada"), await horde.account("mod", moderator=True)
        await put(horde, ada.id, mod.api_key, trusted=True, flagged=False, education=True)
        await put(horde, ada.id, ada.api_key, username="lovelace")
        await put(horde, ada.id, admin.api_key, kudos=50, monthly_kudos=7)
        await put(horde, ada.id, mod.api_key, service=True)
        made = (await put(horde, ada.id, ada.api_key, generate_proxy_passkey=True)).json()["proxy_passkey"]
        await put(horde, ada.id, ada.api_key, username="lovelace", flagged=True)  # refused
        entries = await horde.sql(
            """SELECT via, actor_id, key_id = (SELECT id FROM api_key WHERE account_id = actor_id), action, old_value,
                      new_value FROM audit_entry WHERE concerns = %s ORDER BY id""",
            ada.id,
        )
        assert entries == [
            ("api", mod.id, True, "account.change", {"trusted": False, "education": False, "concurrency": 30},
             {"trusted": True, "education": True, "concurrency": 200}),
            ("api", ada.id, True, "account.change", {"username": "ada"}, {"username": "lovelace"}),
            ("api", admin.id, True, "account.change", {"monthly_kudos": 0}, {"monthly_kudos": 7, "kudos_added": 50}),
            ("api", mod.id, True, "account.change", {"service": False}, {"service": True}),
            ("api", ada.id, True, "account.change", {}, {"proxy_passkey_made": True}),
        ]  # fmt: skip
        assert made not in str(await horde.sql("SELECT row_to_json(audit_entry)::text FROM audit_entry"))

    async def test_roles_of_anonymous_are_left_alone(self, horde: Horde) -> None:
        """§4.9: roles and suspicions asked of Anonymous change nothing, and are echoed as they are."""
        mod = await horde.account("mod", moderator=True)
        changed = await put(horde, 0, mod.api_key, trusted=True, flagged=True, education=True, concurrency=77)
        assert changed.json() == {"trusted": False, "flagged": False, "education": False, "concurrency": 77}
        assert await horde.sql("SELECT trusted, flagged, education, concurrency FROM account WHERE id = 0") == [
            (False, False, False, 77)
        ]
        assert (await put(horde, 0, mod.api_key, reset_suspicion=True)).json() == {"new_suspicion": 0}

    async def test_an_administrator_is_shown_as_one(self, horde: Horde, admin: NewAccount) -> None:
        """§3.3: `administrator: true`, by whoever looks; of nobody else. The role of a moderator is told apart."""
        body = (await get(horde, admin.id)).json()
        assert (body["administrator"], body["moderator"]) == (True, False)
        assert "administrator" not in (await get(horde, (await horde.account("mod", moderator=True)).id)).json()

    async def test_counts_of_styles_are_shown_as_they_are_kept(self, horde: Horde) -> None:
        """§3.3: `records.style` by kind, and `interrogation` in each of the counts."""
        ada = await horde.account("ada")
        await horde.sql("ALTER TABLE account_record DROP CONSTRAINT IF EXISTS account_record_record_check")
        await horde.sql("INSERT INTO account_record VALUES (%s, 'style', 'image', 3)", ada.id)
        await horde.sql("INSERT INTO account_record VALUES (%s, 'request', 'interrogation', 2)", ada.id)
        records = (await horde.user(ada))["records"]
        assert records["style"] == {"image": 3, "text": 0, "interrogation": 0}
        assert records["request"] == {"image": 0, "text": 0, "interrogation": 2}

    async def test_undeleting_needs_a_deleted_user(self, horde: Horde) -> None:
        """§4.7: 400 `UserNotDeleted`; else `undeleted: true`."""
        ada = await horde.account("ada")
        assert outcome(await put(horde, ada.id, ada.api_key, undelete=True)) == (400, "UserNotDeleted")
        await horde.sql("UPDATE account SET deleted = true WHERE id = %s", ada.id)
        assert (await put(horde, ada.id, ada.api_key, undelete=True)).json() == {"undeleted": True}

    @pytest.mark.parametrize(
        ("change", "rc"),
        [
            ({"username": "x" * 31}, "TooLongUserName"),
            ({"username": "ab"}, None),
            ({"username": "x" * 101}, None),
            ({"username": "nul\0byte"}, "NulByteInPayload"),
            ({"contact": "x"}, None),
            ({"contact": "x" * 501}, None),
            ({"concurrency": 501}, None),
            ({"concurrency": "many"}, None),
            ({"usage_multiplier": 11}, None),
            ({"kudos": 10**30}, None),
            ({"kudos": True}, None),
            ({"worker_invited": 2**31}, None),
        ],
    )
    async def test_values_beyond_the_limits_are_refused(
        self, horde: Horde, admin: NewAccount, change: dict[str, Any], rc: str | None
    ) -> None:
        """basics.md §3.3: the schema's bounds: 400, with the field named where there is no rc of its own."""
        answer = await put(horde, admin.id, admin.api_key, **change)
        assert (answer.status_code, answer.json().get("rc")) == (400, rc)
        if rc is None:
            assert list(answer.json()["errors"]) == list(change)


class TestTestUsers:
    """POST /dev/test-user (§5)."""

    async def test_there_is_no_such_route_unless_asked_for(self, horde: Horde) -> None:
        """§5.1: 404 unless HORDE_TEST_APIKEYS is truthy."""
        assert (await horde.client.post("/api/v2/dev/test-user", json={})).status_code == 404

    async def test_an_account_is_made_and_then_renewed(self, start_horde: StartHorde) -> None:
        """§5.2: 201 created with the defaults, then 200 with a fresh key; the balance is set absolutely."""
        horde = await start_horde(test_apikeys=True)
        made = await horde.client.post("/api/v2/dev/test-user", json={})
        assert made.status_code == 201
        body = made.json()
        assert (body["username"], body["kudos"], body["moderator"], body["created"]) == ("test_user", 10000, True, True)
        assert body["alias"] == f"test_user#{body['user_id']}"
        again = await horde.client.post("/api/v2/dev/test-user", json={"kudos": 5, "moderator": False})
        assert (again.status_code, again.json()["user_id"], again.json()["kudos"]) == (200, body["user_id"], 5)
        assert outcome(await get(horde, 0, body["api_key"])) == (401, "InvalidAPIKey")
        assert (await get(horde, 0, again.json()["api_key"])).status_code == 200

    async def test_only_this_machine_may_ask(self, start_horde: StartHorde) -> None:
        """§5.1: 403 unless the real socket peer is loopback, whatever a header says."""
        horde = await start_horde(test_apikeys=True)
        async with horde.client_at("203.0.113.9") as stranger:
            answer = await stranger.post("/api/v2/dev/test-user", json={}, headers={"X-Forwarded-For": "127.0.0.1"})
        assert answer.status_code == 403

    async def test_whom_a_proxy_on_this_machine_brings_is_not_this_machine(self, start_horde: StartHorde) -> None:
        """Behind nginx every peer is loopback: whom it heard must be as well."""
        horde = await start_horde(test_apikeys=True)
        for name, value in (("X-Forwarded-For", "203.0.113.9"), ("Forwarded", "for=203.0.113.9")):
            answer = await horde.client.post("/api/v2/dev/test-user", json={}, headers={name: value})
            assert answer.status_code == 403

    @pytest.mark.parametrize("body", [{"kudos": -1}, {"kudos": 1.5}, {"username": 5}, {"moderator": "yes"}, []])
    async def test_wrong_types_are_refused(self, start_horde: StartHorde, body: object) -> None:
        """§5.2: 400 with `message` on bad types."""
        horde = await start_horde(test_apikeys=True)
        answer = await horde.client.post("/api/v2/dev/test-user", json=body)
        assert answer.status_code == 400
        assert answer.json()["message"]
