"""`horde admin audit`, `ban` and `cancel` on the database of a running horde, and what a moderator made so may do."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from horde_processes import clean_environment
from hordes import Horde

PROGRAM = str(Path(sys.executable).with_name("horde"))


async def admin(horde: Horde, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `horde admin …` on the horde's database to its end."""
    return await asyncio.to_thread(
        subprocess.run,
        [PROGRAM, "admin", *arguments, "--database-url", horde.dsn],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


async def told(horde: Horde, *arguments: str) -> Any:
    """What the command prints as JSON."""
    run = await admin(horde, *arguments, "--json")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


async def test_a_ban_is_added_listed_and_lifted_and_a_running_horde_knows(horde: Horde) -> None:
    owner = await horde.account("owner")
    await horde.pop(owner.api_key)
    made = await told(horde, "ban", "add", "--user", owner.alias, "--days", "3", "--reason", "Black pictures.")

    async def is_banned() -> bool:
        return horde.outcome(await horde.try_pop(owner.api_key)) == (403, "WorkerBanned")

    await horde.until(is_banned, "the running horde knows of the ban")
    assert [each["id"] for each in await told(horde, "ban", "list")] == [made["id"]]
    assert "Black pictures." in (await admin(horde, "ban", "list")).stdout
    assert (await admin(horde, "ban", "lift", str(made["id"]))).returncode == 0

    async def is_free() -> bool:
        return not await is_banned()

    await horde.until(is_free, "the running horde knows that it was lifted")
    assert (await admin(horde, "ban", "lift", str(made["id"]))).returncode == 1
    assert "Nobody is banned" in (await admin(horde, "ban", "list")).stdout
    assert [each["lifted"][:4] for each in await told(horde, "ban", "list", "--past")] == [made["created"][:4]]


async def test_what_is_no_ban_is_refused_in_words(horde: Horde) -> None:
    for arguments in (
        (), ("--user", "ada", "--worker-name", "w"), ("--ipaddr", "192.0.2.7/24"), ("--worker-name", ""),
        ("--user", "4711"), ("--worker-name", "w", "--reason", "r" * 501),
    ):  # fmt: skip
        run = await admin(horde, "ban", "add", *arguments)
        assert run.returncode in (1, 2), arguments
        assert "Traceback" not in run.stderr
        assert run.stderr.strip()
    assert await horde.sql("SELECT * FROM ban") == []


async def test_the_trail_is_listed_and_undone(horde: Horde) -> None:
    mod, owner = await horde.account("mod", moderator=True), await horde.account("owner")
    await horde.pop(owner.api_key)
    [(worker_id,)] = await horde.sql("SELECT id FROM worker")
    await horde.client.put(
        f"/api/v2/workers/{worker_id}", json={"paused": True}, headers={"apikey": mod.api_key, "Audit-Reason": "Odd."}
    )
    [entry] = await told(horde, "audit", "list", "--subject", f"worker:{worker_id}", "--by", mod.alias)
    assert (entry["action"], entry["reason"], entry["new"]["paused"]) == ("worker.change", "Odd.", True)
    line = (await admin(horde, "audit", "list", "--about", str(owner.id))).stdout
    assert f"worker:{worker_id}" in line
    assert "paused: False → True" in line
    await horde.request()
    undone = await told(horde, "audit", "undo", str(entry["id"]), "--why", "A mistake.")

    async def gets_a_job() -> bool:
        return (await horde.pop(owner.api_key))["id"] is not None

    await horde.until(gets_a_job, "the running horde lets the worker serve again")
    [first, _] = await told(horde, "audit", "list")
    assert (first["id"], first["via"], first["reason"]) == (undone["id"], "command_line", "A mistake.")
    again = await admin(horde, "audit", "undo", str(entry["id"]))
    assert (again.returncode, "undone already" in again.stderr) == (1, True)
    assert (await admin(horde, "audit", "list", "--subject", "worker")).returncode == 2


async def test_requests_are_cancelled_and_a_running_horde_knows(horde: Horde) -> None:
    asker, other = await horde.account("asker", kudos=100), await horde.account("other")
    request_id, kept = await horde.request(asker.api_key, params={"n": 2}), await horde.request(other.api_key)
    await horde.request(asker.api_key, webhook="https://example.org/hook")
    expected = {"requests": 2, "jobs": 3}
    assert await told(horde, "cancel", "--user", asker.alias, "--dry-run") == {**expected, "dry_run": True}
    assert await told(horde, "cancel", "--user", asker.alias) == {**expected, "dry_run": False}

    async def is_done() -> bool:
        return bool((await horde.check(request_id))["done"])

    await horde.until(is_done, "the running horde knows")
    assert (await horde.check(kept))["waiting"] == 1
    assert await horde.sql("SELECT body->>'event' FROM webhook_delivery") == [("request.cancelled",)]
    assert (await admin(horde, "cancel")).returncode == 2
    assert (await admin(horde, "cancel", "--ipaddr", "here")).returncode == 2


async def test_a_moderator_made_by_the_command_line_may_do_what_moderators_may(horde: Horde) -> None:
    """Filters, operations, modes, workers, users, reports, the trail; and nothing that administrators keep."""
    made = await told(horde, "create-user", "mod", "--moderator")
    owner = await horde.account("owner")
    request_id = await horde.request(params={"width": 64, "height": 64, "steps": 1})
    job = await horde.job(owner.api_key)
    await horde.submit(owner.api_key, job["id"])
    generation = (await horde.status(request_id))["generations"][0]["id"]
    await horde.client.post(
        f"/api/v2/generate/report/{request_id}", json={"generation": generation, "reason": "broken"}
    )
    [(worker_id,)] = await horde.sql("SELECT id FROM worker")

    async def call(method: str, path: str, body: Any = None) -> httpx.Response:
        return await horde.client.request(method, f"/api/v2/{path}", json=body, headers={"apikey": made["api_key"]})

    taken = [
        ("PUT", "filters", {"regex": "kitten", "filter_type": 10}), ("GET", "filters", None),
        ("POST", "filters", {"prompt": "a kitten"}), ("GET", "filters/1", None), ("GET", "filters/regex", None),
        ("PATCH", "filters/1", {"description": "cats"}), ("DELETE", "filters/1", None),
        ("POST", "operations/ipaddr", {"ipaddr": "192.0.2.7", "hours": 1}), ("GET", "operations/ipaddr", None),
        ("GET", "operations/ipaddr/192.0.2.7", None), ("DELETE", "operations/ipaddr", {"ipaddr": "192.0.2.7"}),
        ("PUT", f"operations/block_worker_ipaddr/{worker_id}", {"days": 1}),
        ("DELETE", f"operations/block_worker_ipaddr/{worker_id}", None),
        ("PUT", "status/modes", {"raid_mode": True, "invite_only_mode": True}), ("GET", "status/modes", None),
        ("PUT", f"workers/{worker_id}", {"paused": True, "maintenance": True, "info": "Odd."}),
        ("PUT", f"users/{owner.id}", {"trusted": True, "admin_comment": "a good one"}),
        ("GET", "operations/suspicions", None), ("GET", "operations/reports", None),
        ("POST", "operations/reports/1", {"state": "upheld"}),
        ("POST", "operations/bans", {"worker_name": "bad"}), ("GET", "operations/bans", None),
        ("DELETE", "operations/bans/1", None), ("DELETE", "operations/requests?user=0", None),
        ("GET", "operations/audit", None), ("DELETE", f"workers/{worker_id}?ban=owner", None),
    ]  # fmt: skip
    for method, path, body in taken:
        answer = await call(method, path, body)
        assert answer.status_code == 200, (method, path, answer.text)
    trail = (await call("GET", "operations/audit")).json()
    assert {each["actor"] for each in trail if each["via"] == "api"} == {made["alias"]}
    assert (await call("POST", f"operations/audit/{trail[0]['id']}/undo")).status_code == 200
    for method, path, body in (
        ("PUT", "status/modes", {"maintenance_mode": True}), ("PUT", f"users/{owner.id}", {"kudos": 5}),
    ):  # fmt: skip
        assert horde.outcome(await call(method, path, body)) == (403, "NotAdmin")
