"""Workers looked up, changed and deleted: /workers/{id}, /workers/name/{name} (workers.md §11)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hordes import Horde, StartHorde

from horde_server.workers.answers import DeletedWorker, ModifyWorker, WorkerDetails

UNKNOWN = "00000000-0000-0000-0000-000000000000"


async def a_worker(horde: Horde, key: str, name: str = "worker") -> str:
    """The id of a worker that has checked in."""
    await horde.pop(key, name)
    return str((await horde.sql("SELECT id FROM worker WHERE name = %s", name))[0][0])


async def put(horde: Horde, worker_id: str, key: str | None, **change: Any) -> httpx.Response:
    """PUT /workers/{id}."""
    headers = {"apikey": key} if key is not None else {}
    return await horde.client.put(f"/api/v2/workers/{worker_id}", json=change, headers=headers)


async def delete(horde: Horde, worker_id: str, key: str | None) -> httpx.Response:
    """DELETE /workers/{id}."""
    headers = {"apikey": key} if key is not None else {}
    return await horde.client.delete(f"/api/v2/workers/{worker_id}", headers=headers)


async def get(horde: Horde, path: str, key: str | None = None) -> httpx.Response:
    """GET below /workers/."""
    return await horde.client.get(f"/api/v2/workers/{path}", headers={"apikey": key} if key else {})


class TestLookingUp:
    """GET /workers/{id} and /workers/name/{name}."""

    async def test_a_name_finds_the_worker_also_when_it_is_offline(self, horde: Horde) -> None:
        """§11.1: exact, case-sensitive; the same object as by id."""
        owner = await horde.account("owner")
        worker_id = await a_worker(horde, owner.api_key, "Bee / 50%")
        await horde.sql("UPDATE worker SET last_check_in_at = now() - interval '1 hour'")
        found = await get(horde, f"name/{quote('Bee / 50%', safe='')}")
        assert (found.status_code, found.json()["id"], found.json()["online"]) == (200, worker_id, False)
        WorkerDetails.model_validate(found.json(), strict=True)
        assert horde.outcome(await get(horde, "name/bee")) == (404, "WorkerNotFound")
        assert horde.outcome(await get(horde, "name/%00")) == (404, "WorkerNotFound")
        assert horde.outcome(await get(horde, f"name/{'x' * 1000}")) == (404, "WorkerNotFound")

    async def test_owners_see_more_of_their_own_and_moderators_of_all(self, horde: Horde) -> None:
        """§11.3: paused, suspicious, ipaddr for owner and moderator; contact for moderators only."""
        owner = await horde.account("owner", columns={"contact": "owner@example.org"})
        mod, stranger = await horde.account("mod", moderator=True), await horde.account("stranger")
        await a_worker(horde, owner.api_key)
        fields = {"owner", "paused", "suspicious", "ipaddr", "contact"}
        for key, seen in (
            (None, set()), (stranger.api_key, set()), ("x" * 22, set()), (owner.api_key, fields - {"contact"}),
            (mod.api_key, fields),
        ):  # fmt: skip
            assert fields & (await get(horde, "name/worker", key)).json().keys() == seen


class TestChanging:
    """PUT /workers/{id}."""

    async def test_a_worker_in_maintenance_serves_its_owner_only_from_that_moment(
        self, start_horde: StartHorde
    ) -> None:
        """§11.4: maintenance and its message, by the owner; on the node that was told and on the others."""
        horde, other = await start_horde(), await start_horde()
        owner = await horde.account("owner")
        worker_id = await a_worker(horde, owner.api_key)
        await other.pop(owner.api_key)
        answer = await put(horde, worker_id, owner.api_key, maintenance=True, maintenance_msg="Out <b>for</b> lunch")
        assert (answer.status_code, answer.json()) == (200, {"maintenance": True})
        refused = await horde.try_pop(owner.api_key)
        assert horde.outcome(refused) == (403, "WorkerMaintenance")
        assert "Out &lt;b&gt;for&lt;/b&gt; lunch" in refused.json()["message"]

        async def is_refused_there() -> bool:
            return (await other.try_pop(owner.api_key)).status_code == 403

        await horde.until(is_refused_there, "the other node knows of the maintenance")
        assert (await get(horde, worker_id)).json()["maintenance_mode"] is True
        await horde.request(owner.api_key)
        await horde.job(owner.api_key)
        assert (await put(horde, worker_id, owner.api_key, maintenance=False)).json() == {"maintenance": False}
        assert (await horde.pop(owner.api_key))["id"] is None
        assert await horde.sql("SELECT maintenance, maintenance_msg FROM worker") == [(False, None)]

    async def test_moderators_pause_a_worker_and_let_it_go_on(self, horde: Horde) -> None:
        """§11.4: paused by moderators; §5.20: it gets no strangers' jobs from that moment."""
        owner, mod = await horde.account("owner"), await horde.account("mod", moderator=True)
        worker_id = await a_worker(horde, owner.api_key)
        assert (await put(horde, worker_id, mod.api_key, paused=True)).json() == {"paused": True}
        await horde.request()
        assert (await horde.pop(owner.api_key))["id"] is None
        assert (await get(horde, worker_id, owner.api_key)).json()["paused"] is True
        assert (await put(horde, worker_id, mod.api_key, paused=False)).json() == {"paused": False}
        await horde.job(owner.api_key)

    async def test_owners_name_and_describe_their_workers(self, horde: Horde) -> None:
        """§11.4: info and name, as plain text; a pop under the new name is that worker, the old name is free."""
        owner, other = await horde.account("owner"), await horde.account("other")
        worker_id = await a_worker(horde, owner.api_key, "old name")
        answer = await put(horde, worker_id, owner.api_key, name=" new <i>name ", info="Runs & runs", team="")
        expected = {"name": "new &lt;i&gt;name", "info": "Runs &amp; runs", "team": "None"}
        assert answer.json() == expected
        ModifyWorker.model_validate(answer.json(), strict=True)
        await horde.pop(owner.api_key, "new <i>name")
        await horde.pop(other.api_key, "old name")
        shown = (await get(horde, worker_id)).json()
        assert (shown["name"], shown["info"], shown["team"]["name"]) == ("new &lt;i&gt;name", "Runs &amp; runs", None)
        assert await horde.sql("SELECT count(*) FROM worker") == [(2,)]

    async def test_what_moderators_change_of_anybodys_worker(self, horde: Horde) -> None:
        """§11.4: owner or moderator: all fields; an administrator is a moderator too."""
        owner, mod = await horde.account("owner"), await horde.account("mod", moderator=True)
        worker_id = await a_worker(horde, owner.api_key)
        change: dict[str, Any] = {"maintenance": True, "paused": True, "info": "seen", "name": "renamed"}
        assert (await put(horde, worker_id, mod.api_key, **change)).json() == change

    @pytest.mark.parametrize(
        ("change", "rc"),
        [
            ({"maintenance": True}, "NotOwner"), ({"info": "mine"}, "NotOwner"), ({"paused": True}, "NotModerator"),
            ({"name": "my name"}, "NotModerator"), ({"team": ""}, "NotModerator"),
        ],
        ids=str,
    )  # fmt: skip
    async def test_strangers_change_nothing(self, horde: Horde, change: dict[str, Any], rc: str) -> None:
        """§11.4: not owner: 403 `NotOwner` (maintenance, info) or `NotModerator`; anonymous included."""
        owner, stranger = await horde.account("owner"), await horde.account("stranger", trusted=True)
        worker_id = await a_worker(horde, owner.api_key)
        for key in (stranger.api_key, "0000000000"):
            assert horde.outcome(await put(horde, worker_id, key, **change)) == (403, rc)

    async def test_owners_do_not_pause(self, horde: Horde) -> None:
        """§11.4: paused by moderators only; what else the refused change asked for is not done either."""
        owner = await horde.account("owner")
        worker_id = await a_worker(horde, owner.api_key)
        refused = await put(horde, worker_id, owner.api_key, paused=False, info="x")
        assert horde.outcome(refused) == (403, "NotModerator")
        assert "info" not in (await get(horde, worker_id)).json()

    @pytest.mark.parametrize(
        ("change", "status", "rc"),
        [
            ({}, 400, "NoWorkerModSelected"),
            ({"maintenance_msg": "alone"}, 400, "NoWorkerModSelected"),
            ({"info": "what a shitty worker"}, 400, "ProfaneWorkerInfo"),
            ({"info": "<" * 1000}, 400, "TooLongWorkerName"),
            ({"name": "bitch-worker"}, 400, "ProfaneWorkerName"),
            ({"name": "<" * 100}, 400, "TooLongWorkerName"),
            ({"name": "my google worker"}, 400, "BadRequest"),
            ({"name": "      "}, 400, "BadRequest"),
            ({"name": "taken name"}, 400, "WorkerNameAlreadyExists"),
            ({"name": "nul\0byte"}, 400, "NulByteInPayload"),
            ({"team": UNKNOWN}, 404, "TeamNotFound"),
            ({"maintenance": True, "team": UNKNOWN}, 404, "TeamNotFound"),
        ],
        ids=lambda value: str(value)[:40],
    )
    async def test_wrong_changes_are_refused_whole(
        self, horde: Horde, change: dict[str, Any], status: int, rc: str
    ) -> None:
        """§11.4: each refusal by its rc; nothing of a refused change is applied."""
        owner = await horde.account("owner")
        await horde.pop(owner.api_key, "taken name")
        worker_id = await a_worker(horde, owner.api_key)
        before = (await get(horde, worker_id)).json()
        assert horde.outcome(await put(horde, worker_id, owner.api_key, **change)) == (status, rc)
        assert (await get(horde, worker_id)).json() == before

    @pytest.mark.parametrize(
        "change",
        [
            {"name": "four"}, {"name": "x" * 101}, {"info": "x" * 1001}, {"maintenance_msg": "x" * 301},
            {"team": "x" * 37}, {"maintenance": "yes"}, {"paused": None}, {"name": 12345},
        ],
        ids=lambda value: str(value)[:40],
    )  # fmt: skip
    async def test_values_beyond_the_schema_are_named(self, horde: Horde, change: dict[str, Any]) -> None:
        """basics.md §3.3: 400 with `errors`, no rc."""
        owner = await horde.account("owner")
        answer = await put(horde, await a_worker(horde, owner.api_key), owner.api_key, **change)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, list(change))

    async def test_unknown_workers_come_before_unknown_keys(self, horde: Horde) -> None:
        """§11.4: 404 `WorkerNotFound`, then 401; a missing header is 400 without rc."""
        owner = await horde.account("owner")
        worker_id = await a_worker(horde, owner.api_key)
        for unknown in (UNKNOWN, "x", "1" * 300):
            assert horde.outcome(await put(horde, unknown, "wrong", info="x")) == (404, "WorkerNotFound")
        assert horde.outcome(await put(horde, worker_id, "wrong", info="x")) == (401, "InvalidAPIKey")
        missing = await put(horde, worker_id, None, info="x")
        assert (missing.status_code, list(missing.json()["errors"])) == (400, ["apikey"])


class TestDeleting:
    """DELETE /workers/{id}."""

    async def test_a_deleted_worker_is_gone_and_its_name_free(self, start_horde: StartHorde) -> None:
        """§11.5: by its owner: 200 {deleted_id, deleted_name}; also on other nodes; others may take the name."""
        horde, second = await start_horde(), await start_horde()
        owner, other = await horde.account("owner"), await horde.account("other")
        worker_id = await a_worker(horde, owner.api_key)
        await second.pop(owner.api_key)
        answer = await delete(horde, worker_id, owner.api_key)
        assert (answer.status_code, answer.json()) == (200, {"deleted_id": worker_id, "deleted_name": "worker"})
        DeletedWorker.model_validate(answer.json(), strict=True)
        assert horde.outcome(await get(horde, worker_id)) == (404, "WorkerNotFound")
        assert (await horde.client.get("/api/v2/workers")).json() == []
        await horde.pop(other.api_key)

        async def belongs_to_other() -> bool:
            return (await second.try_pop(other.api_key)).status_code == 200

        await horde.until(belongs_to_other, "the other node forgot the deleted worker")
        assert await horde.sql("SELECT account_id FROM worker") == [(other.id,)]

    async def test_its_jobs_go_back_to_the_queue_at_once(self, start_horde: StartHorde) -> None:
        """A deleted worker's processing jobs are handed out again, without waiting for their lease to end."""
        horde = await start_horde(reconcile_interval_s=3600)
        owner, other = await horde.account("owner"), await horde.account("other")
        request_id = await horde.request(params={"n": 2})
        lost = await horde.job(owner.api_key, amount=2)
        worker_id = str((await horde.sql("SELECT id FROM worker"))[0][0])
        assert (await horde.check(request_id))["processing"] == 2
        await delete(horde, worker_id, owner.api_key)
        shown = await horde.check(request_id)
        assert (shown["waiting"], shown["processing"], shown["restarted"]) == (2, 0, 2)
        assert horde.outcome(await horde.try_submit(owner.api_key, lost["id"])) == (404, "InvalidJobID")
        job = await horde.job(other.api_key, "another worker", amount=2)
        for job_id in job["ids"]:
            await horde.submit(other.api_key, job_id)
        assert (await horde.status(request_id))["done"] is True

    async def test_what_it_delivered_and_earned_stays(self, horde: Horde) -> None:
        """§11.5: the owner's kudos are unaffected; results are still there, with the worker's id."""
        owner = await horde.account("owner", trusted=True)
        request_id = await horde.request()
        job = await horde.job(owner.api_key)
        reward = (await horde.submit(owner.api_key, job["id"]))["reward"]
        worker_id = str((await horde.sql("SELECT id FROM worker"))[0][0])
        await delete(horde, worker_id, owner.api_key)
        await horde.folded()
        (generation,) = (await horde.status(request_id))["generations"]
        assert (generation["worker_id"], generation["worker_name"]) == (worker_id, "a deleted worker")
        assert (await horde.user(owner))["kudos_details"]["accumulated"] == reward

    async def test_who_may_delete(self, horde: Horde) -> None:
        """§11.5: 404, then 401 (also without a key), then 403 `NotModerator`; moderators may."""
        owner, mod, stranger = [await horde.account(name, moderator=name == "mod") for name in ("owner", "mod", "eve")]
        worker_id = await a_worker(horde, owner.api_key)
        assert horde.outcome(await delete(horde, UNKNOWN, owner.api_key)) == (404, "WorkerNotFound")
        assert horde.outcome(await delete(horde, worker_id, None)) == (401, "InvalidAPIKey")
        assert horde.outcome(await delete(horde, worker_id, "wrong")) == (401, "InvalidAPIKey")
        for key in (stranger.api_key, "0000000000"):
            assert horde.outcome(await delete(horde, worker_id, key)) == (403, "NotModerator")
        assert (await delete(horde, worker_id, mod.api_key)).status_code == 200
        assert horde.outcome(await delete(horde, worker_id, mod.api_key)) == (404, "WorkerNotFound")
