"""The audit trail: what is recorded, who reads it, and undoing (moderation.md §7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from hordes import Horde, StartHorde

from horde_server.accounts.creation import NewAccount
from horde_server.audit.answers import AuditEntry, OwnAuditEntry
from horde_server.audit.store import Sought, page
from horde_server.audit.trail import HORDE as HORDE_ITSELF
from horde_server.audit.trail import record, subject
from horde_server.database.pool import Connection, connect
from horde_server.http.declared_routes import declaration_of
from horde_server.http.rights import Right


@pytest.fixture
async def horde(start_horde: StartHorde) -> Horde:
    """A server with one administrator, the first account."""
    return await start_horde(admins=["root#1"])


@pytest.fixture(autouse=True)
async def root(horde: Horde) -> NewAccount:
    """The administrator."""
    return await horde.account("root")


@pytest.fixture
async def mod(horde: Horde, root: NewAccount) -> NewAccount:
    """A moderator."""
    return await horde.account("mod", moderator=True)


async def call(
    horde: Horde, who: NewAccount | None, method: str, path: str, body: Any = None, **headers: str
) -> httpx.Response:
    """A call below /api/v2; `headers` with `_` for `-`."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if who is not None:
        sent["apikey"] = who.api_key
    return await horde.client.request(method, f"/api/v2/{path}", json=body, headers=sent)


async def done(horde: Horde, who: NewAccount, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """The answer of a call that is taken."""
    answer = await call(horde, who, method, path, body, **headers)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def trail(horde: Horde, who: NewAccount, query: str = "") -> list[dict[str, Any]]:
    """What GET /operations/audit lists."""
    found = await done(horde, who, "GET", f"operations/audit{query}")
    for each in found:
        AuditEntry.model_validate(each, strict=True)
    return list(found)


async def newest(horde: Horde, who: NewAccount) -> dict[str, Any]:
    """The last entry."""
    return (await trail(horde, who, "?limit=1"))[0]


async def undo(horde: Horde, who: NewAccount, entry_id: int) -> httpx.Response:
    """POST /operations/audit/{id}/undo."""
    return await call(horde, who, "POST", f"operations/audit/{entry_id}/undo")


async def a_worker(horde: Horde, owner: NewAccount, name: str = "worker") -> str:
    """The id of a worker that has checked in."""
    await horde.pop(owner.api_key, name)
    return str((await horde.sql("SELECT id FROM worker WHERE name = %s", name))[0][0])


# ---------------------------------------------------------------- what is recorded


async def test_each_change_of_moderators_is_recorded_with_its_reason(horde: Horde, mod: NewAccount) -> None:
    """§7.1, §7.2: who, by which key, what it was and is, and why, for modes, filters, addresses and workers."""
    owner = await horde.account("owner")
    worker_id = await a_worker(horde, owner)
    await done(horde, mod, "PUT", "status/modes", {"raid_mode": True}, Audit_Reason="a wave of bots")
    made = await done(horde, mod, "PUT", "filters", {"regex": "kitten", "filter_type": 10})
    await done(horde, mod, "PATCH", f"filters/{made['id']}", {"description": "cats"})
    await done(horde, mod, "DELETE", f"filters/{made['id']}")
    await done(horde, mod, "POST", "operations/ipaddr", {"ipaddr": "192.0.2.7", "hours": 1})
    await done(horde, mod, "DELETE", "operations/ipaddr", {"ipaddr": "192.0.2.7"})
    await done(horde, mod, "PUT", f"operations/block_worker_ipaddr/{worker_id}", {"days": 1})
    await done(horde, mod, "DELETE", f"operations/block_worker_ipaddr/{worker_id}")
    await done(horde, mod, "PUT", f"workers/{worker_id}", {"paused": True}, Audit_Reason="odd pictures")
    await done(horde, mod, "DELETE", f"workers/{worker_id}")
    found = list(reversed(await trail(horde, mod)))
    assert [(each["action"], each["old"], each["new"]) for each in found] == [
        ("modes.change", {"raid": False}, {"raid": True}),
        (
            "filter.add",
            {},
            {"regex": "kitten", "filter_type": 10, "description": None, "replacement": "", "account_id": mod.id},
        ),
        ("filter.change", {"description": None}, {"description": "cats"}),
        (
            "filter.delete",
            {"regex": "kitten", "filter_type": 10, "description": "cats", "replacement": "", "account_id": mod.id},
            {},
        ),
        ("address.block", {"left_s": 0}, {"left_s": 3600}),
        ("address.lift", {"left_s": 3600}, {"left_s": 0}),
        ("address.block", {"left_s": 0}, {"left_s": 86400}),
        ("address.lift", {"left_s": 86400}, {"left_s": 0}),
        ("worker.change", {"paused": False, "paused_reason": None}, {"paused": True, "paused_reason": "odd pictures"}),
        ("worker.delete", {"name": "worker", "kind": "image", "account": owner.id}, {}),
    ]
    assert {(each["actor"], each["via"]) for each in found} == {(mod.alias, "api")}
    assert all(each["key"] > 0 for each in found)
    assert found[0]["reason"] == "a wave of bots"
    assert "reason" not in found[1]
    assert found[-1]["concerns"] == owner.id


async def test_no_address_stands_in_the_trail(horde: Horde, mod: NewAccount) -> None:
    """§7.3: a time-out is named by its number, which the list of time-outs has."""
    await done(horde, mod, "POST", "operations/ipaddr", {"ipaddr": "192.0.2.7", "hours": 1})
    entry = await newest(horde, mod)
    assert "192.0.2.7" not in str(await horde.sql("SELECT * FROM audit_entry"))
    (shown,) = await done(horde, mod, "GET", "operations/ipaddr?all=true")
    assert (shown["ipaddr"], str(shown["id"])) == ("192.0.2.7", entry["subject"]["id"])


async def test_what_changes_nothing_or_is_refused_is_not_recorded(horde: Horde, mod: NewAccount) -> None:
    owner = await horde.account("owner")
    worker_id = await a_worker(horde, owner)
    await done(horde, mod, "PUT", "status/modes", {"raid_mode": False})
    await done(horde, mod, "PUT", f"workers/{worker_id}", {"paused": False})
    await done(horde, mod, "DELETE", "operations/ipaddr", {"ipaddr": "192.0.2.7"})
    assert (await call(horde, owner, "PUT", f"workers/{worker_id}", {"paused": True})).status_code == 403
    assert await trail(horde, mod) == []


@pytest.mark.parametrize("reason", ["x" * 501, "two\u2028lines"], ids=["too long", "two lines"])
async def test_a_reason_has_its_limits(horde: Horde, mod: NewAccount, reason: str) -> None:
    """§7.2: 500 visible characters."""
    answer = await horde.client.put(
        "/api/v2/status/modes",
        json={"raid_mode": True},
        headers={b"apikey": mod.api_key.encode(), b"Audit-Reason": reason.encode()},
    )
    assert answer.status_code == 400
    assert "audit-reason" in [name.lower() for name in answer.json()["errors"]]
    assert await trail(horde, mod) == []


async def test_a_reason_may_be_in_any_script(horde: Horde, mod: NewAccount) -> None:
    """§7.2: as UTF-8."""
    await horde.client.put(
        "/api/v2/status/modes",
        json={"raid_mode": True},
        headers={b"apikey": mod.api_key.encode(), b"Audit-Reason": "Überfall 山".encode()},
    )
    assert (await newest(horde, mod))["reason"] == "Überfall 山"


async def test_a_page_in_a_browser_may_give_a_reason(horde: Horde) -> None:
    """§7.2: the header is among those that any web page may send."""
    allowed = (await horde.client.options("/api/v2/status/modes")).headers["access-control-allow-headers"]
    assert "Audit-Reason" in allowed.split(", ")


CHANGES_NOTHING = {"POST /api/v2/filters"}
"""Routes of moderators that only look."""


async def test_no_route_of_moderators_changes_anything_unrecorded(
    horde: Horde, mod: NewAccount, root: NewAccount
) -> None:
    """§7.1: whoever adds a route for moderators adds a call here, and sees that an entry comes of it."""
    owner = await horde.account("owner")
    worker_id = await a_worker(horde, owner)
    request_id = await horde.request(params={"width": 64, "height": 64, "steps": 1})
    job = await horde.job(owner.api_key)
    await horde.submit(owner.api_key, job["id"])
    generation = (await horde.status(request_id))["generations"][0]["id"]
    await horde.client.post(
        f"/api/v2/generate/report/{request_id}", json={"generation": generation, "reason": "broken"}
    )
    await horde.request()
    invitation = await horde.client.post("/api/v2/invitations", json={"uses": 2}, headers={"apikey": mod.api_key})
    assert invitation.status_code == 201, invitation.text
    invited = invitation.json()["id"]
    waiting = (await horde.account("newcomer", {"approved_at": None})).id
    await horde.sql("INSERT INTO registration (account_id, way, waits) VALUES (%s, 'pseudonymous', true)", waiting)
    of_modes = (await trail(horde, mod))[0]["id"] + 1  # the first of those that follow
    here, worker = {"ipaddr": "192.0.2.7"}, f"operations/block_worker_ipaddr/{worker_id}"
    calls: dict[str, tuple[str, Any]] = {
        "PUT /api/v2/status/modes": ("status/modes", {"raid_mode": True}),
        "PUT /api/v2/filters": ("filters", {"regex": "kitten", "filter_type": 10}),
        "PATCH /api/v2/filters/{filter_id}": ("filters/1", {"description": "cats"}),
        "DELETE /api/v2/filters/{filter_id}": ("filters/1", None),
        "POST /api/v2/operations/ipaddr": ("operations/ipaddr", {**here, "hours": 1}),
        "DELETE /api/v2/operations/ipaddr": ("operations/ipaddr", here),
        "PUT /api/v2/operations/block_worker_ipaddr/{worker_id}": (worker, {"days": 1}),
        "DELETE /api/v2/operations/block_worker_ipaddr/{worker_id}": (worker, None),
        "POST /api/v2/operations/bans": ("operations/bans", {"worker_name": "bad"}),
        "DELETE /api/v2/operations/bans/{ban_id}": ("operations/bans/1", None),
        "POST /api/v2/operations/reports/{report_id}": ("operations/reports/1", {"state": "rejected"}),
        "DELETE /api/v2/operations/requests": ("operations/requests?user=0", None),
        "POST /api/v2/operations/registrations/{user_id}": (f"operations/registrations/{waiting}", {"approve": True}),
        "POST /api/v2/invitations": ("invitations", {"uses": 1}),
        "DELETE /api/v2/invitations/{invitation_id}": (f"invitations/{invited}", None),
        "POST /api/v2/operations/audit/{entry_id}/undo": (f"operations/audit/{of_modes}/undo", None),
    }
    changing = {
        f"{method} {route.path}"
        for route in iter_route_contexts(horde.app._app.routes)
        for method in (route.methods or set()) - {"GET", "HEAD"}
        if (declared := declaration_of(route.endpoint)) is not None and declared.right is Right.MODERATE
    }
    assert changing - CHANGES_NOTHING == calls.keys()
    for name, (path, body) in calls.items():
        known = len(await trail(horde, mod, "?limit=100"))
        await done(horde, mod, name.partition(" ")[0], path, body)
        assert len(await trail(horde, mod, "?limit=100")) == known + 1, name


# ---------------------------------------------------------------- who reads it


async def test_moderators_find_entries_by_what_they_tell(horde: Horde, mod: NewAccount, root: NewAccount) -> None:
    """§7.5: by action, subject, actor, whom it concerns and time; in pages, the newest first."""
    owner = await horde.account("owner")
    worker_id = await a_worker(horde, owner)
    for on in (True, False):
        await done(horde, mod, "PUT", f"workers/{worker_id}", {"paused": on})
    await done(horde, root, "PUT", "status/modes", {"maintenance_mode": True})
    everything = [each["id"] for each in await trail(horde, mod)]
    assert everything == sorted(everything, reverse=True)
    assert len(everything) == 3
    assert [each["action"] for each in await trail(horde, mod, "?action=modes.change")] == ["modes.change"]
    assert [each["id"] for each in await trail(horde, mod, f"?subject_kind=worker&subject_id={worker_id}")] == (
        everything[1:]
    )
    assert [each["id"] for each in await trail(horde, mod, f"?actor={root.id}")] == everything[:1]
    assert [each["id"] for each in await trail(horde, mod, f"?concerns={owner.id}")] == everything[1:]
    assert [each["id"] for each in await trail(horde, mod, f"?limit=2&before={everything[0]}")] == everything[1:]
    await horde.sql("UPDATE audit_entry SET created_at = now() - interval '2 days' WHERE id = %s", everything[2])
    yesterday = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [each["id"] for each in await trail(horde, mod, f"?since={yesterday}")] == everything[:2]
    assert [each["id"] for each in await trail(horde, mod, f"?until={yesterday}")] == everything[2:]
    assert await trail(horde, mod, "?action=%00") == []


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "before=0", f"action={'x' * 61}", "subject_id=3", "since=yesterday", "actor=-1"],
)
async def test_what_cannot_be_sought_is_refused(horde: Horde, mod: NewAccount, query: str) -> None:
    assert (await call(horde, mod, "GET", f"operations/audit?{query}")).status_code == 400


async def test_others_do_not_read_it(horde: Horde, mod: NewAccount) -> None:
    ada = await horde.account("ada")
    assert horde.outcome(await call(horde, ada, "GET", "operations/audit")) == (403, "NotModerator")
    assert horde.outcome(await undo(horde, ada, 1)) == (403, "NotModerator")


async def test_users_read_what_concerns_them_without_who_moderates(horde: Horde, mod: NewAccount) -> None:
    """§7.6: reason and values, their own deeds by `you`, and of a moderator not the name."""
    owner, other = await horde.account("owner"), await horde.account("other")
    worker_id = await a_worker(horde, owner)
    await done(horde, owner, "PUT", f"workers/{worker_id}", {"maintenance": True})
    await done(horde, mod, "PUT", f"workers/{worker_id}", {"paused": True}, Audit_Reason="odd pictures")
    found = await done(horde, owner, "GET", "audit")
    for each in found:
        OwnAuditEntry.model_validate(each, strict=True)
    assert [(each["action"], each["by"], each.get("reason")) for each in found] == [
        ("worker.change", "a moderator", "odd pictures"),
        ("worker.change", "you", None),
    ]
    assert mod.alias not in str(found)
    assert "key" in found[1]
    assert "key" not in found[0]
    assert await done(horde, other, "GET", "audit") == []
    assert [each["id"] for each in await done(horde, owner, "GET", f"audit?before={found[0]['id']}")] == [
        found[1]["id"]
    ]


async def test_anonymous_reads_nothing(horde: Horde, mod: NewAccount) -> None:
    """§7.6: everybody is Anonymous."""
    answer = await horde.client.get("/api/v2/audit", headers={"apikey": "0000000000"})
    assert answer.status_code in (200, 403)
    assert answer.status_code == 403 or answer.json() == []


# ---------------------------------------------------------------- undoing


async def test_modes_are_undone(horde: Horde, mod: NewAccount, root: NewAccount) -> None:
    """§7.4: what was before is put back at once, and the undo is an entry that the first one names."""
    await done(horde, root, "PUT", "status/modes", {"raid_mode": True, "maintenance_mode": True})
    entry = await newest(horde, mod)
    assert horde.outcome(await undo(horde, mod, entry["id"])) == (403, "NotAdmin")
    answer = await undo(horde, root, entry["id"])
    assert answer.status_code == 200, answer.text
    AuditEntry.model_validate(answer.json(), strict=True)
    assert answer.json()["action"] == "modes.change.undo"
    assert answer.json()["new"] == {"raid": False, "maintenance": False}
    modes = await done(horde, mod, "GET", "status/modes")
    assert not modes["raid_mode"]
    assert not modes["maintenance_mode"]
    (first,) = await trail(horde, mod, "?action=modes.change")
    assert (first["undone_by"], first["is_undoable"]) == (answer.json()["id"], False)
    assert horde.outcome(await undo(horde, root, entry["id"])) == (409, "AlreadyUndone")


async def test_a_deleted_filter_comes_back_with_its_number(horde: Horde, mod: NewAccount) -> None:
    made = await done(horde, mod, "PUT", "filters", {"regex": "kitten", "filter_type": 10, "replacement": "cat"})
    await done(horde, mod, "DELETE", f"filters/{made['id']}")
    assert (await undo(horde, mod, (await newest(horde, mod))["id"])).status_code == 200
    assert await done(horde, mod, "GET", f"filters/{made['id']}") == made
    tested = await done(horde, mod, "POST", "filters", {"prompt": "a kitten"})
    assert tested["filters"] == [made["id"]]
    other = await done(horde, mod, "PUT", "filters", {"regex": "puppy", "filter_type": 10})
    assert int(other["id"]) > int(made["id"])


async def test_additions_and_changes_of_filters_are_undone(horde: Horde, mod: NewAccount) -> None:
    made = await done(horde, mod, "PUT", "filters", {"regex": "kitten", "filter_type": 10})
    added = await newest(horde, mod)
    await done(horde, mod, "PATCH", f"filters/{made['id']}", {"regex": "puppy", "replacement": "dog"})
    changed = await newest(horde, mod)
    refused = await undo(horde, mod, added["id"])
    assert horde.outcome(refused) == (409, "ChangedSince")
    assert refused.json()["now"]["regex"] == "puppy"
    assert (await undo(horde, mod, changed["id"])).status_code == 200
    assert await done(horde, mod, "GET", f"filters/{made['id']}") == made
    assert (await undo(horde, mod, added["id"])).status_code == 200
    assert horde.outcome(await call(horde, mod, "GET", f"filters/{made['id']}")) == (404, "FilterNotFound")
    assert horde.outcome(await undo(horde, mod, changed["id"])) == (409, "AlreadyUndone")


async def test_a_filter_does_not_come_back_where_another_is_the_same(horde: Horde, mod: NewAccount) -> None:
    made = await done(horde, mod, "PUT", "filters", {"regex": "kitten", "filter_type": 10})
    await done(horde, mod, "DELETE", f"filters/{made['id']}")
    deleted = await newest(horde, mod)
    again = await done(horde, mod, "PUT", "filters", {"regex": "kitten", "filter_type": 10})
    refused = await undo(horde, mod, deleted["id"])
    assert horde.outcome(refused) == (409, "ChangedSince")
    assert str(refused.json()["now"]["id"]) == again["id"]


async def test_time_outs_are_undone_both_ways(horde: Horde, mod: NewAccount) -> None:
    """§7.4: who was let in again by mistake is out for what was left; who was kept out is in."""
    here = {"ipaddr": "127.0.0.1"}
    await done(horde, mod, "POST", "operations/ipaddr", {**here, "hours": 1})
    blocked = await newest(horde, mod)
    await done(horde, mod, "DELETE", "operations/ipaddr", here)
    assert (await horde.ask()).status_code == 202
    lifted = await newest(horde, mod)
    assert horde.outcome(await undo(horde, mod, blocked["id"])) == (409, "ChangedSince")
    assert (await undo(horde, mod, lifted["id"])).status_code == 200
    refused = await horde.ask()
    assert horde.outcome(refused) == (403, "TimeoutIP")
    assert 3590 <= int(refused.headers["retry-after"]) <= 3600
    assert (await undo(horde, mod, blocked["id"])).status_code == 200
    assert (await horde.ask()).status_code == 202


async def test_a_time_out_that_was_forgotten_is_not_undone(horde: Horde, mod: NewAccount) -> None:
    """§7.4: addresses are kept for a day after they were let in."""
    await done(horde, mod, "POST", "operations/ipaddr", {"ipaddr": "192.0.2.7", "hours": 1})
    await done(horde, mod, "DELETE", "operations/ipaddr", {"ipaddr": "192.0.2.7"})
    lifted = await newest(horde, mod)
    await horde.sql("DELETE FROM address_timeout")  # as the sweep does
    assert horde.outcome(await undo(horde, mod, lifted["id"])) == (409, "ChangedSince")


async def test_pauses_are_undone(horde: Horde, mod: NewAccount) -> None:
    owner, asker = await horde.account("owner"), await horde.account("asker")
    worker_id = await a_worker(horde, owner)
    await horde.request(asker.api_key)
    await done(horde, mod, "PUT", f"workers/{worker_id}", {"paused": True})
    paused = await newest(horde, mod)
    assert (await horde.pop(owner.api_key))["id"] is None
    assert (await undo(horde, mod, paused["id"])).status_code == 200
    assert (await horde.pop(owner.api_key))["id"] is not None


async def test_a_change_of_team_is_undone_while_its_team_is_there(horde: Horde, mod: NewAccount) -> None:
    owner = await horde.account("owner", trusted=True)
    worker_id = await a_worker(horde, owner)
    first, second = [
        (await done(horde, owner, "POST", "teams", {"name": name, "info": "a team"}))["id"]
        for name in ("first team", "second team")
    ]
    await done(horde, owner, "PUT", f"workers/{worker_id}", {"team": first})
    await done(horde, owner, "PUT", f"workers/{worker_id}", {"team": second})
    moved = await newest(horde, mod)
    assert (moved["old"], moved["new"]) == ({"team_id": first}, {"team_id": second})
    assert (await undo(horde, mod, moved["id"])).status_code == 200
    assert (await done(horde, mod, "GET", f"workers/{worker_id}"))["team"]["id"] == first
    await done(horde, owner, "PUT", f"workers/{worker_id}", {"team": second})
    moved = await newest(horde, mod)
    await done(horde, owner, "DELETE", f"teams/{first}")
    assert horde.outcome(await undo(horde, mod, moved["id"])) == (409, "ChangedSince")


async def test_a_worker_that_was_changed_again_or_is_gone_is_left_alone(horde: Horde, mod: NewAccount) -> None:
    owner = await horde.account("owner")
    worker_id = await a_worker(horde, owner, "first name")
    await done(horde, mod, "PUT", f"workers/{worker_id}", {"name": "second name"})
    renamed = await newest(horde, mod)
    await a_worker(horde, owner, "first name")
    refused = await undo(horde, mod, renamed["id"])
    assert (horde.outcome(refused), refused.json()["now"]) == ((409, "ChangedSince"), {"name": "second name"})
    await done(horde, mod, "DELETE", f"workers/{worker_id}")
    deleted = await newest(horde, mod)
    assert horde.outcome(await undo(horde, mod, renamed["id"])) == (409, "ChangedSince")
    assert horde.outcome(await undo(horde, mod, deleted["id"])) == (400, "NotUndoable")


async def told_of_account(horde: Horde, account: NewAccount, old: dict[str, Any], new: dict[str, Any]) -> int:
    """An entry of a change of an account."""
    async with await connect(horde.dsn) as conn:
        of = subject("account", account.id)
        return await record(conn, HORDE_ITSELF, "account.change", of, old=old, new=new, concerns=account.id)


async def test_flags_and_roles_are_undone_and_kudos_are_not(horde: Horde, mod: NewAccount, root: NewAccount) -> None:
    """§7.4: a flag counts no more at once; a role that administrators give only they take back."""
    owner = await horde.account("owner", columns={"flagged": True, "worker_invited": 7, "moderator": True})
    assert horde.outcome(await horde.try_pop(owner.api_key)) == (403, "WorkerFlaggedMaintenance")
    flagged = await told_of_account(
        horde, owner, {"flagged": False, "worker_invited": 0}, {"flagged": True, "worker_invited": 7}
    )
    assert (await undo(horde, mod, flagged)).status_code == 200
    await horde.pop(owner.api_key)
    seen = await done(horde, mod, "GET", f"users/{owner.id}")
    assert (seen["flagged"], seen["worker_invited"]) == (False, 0)
    again = await told_of_account(horde, owner, {"flagged": False}, {"flagged": True})
    assert horde.outcome(await undo(horde, mod, again)) == (409, "ChangedSince")
    role = await told_of_account(horde, owner, {"moderator": False}, {"moderator": True})
    assert horde.outcome(await undo(horde, mod, role)) == (403, "NotAdmin")
    assert (await undo(horde, root, role)).status_code == 200
    kudos = await told_of_account(horde, owner, {}, {"kudos": 5, "flagged": False})
    assert horde.outcome(await undo(horde, root, kudos)) == (400, "NotUndoable")


async def test_pages_are_led_to_by_an_index(horde: Horde, mod: NewAccount) -> None:
    """However long the trail is: of 50,000 entries no page reads more than a tenth, mostly a hundred."""
    await horde.sql(
        """INSERT INTO audit_entry (created_at, via, actor_id, action, subject_kind, subject_id, concerns)
           SELECT now() - n * interval '1 minute', 'api', mod(n, 100), 'lamp.' || mod(n, 50), 'lamp',
                  mod(n, 1000)::text, mod(n, 500)
           FROM generate_series(50000, 1, -1) AS n"""
    )
    await horde.sql("ANALYZE audit_entry")
    week_ago = datetime.now(UTC) - timedelta(days=7)
    for sought in (
        Sought(), Sought(before=30_000), Sought(action="lamp.3"), Sought(subject_kind="lamp", subject_id="7"),
        Sought(actor_id=5), Sought(concerns=9), Sought(since=week_ago), Sought(until=week_ago),
        Sought(since=week_ago, until=week_ago + timedelta(hours=1)), Sought(action="lamp.3", until=week_ago),
    ):  # fmt: skip
        async with await connect(horde.dsn) as conn:
            before = await rows_read(conn)
            found = await page(conn, sought, 50)
            assert found
            assert await rows_read(conn) - before < 5000, sought


async def rows_read(conn: Connection) -> int:
    """Rows of the trail that this session's statements have read so far."""
    await conn.execute("SELECT pg_stat_force_next_flush()")
    cursor = await conn.execute(
        """SELECT seq_tup_read + coalesce((SELECT sum(idx_tup_read) FROM pg_stat_user_indexes
                                           WHERE relname = 'audit_entry'), 0)
           FROM pg_stat_user_tables WHERE relname = 'audit_entry'"""
    )
    return int((await cursor.fetchone() or (0,))[0])


@pytest.mark.parametrize("number", ["4711", "-1", "x", "9" * 30])
async def test_what_is_no_entry_is_not_undone(horde: Horde, mod: NewAccount, number: str) -> None:
    answer = await call(horde, mod, "POST", f"operations/audit/{number}/undo")
    assert horde.outcome(answer) == (404, "AuditEntryNotFound")


async def test_other_nodes_hear_of_an_undo(horde: Horde, start_horde: StartHorde, mod: NewAccount) -> None:
    other = await start_horde(admins=["root#1"])
    await done(horde, mod, "POST", "operations/ipaddr", {"ipaddr": "127.0.0.1", "hours": 1})

    async def is_out() -> bool:
        return (await other.ask()).status_code == 403

    await horde.until(is_out, "the other node keeps the address out")
    assert (await undo(horde, mod, (await newest(horde, mod))["id"])).status_code == 200

    async def is_in() -> bool:
        return (await other.ask()).status_code == 202

    await horde.until(is_in, "the other node lets the address in")


async def test_a_deletion_of_an_account_is_undone_while_it_is_only_marked(horde: Horde, mod: NewAccount) -> None:
    """§7.4: its keys are good again at once; what was taken back or wiped since is not undone."""
    owner = await horde.account("owner")
    await done(horde, mod, "DELETE", f"users/{owner.id}")
    assert horde.outcome(await call(horde, owner, "GET", "keys")) == (403, "DeletedUser")
    marked = await newest(horde, mod)
    assert (marked["action"], marked["subject"]) == ("account.delete", {"kind": "account", "id": str(owner.id)})
    assert (await undo(horde, mod, marked["id"])).status_code == 200
    assert (await call(horde, owner, "GET", "keys")).status_code == 200
    await done(horde, mod, "DELETE", f"users/{owner.id}")
    again = await newest(horde, mod)
    await done(horde, mod, "PUT", f"users/{owner.id}", {"undelete": True})
    assert horde.outcome(await undo(horde, mod, again["id"])) == (409, "ChangedSince")
