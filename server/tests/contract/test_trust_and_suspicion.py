"""Whom the horde trusts and whom it suspects: escrow, promotion, uptime, suspicions, pauses (kudos.md §5).

Suspicions are those of moderation.md §3 and workers.md §9.3.
"""

from __future__ import annotations

from typing import Any

import pytest
from hordes import Horde, StartHorde

from horde_server.accounts.creation import NewAccount

INCREDIBLE: dict[str, Any] = {
    "width": 3072,
    "height": 3072,
    "steps": 500,
}  # 4.7 gigapixelsteps: no test takes four minutes for them
CREDIBLE: dict[str, Any] = {
    "width": 64,
    "height": 64,
    "steps": 1,
}  # and none is done with these in a fifth of a millisecond
REFERENCE = {"width": 512, "height": 512, "steps": 50, "sampler_name": "k_euler", "cfg_scale": 7.5, "karras": True}
UNREASONABLY_FAST, TOO_MANY_JOBS_ABORTED = 5, 9


async def serve(horde: Horde, key: str, name: str = "worker", **params: Any) -> dict[str, Any]:
    """Ask for a picture, pop it and deliver it at once."""
    asker = await horde.account("asker", kudos=1_000_000)
    await horde.request(asker.api_key, params={**REFERENCE, **params})
    job = await horde.job(key, name, max_pixels=3072 * 3072)
    return dict(await horde.submit(key, job["id"]))


async def seen(horde: Horde, account: NewAccount, mod: NewAccount) -> dict[str, Any]:
    """What a moderator sees of an account."""
    await horde.folded()
    answer = await horde.client.get(f"/api/v2/users/{account.id}", headers={"apikey": mod.api_key})
    return dict(answer.json())


async def check_in_later(horde: Horde, key: str, minutes: int) -> None:
    """Check in every two minutes, for so long: the database's memory of the last check-in is moved back each time."""
    for _ in range(minutes // 2):
        await horde.sql("UPDATE worker SET last_check_in_at = last_check_in_at - interval '2 minutes'")
        await horde.pop(
            key, threads=1 + (await horde.sql("SELECT threads FROM worker"))[0][0] % 2
        )  # a change is written


class TestTrust:
    """HORDE_KUDOS_TRUST_THRESHOLD."""

    async def test_enough_escrow_makes_an_old_account_trusted_once(self, start_horde: StartHorde) -> None:
        """§5.4: escrow > threshold, ≥ 7 days old: trusted, workers un-paused, the whole escrow is released."""
        horde = await start_horde(kudos_trust_threshold=10)
        owner, mod = await horde.account("owner"), await horde.account("mod", moderator=True)
        await horde.sql("UPDATE account SET created_at = now() - interval '8 days' WHERE id = %s", owner.id)
        assert await serve(horde, owner.api_key) == {"reward": 11.0, "escrowed": 5.5}
        before = await seen(horde, owner, mod)
        assert (before["trusted"], before["evaluating_kudos"]) == (False, 5.5)
        await serve(horde, owner.api_key)
        await horde.until(lambda: is_trusted(horde, owner), "the owner is trusted")
        after = await seen(horde, owner, mod)
        assert (after["evaluating_kudos"], after["kudos_details"]["accumulated"]) == (0, 22)
        assert await serve(horde, owner.api_key) == {"reward": 11.0}
        await horde.folded()
        released = "SELECT amount_hundredths FROM ledger WHERE kind = 'evaluation_promotion'"
        assert await horde.sql(released) == [(1100,)]

    async def test_a_young_or_suspicious_account_waits(self, start_horde: StartHorde) -> None:
        """§5.4: not before 7 days; accounts.md §1.6: not with five suspicions; without a threshold never."""
        horde = await start_horde(kudos_trust_threshold=5)
        young, bad = await horde.account("young"), await horde.account("bad", columns={"suspicions": [5] * 5})
        mod = await horde.account("mod", moderator=True)
        await horde.sql("UPDATE account SET created_at = now() - interval '8 days' WHERE id = %s", bad.id)
        for account in (young, bad):
            await serve(horde, account.api_key, f"worker of {account.id}")
            shown = await seen(horde, account, mod)
            assert (shown["trusted"], shown["evaluating_kudos"]) == (False, 5.5)

    async def test_the_workers_of_a_newly_trusted_account_are_trusted_and_free_at_once(
        self, start_horde: StartHorde
    ) -> None:
        """accounts.md §2.3: setting trusted un-pauses the workers; on this node and the others, without a new pop."""
        horde, other = await start_horde(), await start_horde()
        owner, mod = await horde.account("owner"), await horde.account("mod", moderator=True)
        await horde.pop(owner.api_key)
        await other.pop(owner.api_key)
        worker_id = (await horde.sql("SELECT id FROM worker"))[0][0]
        headers = {"apikey": mod.api_key}
        await horde.client.put(f"/api/v2/workers/{worker_id}", json={"paused": True}, headers=headers)
        request_id = await horde.request(trusted_workers=True)
        assert (await horde.check(request_id))["is_possible"] is False
        await horde.client.put(f"/api/v2/users/{owner.id}", json={"trusted": True}, headers=headers)
        assert (await horde.check(request_id))["is_possible"] is True

        async def is_possible_there() -> bool:
            return (await other.check(request_id))["is_possible"] is True

        await horde.until(is_possible_there, "the other node knows of the trust")
        await other.job(owner.api_key)


async def is_trusted(horde: Horde, account: NewAccount) -> bool:
    """Whether the account is trusted by now."""
    return bool((await horde.user(account))["trusted"])


class TestUptime:
    """What being there earns (kudos.md §5.3, workers.md §4.3)."""

    async def test_ten_minutes_of_uptime_are_paid_into_escrow_or_balance(self, horde: Horde) -> None:
        """50 + 2·models + 30 if loras; once more than 600 s; untrusted: entirely escrow; shown with the worker."""
        owner, mod = await horde.account("owner"), await horde.account("mod", moderator=True)
        await horde.pop(owner.api_key)
        await check_in_later(horde, owner.api_key, 12)
        assert (await seen(horde, owner, mod))["evaluating_kudos"] == 52
        (worker,) = (await horde.client.get("/api/v2/workers")).json()
        assert (worker["kudos_details"]["uptime"], worker["kudos_rewards"], worker["uptime"]) == (52, 52, 720)
        await check_in_later(horde, owner.api_key, 8)
        assert (await seen(horde, owner, mod))["evaluating_kudos"] == 52, "a fresh ten minutes are needed"
        await horde.sql("UPDATE account SET trusted = true WHERE id = %s", owner.id)

        async def is_paid() -> bool:
            await check_in_later(horde, owner.api_key, 2)
            return (await horde.user(owner))["kudos"] >= 52 * 2

        await horde.until(is_paid, "the second reward, and the escrow with it, are in the balance")

    @pytest.mark.parametrize("reason", ["paused = true", "maintenance = true"])
    async def test_idle_time_does_not_count(self, horde: Horde, reason: str) -> None:
        """workers.md §4.3: paused or in maintenance: no uptime, and the reward's clock starts anew."""
        owner = await horde.account("owner")
        await horde.pop(owner.api_key)
        await check_in_later(horde, owner.api_key, 8)
        await horde.sql(f"UPDATE worker SET {reason}")
        await check_in_later(horde, owner.api_key, 4)
        await horde.sql("UPDATE worker SET paused = false, maintenance = false")
        await check_in_later(horde, owner.api_key, 8)
        assert await horde.sql("SELECT uptime_s, uptime_rewarded_s, kudos_uptime_hundredths FROM worker") == [
            (960, 480, 0)
        ]

    async def test_time_offline_does_not_count(self, horde: Horde) -> None:
        """workers.md §4.3: not if the last check-in is more than 300 s ago."""
        owner = await horde.account("owner")
        await horde.pop(owner.api_key)
        await horde.sql("UPDATE worker SET last_check_in_at = now() - interval '301 seconds'")
        await horde.pop(owner.api_key, threads=2)
        assert await horde.sql("SELECT uptime_s FROM worker") == [(0,)]


class TestSuspicion:
    """Reasons against workers and owners, and what they bring (moderation.md §3)."""

    async def test_a_worker_too_fast_to_be_true_is_paused_at_the_fifth_time(self, horde: Horde) -> None:
        """moderation.md §3.3: > 20 megapixelsteps/s, each time; at five the worker is paused."""
        owner, mod = await horde.account("owner"), await horde.account("mod", moderator=True)
        for times in range(1, 6):
            assert await horde.sql("SELECT paused FROM worker") != [(True,)]
            await serve(horde, owner.api_key, **INCREDIBLE)
            shown = await seen(horde, owner, mod)
            assert shown["suspicious"] == times
        assert await horde.sql("SELECT suspicions, paused FROM worker") == [([UNREASONABLY_FAST] * 5, True)]
        await horde.request()
        assert (await horde.pop(owner.api_key))["id"] is None
        (worker,) = (await horde.client.get("/api/v2/workers", headers={"apikey": owner.api_key})).json()
        assert (worker["paused"], worker["suspicious"]) == (True, 5), "owners see it: silent pauses are a complaint"

    async def test_a_believable_speed_is_not_suspected(self, horde: Horde) -> None:
        """moderation.md §3.3: up to 20 megapixelsteps/s are believed."""
        owner, mod = await horde.account("owner"), await horde.account("mod", moderator=True)
        await serve(horde, owner.api_key, **CREDIBLE)
        assert (await seen(horde, owner, mod))["suspicious"] == 0

    async def test_trusted_owners_are_beyond_suspicion(self, horde: Horde) -> None:
        """accounts.md §2.3: trusted ignores suspicion."""
        owner, mod = await horde.account("owner", trusted=True), await horde.account("mod", moderator=True)
        await serve(horde, owner.api_key, **INCREDIBLE)
        assert (await seen(horde, owner, mod))["suspicious"] == 0
        assert await horde.sql("SELECT suspicions FROM worker") == [([],)]

    async def test_a_moderator_clears_user_and_workers(self, horde: Horde) -> None:
        """accounts.md §4.5: reset_suspicion."""
        owner, mod = await horde.account("owner"), await horde.account("mod", moderator=True)
        await serve(horde, owner.api_key, **INCREDIBLE)
        headers = {"apikey": mod.api_key}
        await horde.client.put(f"/api/v2/users/{owner.id}", json={"reset_suspicion": True}, headers=headers)
        assert (await seen(horde, owner, mod))["suspicious"] == 0
        assert await horde.sql("SELECT suspicions FROM worker") == [([],)]

    @pytest.mark.parametrize(("raid", "allowed"), [(False, 20), (True, 10)])
    async def test_dropping_too_many_jobs_is_suspected(self, horde: Horde, raid: bool, allowed: int) -> None:
        """workers.md §9.3: > 20 an hour: maintenance and a suspicion; in raid mode > 10, without maintenance."""
        owner, mod = await horde.account("owner"), await horde.account("mod", moderator=True)
        await horde.sql("UPDATE horde_modes SET raid = %s", raid)
        await horde.pop(owner.api_key)
        await horde.sql("UPDATE worker SET dropped_jobs = %s", allowed - 1)
        for dropped in (allowed, 0):
            await horde.request()
            job = await horde.job(owner.api_key)
            await horde.submit(owner.api_key, job["id"], state="faulted", generation="")
            assert await horde.sql("SELECT dropped_jobs FROM worker") == [(dropped,)]
        reasons = [TOO_MANY_JOBS_ABORTED]
        assert await horde.sql("SELECT suspicions, maintenance, paused FROM worker") == [(reasons, not raid, False)]
        assert (await seen(horde, owner, mod))["suspicious"] == 1
        if not raid:
            refused = await horde.try_pop(owner.api_key)
            assert horde.outcome(refused) == (403, "WorkerMaintenance")
            assert "Maintenance mode" in refused.json()["message"]

    async def test_jobs_dropped_by_silence_count_the_same_and_pause_at_the_fifth_suspicion(self, horde: Horde) -> None:
        """workers.md §9.3: the sweep's drops too; at five the worker is paused, unless trusted."""
        owner, mod = await horde.account("owner"), await horde.account("mod", moderator=True)
        trusted = await horde.account("trusted", trusted=True)
        await horde.request(params={"n": 1})
        await horde.request(params={"n": 1})
        await horde.job(owner.api_key, "bad")
        await horde.job(trusted.api_key, "good")
        await horde.sql("UPDATE worker SET dropped_jobs = 20, suspicions = '{5,5,5,5}'")
        await horde.sql("UPDATE job SET deadline = now()")

        async def are_swept() -> bool:
            return (await horde.sql("SELECT count(*) FROM job WHERE state = 'faulted'"))[0][0] == 2

        await horde.until(are_swept, "the overdue jobs are swept")
        assert await horde.sql(
            "SELECT name, cardinality(suspicions), paused, maintenance FROM worker ORDER BY name"
        ) == [
            ("bad", 5, True, True),
            ("good", 4, False, True),
        ]
        assert [(await seen(horde, who, mod))["suspicious"] for who in (owner, trusted)] == [1, 0]
