"""DELETE /users/{id}, undeletion, and what is left of an account that was wiped (accounts.md §7)."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde
from ledger_checks import check_books

from horde_server.accounts.creation import NewAccount
from horde_server.moderation.addresses import store as address_store
from horde_server.moderation.addresses.timeouts import STRIKE_MEMORY_S

MONTH = "interval '31 days'"


@pytest.fixture
async def horde(start_horde: StartHorde) -> Horde:
    """A server with one administrator, account 1."""
    started = await start_horde(admins=["root#1"])
    await started.account("root")
    return started


async def delete(horde: Horde, user_id: object, key: str | None) -> httpx.Response:
    """DELETE /users/{id}."""
    return await horde.client.delete(f"/api/v2/users/{user_id}", headers={"apikey": key} if key is not None else {})


async def undelete(horde: Horde, account: NewAccount, key: str) -> httpx.Response:
    """PUT /users/{id} with `undelete`."""
    return await horde.client.put(f"/api/v2/users/{account.id}", json={"undelete": True}, headers={"apikey": key})


async def month_passes(horde: Horde, account: NewAccount) -> None:
    """Move the clock of an account: it was made, active and marked a month earlier."""
    await horde.sql(
        f"""UPDATE account SET created_at = created_at - {MONTH}, last_active_at = last_active_at - {MONTH},
                deleted_at = deleted_at - {MONTH} WHERE id = %s""",
        account.id,
    )


class TestMarking:
    """The first DELETE."""

    async def test_users_delete_themselves_and_take_it_back(self, horde: Horde) -> None:
        """§7.1, §7.3: marked, still shown; `undelete` makes it as it was."""
        ada = await horde.account("ada")
        answer = await delete(horde, ada.id, ada.api_key)
        assert (answer.status_code, answer.json()) == (200, {"message": "OK"})
        assert (await horde.client.get(f"/api/v2/users/{ada.id}")).json()["deleted"] is True
        assert (await horde.user(ada))["deleted"] is True
        assert (await undelete(horde, ada, ada.api_key)).json() == {"undeleted": True}
        assert (await horde.user(ada))["deleted"] is False
        await horde.request(ada.api_key)

    async def test_who_may_not(self, horde: Horde) -> None:
        """§7.2: each refusal by its rc, in this order."""
        ada, bob = await horde.account("ada"), await horde.account("bob")
        mod = await horde.account("mod", moderator=True)
        for user_id, key, expected in (
            (ada.id, None, (401, "InvalidAPIKey")),
            (999, "wrong", (401, "InvalidAPIKey")),
            ("x", ada.api_key, (404, "UserNotFound")),
            (999, "0000000000", (403, "AnonForbiddenUser")),
            (999, ada.api_key, (404, "UserNotFound")),
            (0, mod.api_key, (403, "AnonForbiddenUser")),
            (mod.id, ada.api_key, (403, "CannotDeleteMod")),
            (1, mod.api_key, (403, "CannotDeleteMod")),  # an administrator, without the role
            (mod.id, mod.api_key, (403, "CannotDeleteMod")),
            (bob.id, ada.api_key, (403, "NotUserOrMod")),
        ):
            assert horde.outcome(await delete(horde, user_id, key)) == expected, (user_id, key)
        assert (await delete(horde, ada.id, mod.api_key)).status_code == 200

    async def test_open_requests_are_taken_back(self, horde: Horde) -> None:
        """§7.1: what waits is cancelled, of every kind; nobody else's is."""
        ada = await horde.account("ada", kudos=1000)
        image, text = await horde.request(ada.api_key, params={"n": 2}), await horde.texts.request(ada.api_key)
        others = await horde.request()
        await delete(horde, ada.id, ada.api_key)
        assert (await horde.check(image))["waiting"] == 0
        [(waiting,)] = await horde.sql("SELECT sum(waiting) FROM request WHERE account_id = %s", ada.id)
        assert waiting == 0
        assert (await horde.check(others))["waiting"] == 1
        status = await horde.client.get(f"/api/v2/generate/text/status/{text}")
        assert status.json()["waiting"] == 0

    async def test_its_workers_let_go_of_what_they_hold(self, horde: Horde) -> None:
        """§7.1: the job goes back to the queue at once, and another worker is paid for it."""
        ada, bob = await horde.account("ada"), await horde.account("bob")
        request_id = await horde.request()
        held = await horde.job(ada.api_key, "adas worker")
        await delete(horde, ada.id, ada.api_key)
        assert horde.outcome(await horde.try_submit(ada.api_key, held["id"])) == (403, "DeletedUser")
        job = await horde.job(bob.api_key, "bobs worker")
        await horde.submit(bob.api_key, job["id"])
        assert (await horde.check(request_id))["done"]

    async def test_a_user_who_serves_itself_is_deleted_too(self, horde: Horde) -> None:
        """§7.1: its worker holds a job of its own request; nothing of it waits or is worked on any more."""
        ada = await horde.account("ada", kudos=1000)
        request_id = await horde.request(ada.api_key, params={"n": 2})
        await horde.job(ada.api_key, "adas worker")
        assert (await delete(horde, ada.id, ada.api_key)).status_code == 200
        check = await horde.check(request_id)
        assert (check["waiting"], check["processing"], check["done"]) == (0, 0, True)

    async def test_a_request_that_came_with_the_mark_is_taken_back_within_a_minute(self, horde: Horde) -> None:
        """§7.1: by another node, or by `horde admin`, which has no queue."""
        ada = await horde.account("ada", kudos=1000)
        request_id = await horde.request(ada.api_key)
        await horde.sql("UPDATE account SET deleted = true, deleted_at = now() WHERE id = %s", ada.id)
        await settle(horde)
        assert (await horde.check(request_id))["waiting"] == 0

    async def test_marks_wipes_and_returns_are_recorded(self, horde: Horde) -> None:
        """§7.6: who did it, and to whom."""
        ada, mod = await horde.account("ada"), await horde.account("mod", moderator=True)
        await delete(horde, ada.id, ada.api_key)
        await undelete(horde, ada, mod.api_key)
        entries = await horde.sql(
            "SELECT actor_id, action, subject_id FROM audit_entry WHERE concerns = %s ORDER BY id", ada.id
        )
        assert entries == [
            (ada.id, "account.delete", str(ada.id)),
            (mod.id, "account.undelete", str(ada.id)),
        ]


class TestKeysOfDeletedAccounts:
    """What the key of a marked account is good for."""

    async def test_every_route_is_closed_to_them(self, horde: Horde) -> None:
        """§7.3: 403 `DeletedUser` at the door of each route but three; transfers say 400, as in the original."""
        ada = await horde.account("ada")
        await delete(horde, ada.id, ada.api_key)
        document = (await horde.client.get("/openapi.json")).json()
        looked_at = set()
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if not any(each["name"] == "apikey" for each in operation.get("parameters", ())):
                    continue
                name = f"{method.upper()} {path}"
                if name in ("GET /api/v2/find_user", "PUT /api/v2/users/{user_id}", "DELETE /api/v2/users/{user_id}"):
                    continue
                looked_at.add(name)
                body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
                url = path.replace("{user_id}", str(ada.id))
                for part in url.split("/"):
                    if part.startswith("{"):
                        url = url.replace(part, "192.0.2.7" if "ipaddr" in part else "7")
                answer = await horde.client.request(method, url, headers={"apikey": ada.api_key}, json=body)
                expected = (400 if name == "POST /api/v2/kudos/transfer" else 403, "DeletedUser")
                assert horde.outcome(answer) == expected, name
        assert len(looked_at) > 25

    async def test_they_change_nothing_but_their_return(self, horde: Horde) -> None:
        """§7.3: `undelete` alone, of the own account."""
        ada, bob = await horde.account("ada"), await horde.account("bob")
        for account in (ada, bob):
            await delete(horde, account.id, account.api_key)
        for body in ({"undelete": True, "username": "lovelace"}, {"public_workers": True}, {}):
            changed = await horde.client.put(f"/api/v2/users/{ada.id}", json=body, headers={"apikey": ada.api_key})
            assert horde.outcome(changed) == (403, "DeletedUser")
        assert horde.outcome(await undelete(horde, bob, ada.api_key)) == (403, "DeletedUser")
        assert horde.outcome(await delete(horde, bob.id, ada.api_key)) == (403, "DeletedUser")


async def settle(horde: Horde) -> None:
    """What any node does each minute."""
    await horde.sql(
        """SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('accounts.settle_deleted', 'accounts.settle_deleted', 1, NULL,
               NULL, '{"timestamp": 0}', NULL)::procrastinate_job_to_defer_v1])"""
    )

    async def is_done() -> bool:
        return await horde.sql("SELECT id FROM procrastinate_jobs WHERE task_name = 'accounts.settle_deleted'") == []

    await horde.until(is_done, "deleted accounts are settled")


class TestWiping:
    """The second DELETE, and what happens by itself."""

    async def test_who_was_active_lately_is_not_wiped(self, horde: Horde) -> None:
        """§7.4: 403 `CannotWipeActiveUser` within 30 days of the last activity."""
        ada = await horde.account("ada")
        await delete(horde, ada.id, ada.api_key)
        assert horde.outcome(await delete(horde, ada.id, ada.api_key)) == (403, "CannotWipeActiveUser")
        await month_passes(horde, ada)
        await horde.sql("UPDATE account SET last_active_at = now() - interval '29 days' WHERE id = %s", ada.id)
        assert horde.outcome(await delete(horde, ada.id, ada.api_key)) == (403, "CannotWipeActiveUser")

    async def test_several_accounts_can_be_wiped_and_are_nobody_then(self, horde: Horde) -> None:
        """§7.5: not found by number, key, list or alias; the identity is free for a new account."""
        mod = await horde.account("mod", moderator=True, kudos=1000)
        for name in ("ada", "bob"):
            account = await horde.account(name, external_id=f"gh_{name}", kudos=100)
            await delete(horde, account.id, account.api_key)
            await month_passes(horde, account)
            assert (await delete(horde, account.id, account.api_key)).status_code == 200
            assert horde.outcome(await horde.client.get(f"/api/v2/users/{account.id}")) == (404, "UserNotFound")
            found = await horde.client.get("/api/v2/find_user", headers={"apikey": account.api_key})
            assert horde.outcome(found) == (404, "UserNotFound")
            assert horde.outcome(await delete(horde, account.id, mod.api_key)) == (404, "UserNotFound")
            assert horde.outcome(await undelete(horde, account, mod.api_key)) == (404, "UserNotFound")
            given = await horde.client.post(
                "/api/v2/kudos/transfer", json={"username": account.alias, "amount": 5}, headers={"apikey": mod.api_key}
            )
            assert horde.outcome(given) == (400, "InvalidTargetUsername")
            listed = (await horde.client.get("/api/v2/users")).json()
            assert account.id not in [user["id"] for user in listed]
            again = await horde.account(name, external_id=f"gh_{name}")
            assert again.is_new

    async def test_marked_accounts_are_wiped_by_themselves(self, start_horde: StartHorde) -> None:
        """§7.4: once they were marked, and inactive, for as long as the setting says; those that came back are not."""
        horde = await start_horde(deleted_account_retention_days=10)
        gone, back, fresh = [await horde.account(name) for name in ("gone", "back", "fresh")]
        for account in (gone, back, fresh):
            await delete(horde, account.id, account.api_key)
        for account in (gone, back):
            await month_passes(horde, account)
        await undelete(horde, back, back.api_key)
        await settle(horde)
        states = await horde.sql("SELECT username, wiped_at IS NOT NULL FROM account WHERE id > 0 ORDER BY id")
        assert states == [("<wiped>", True), ("back", False), ("fresh", False)]

    async def test_one_that_cannot_be_wiped_keeps_no_other(self, horde: Horde) -> None:
        """What another release keeps of an account may hold it: the rest is wiped all the same."""
        held, free = await horde.account("held"), await horde.account("free")
        await horde.sql("CREATE TABLE holder (key_id bigint REFERENCES api_key (id))")
        await horde.sql("INSERT INTO holder SELECT id FROM api_key WHERE account_id = %s", held.id)
        for account in (held, free):
            await delete(horde, account.id, account.api_key)
            await month_passes(horde, account)
        await settle(horde)
        names = await horde.sql("SELECT username FROM account WHERE id IN (%s, %s) ORDER BY id", held.id, free.id)
        assert names == [("held",), ("<wiped>",)]

    async def test_grace_begins_with_the_mark(self, horde: Horde) -> None:
        """§7.4: who was away for years and deletes the account today can come back for the whole grace."""
        ada = await horde.account("ada")
        await month_passes(horde, ada)
        await delete(horde, ada.id, ada.api_key)
        await settle(horde)
        assert (await undelete(horde, ada, ada.api_key)).status_code == 200


SECRETS = (
    "countess-lovelace", "augusta@example.org", "engine-of-ada", "my-private-prompt", "203.0.113.77", "hush-comment",
    "ada-key-name", "lovelace-agent", "https://127.0.0.1:9/hook-of-ada", "token-for-ada", "gh_lovelace",
    "why-i-know-her", "ada-worker-info", "team-of-ada",
    "ada-told-the-team", "ada-told-workers",
)  # fmt: skip


AT_A_WIPE = {
    "account_rank": "removed",
    "account_record": "kept: amounts of work",
    "api_key": "removed",
    "ban": "removed, where it is banned as an owner",
    "audit_entry": "kept: who did what, without any text",
    "interrogation": "removed, by the next sweep",
    "document": "kept: the horde's own, and a number of who wrote it",
    "job": "kept until its request goes: a number of whom a worker was",
    "kudos_bucket": "kept: amounts of kudos",
    "kudos_transfer": "kept: the movement, without the name a program gave it",
    "ledger_entry": "kept: the books",
    "ledger_inbox": "kept: the books",
    "news": "kept: the horde's own, and a number of who wrote it",
    "prompt_evidence": "removed, with what lies there",
    "prompt_filter": "kept: the horde's rule, and a number of who wrote it",
    "proxy_passkey": "removed",
    "registration": "removed",
    "result_report": "kept for its time: numbers of who asked and who made it",
    "sdapi_choice": "removed",
    "sign_in": "removed",
    "style": "removed",
    "style_collection": "removed",
    "request": "removed, by the next sweep",
    "shared_image": "removed, with the picture",
    "team": "kept where others serve in it, without what it says of itself; else removed",
    "webhook_delivery": "removed",
    "webhook_secret": "removed",
    "worker": "removed",
    "worker_message": "removed",
}
"""Whoever adds a table that knows accounts says here what a wipe does with it; its slice does so (`Slice.wipe`)."""


class TestNothingIsLeft:
    """Every table, and every store, after the wipe."""

    async def test_of_every_table_that_knows_accounts_it_is_said_what_a_wipe_does(self, horde: Horde) -> None:
        """§7.5: none is forgotten, also of those that are made later."""
        found = await horde.sql(
            """SELECT DISTINCT table_name::text
               FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
               WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND data_type = 'integer'
                 AND column_name ~ '(^|_)(account|owner|requester|source|target|user|creator|author|actor)_id$'"""
        )
        assert {name for (name,) in found} == AT_A_WIPE.keys()

    async def test_no_table_and_no_store_has_what_told_of_the_person(
        self, start_horde: StartHorde, tmp_path: Any
    ) -> None:
        """§7.5: names, contacts, keys, addresses, programs, prompts and pictures, everywhere; the books balance."""
        stores = {name: str(tmp_path / name) for name in ("blobs", "source_blobs", "shared_blobs", "prompt_evidence")}
        horde = await start_horde(admins=["root#1"], webhook_private_networks=["127.0.0.0/8"], **stores)
        root, bob = await horde.account("root", moderator=True), await horde.account("bob", kudos=500)
        ada = await horde.account("countess-lovelace", external_id="gh_lovelace", kudos=1000)
        secrets = await live_a_little(horde, ada, bob, root)
        planted = set(await found_in_tables(horde, secrets))
        assert set(secrets) - planted == {ada.api_key, secrets[-2]}, "keys and passkeys never stand in a table"
        assert_kept(tmp_path, "shared_blobs", 2)
        assert_kept(tmp_path, "prompt_evidence", 1)

        assert (await delete(horde, ada.id, ada.api_key)).status_code == 200
        await month_passes(horde, ada)
        await strikes_are_forgotten(horde)
        assert (await delete(horde, ada.id, ada.api_key)).status_code == 200

        async def is_gone() -> bool:
            """Requests go with the next sweep, files with their tasks."""
            left = await found_in_tables(horde, secrets)
            files = [path for name in ("shared_blobs", "prompt_evidence", "source_blobs")
                     for path in (tmp_path / name).rglob("*") if path.is_file()]  # fmt: skip
            return not left and not files

        await horde.until(is_gone, "nothing of the person is left")
        for table in (name for name, what in AT_A_WIPE.items() if what.startswith("removed")):
            assert await horde.sql(f"SELECT account_id FROM {table} WHERE account_id = %s", ada.id) == [], table
        await horde.folded()
        async with horde._connection() as conn:
            await check_books(conn)
        [(balance,)] = await horde.sql(
            "SELECT balance_hundredths FROM ledger_balance WHERE ledger_account = %s", 2 * ada.id
        )
        assert balance > 0


async def strikes_are_forgotten(horde: Horde) -> None:
    """A month later the time-out of the address, which is nobody's account, is long over."""
    await horde.sql(f"UPDATE address_timeout SET ends_at = ends_at - {MONTH}, struck_at = struck_at - {MONTH}")
    async with horde._connection() as conn:
        assert await address_store.forget_old(conn, memory_s=STRIKE_MEMORY_S) == 1


def assert_kept(folder: Any, name: str, files: int) -> None:
    """So many files lie in a store."""
    assert len([path for path in (folder / name).rglob("*") if path.is_file()]) == files, name


async def live_a_little(horde: Horde, ada: NewAccount, bob: NewAccount, root: NewAccount) -> list[str]:
    """Ada does what users do, and leaves traces; what must not be found later."""
    key = {"apikey": ada.api_key}
    await horde.client.put(f"/api/v2/users/{ada.id}", json={"contact": "augusta@example.org"}, headers=key)
    await horde.client.put(
        f"/api/v2/users/{ada.id}", json={"admin_comment": "hush-comment", "service": True},
        headers={"apikey": root.api_key},
    )  # fmt: skip
    passkey = (
        await horde.client.put(f"/api/v2/users/{ada.id}", json={"generate_proxy_passkey": True}, headers=key)
    ).json()["proxy_passkey"]
    await horde.sql(
        "UPDATE audit_entry SET reason = 'why-i-know-her' WHERE concerns = %s AND action = 'account.change'", ada.id
    )
    await horde.sql("UPDATE api_key SET name = 'ada-key-name' WHERE account_id = %s", ada.id)
    await horde.client.get("/api/v2/webhook_secret", headers=key)
    async with horde.client_at("203.0.113.77") as client:
        agent = {**key, "Client-Agent": "lovelace-agent:1:ada"}
        asked = await client.post(
            "/api/v2/generate/async",
            json={"prompt": "my-private-prompt", "shared": True, "webhook": "https://127.0.0.1:9/hook-of-ada"},
            headers=agent,
        )
        assert asked.status_code == 202, asked.text
        job = await horde.job(bob.api_key, "bobs worker")
        await horde.submit(bob.api_key, job["id"])
        await client.post("/api/v2/generate/async", json={"prompt": "my-private-prompt still open"}, headers=agent)
        popped = await client.post(
            "/api/v2/generate/pop",
            json={"name": "engine-of-ada", "models": ["stable_diffusion"], "bridge_agent": "lovelace-agent:1:ada"},
            headers=key,
        )
        assert popped.status_code == 200, popped.text
        await refuse_a_prompt(horde, client, key, root)
    [(worker_id,)] = await horde.sql("SELECT id FROM worker WHERE account_id = %s", ada.id)
    await horde.sql(
        """INSERT INTO team (id, name, info, account_id) VALUES (gen_random_uuid(), 'team-of-ada', 'i', %s),
               (gen_random_uuid(), 'shared team', 'ada-told-the-team', %s)""",
        ada.id, ada.id,
    )  # fmt: skip
    await horde.sql(
        "UPDATE worker SET team_id = (SELECT id FROM team WHERE name = 'shared team') WHERE account_id = %s", bob.id
    )
    await horde.sql(
        """INSERT INTO worker_message (id, account_id, audience, origin, message, expires_at)
           VALUES (gen_random_uuid(), %s, 'all', 'o', 'ada-told-workers', now() + interval '1 day')""",
        ada.id,
    )
    await horde.client.put(f"/api/v2/workers/{worker_id}", json={"info": "ada-worker-info"}, headers=key)
    chosen = await horde.client.post(
        "/sdapi/v1/options", json={"sd_model_checkpoint": "stable_diffusion"}, auth=("u", ada.api_key)
    )
    assert chosen.is_success, chosen.text
    given = await horde.client.post(
        "/api/v2/kudos/transfer", json={"username": bob.alias, "amount": 10},
        headers={**key, "Idempotency-Key": "token-for-ada"},
    )  # fmt: skip
    assert given.status_code == 200, given.text

    async def is_shared() -> bool:
        return (await horde.sql("SELECT state FROM shared_image")) == [("shared",)]

    await horde.until(is_shared, "the image is shared")
    hashes = await horde.sql(
        "SELECT hash FROM api_key WHERE account_id = %s UNION SELECT hash FROM proxy_passkey WHERE account_id = %s",
        ada.id, ada.id,
    )  # fmt: skip
    secret = await horde.sql("SELECT secret FROM webhook_secret WHERE account_id = %s", ada.id)
    return [*SECRETS, *(row[0].hex() for row in (*hashes, *secret)), passkey, ada.api_key]


async def refuse_a_prompt(horde: Horde, client: httpx.AsyncClient, key: dict[str, str], root: NewAccount) -> None:
    """A prompt that two filters match: it is kept as evidence."""
    for filter_type, regex in ((10, "forbiddenone"), (20, "forbiddentwo")):
        made = await horde.client.put(
            "/api/v2/filters", json={"regex": regex, "filter_type": filter_type}, headers={"apikey": root.api_key}
        )
        assert made.status_code == 200
    refused = await client.post(
        "/api/v2/generate/async",
        json={"prompt": "forbiddenone forbiddentwo my-private-prompt", "replacement_filter": False},
        headers=key,
    )
    assert horde.outcome(refused) == (400, "CorruptPrompt"), refused.text


async def found_in_tables(horde: Horde, secrets: list[str]) -> dict[str, list[str]]:
    """Which of the strings stand in which tables, whatever the type of their columns."""
    tables = await horde.sql(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    found: dict[str, list[str]] = {}
    for (table,) in tables:
        rows = await horde.sql(f"SELECT row_to_json(t)::text FROM {table} AS t")
        text = "\n".join(row[0] for row in rows)
        for secret in secrets:
            if secret in text or json.dumps(secret)[1:-1] in text:
                found.setdefault(secret, []).append(table)
    return found
