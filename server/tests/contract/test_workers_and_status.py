"""Workers and the horde: GET /workers, /workers/{id}, /status/…, the operator's pages (workers.md §11, status.md)."""

from __future__ import annotations

from typing import Any

import pytest
from hordes import Horde, StartHorde

from horde_server.insight.answers import ActiveModel, HeartBeat, HordePerformance
from horde_server.workers.answers import WorkerDetails

UNKNOWN = "00000000-0000-0000-0000-000000000000"


async def get(horde: Horde, path: str, key: str | None = None, **query: Any) -> Any:
    """A GET below /api/v2; the JSON of a 200."""
    answer = await horde.client.get(f"/api/v2/{path}", params=query, headers={"apikey": key} if key else {})
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestWorkers:
    """What is told of workers (§11)."""

    async def test_a_pop_with_an_unused_name_makes_a_worker(self, horde: Horde) -> None:
        """§3: rows are created implicitly; the public part of the worker object."""
        owner = await horde.account("owner")
        await horde.pop(owner.api_key, "first worker", threads=3, nsfw=False, models=["stable_diffusion"])
        (worker,) = await get(horde, "workers")
        WorkerDetails.model_validate(worker, strict=True)
        assert (worker["name"], worker["type"], worker["online"], worker["threads"]) == (
            "first worker",
            "image",
            True,
            3,
        )
        assert (worker["models"], worker["nsfw"]) == (["stable_diffusion"], False)
        assert worker["performance"] == "No requests fulfilled yet"
        assert worker["team"] == {"name": None, "id": None}
        assert {"owner", "paused", "suspicious", "ipaddr", "contact"} & worker.keys() == set()
        assert await get(horde, f"workers/{worker['id']}") == worker

    async def test_owners_and_moderators_see_more(self, horde: Horde) -> None:
        """§11.3: paused, suspicious and ipaddr for moderators and for the owner; contact for moderators."""
        owner, mod = await horde.account("owner"), await horde.account("mod", moderator=True)
        await horde.pop(owner.api_key)
        for_owner = (await get(horde, "workers", owner.api_key))[0]
        assert (for_owner["owner"], for_owner["paused"], for_owner["suspicious"]) == (f"owner#{owner.id}", False, 0)
        assert for_owner["ipaddr"] == "127.0.0.1"
        assert "paused" in (await get(horde, "workers", mod.api_key))[0]

    async def test_the_list_is_filtered_by_name_or_type(self, horde: Horde) -> None:
        """§11.1: name is exact and case-insensitive, and when given, type is ignored."""
        owner = await horde.account("owner")
        await horde.pop(owner.api_key, "Alpha")
        await horde.pop(owner.api_key, "Beta")
        assert [worker["name"] for worker in await get(horde, "workers", name="aLPHA", type="text")] == ["Alpha"]
        assert len(await get(horde, "workers", type="image")) == 2
        assert await get(horde, "workers", type="text") == []
        assert len(await get(horde, "workers", type="", name="")) == 2  # as the published SDK asks

    async def test_a_worker_is_online_for_five_minutes(self, horde: Horde) -> None:
        """§11.1: online = last check-in ≤ 300 s ago; a single worker is shown also when it is offline."""
        owner = await horde.account("owner")
        await horde.pop(owner.api_key)
        worker_id = (await get(horde, "workers"))[0]["id"]
        await horde.sql("UPDATE worker SET last_check_in_at = now() - interval '301 seconds'")

        async def none_is_listed() -> bool:
            return bool(await get(horde, "workers") == [])

        await horde.until(none_is_listed, "the list, which may be a second old, is empty")
        assert (await get(horde, f"workers/{worker_id}"))["online"] is False

    @pytest.mark.parametrize("worker_id", [UNKNOWN, "x", "%00", "1" * 300])
    async def test_what_is_no_worker_is_not_found(self, horde: Horde, worker_id: str) -> None:
        """§11.1: non-UUID worker ids are "not found"."""
        answer = await horde.client.get(f"/api/v2/workers/{worker_id}")
        assert (answer.status_code, answer.json()["rc"]) == (404, "WorkerNotFound")

    async def test_work_done_is_counted(self, horde: Horde) -> None:
        """§11.2: requests_fulfilled, megapixelsteps_generated, kudos_details, performance."""
        owner = await horde.account("owner", trusted=True)
        await horde.request(params={"width": 512, "height": 512, "steps": 50, "sampler_name": "k_euler"})
        job = await horde.job(owner.api_key)
        reward = (await horde.submit(owner.api_key, job["id"]))["reward"]
        await horde.folded()
        (worker,) = await get(horde, "workers")
        assert (worker["requests_fulfilled"], worker["uncompleted_jobs"]) == (1, 0)
        assert worker["megapixelsteps_generated"] == round(512 * 512 * 50 / 1e6)
        assert isinstance(worker["megapixelsteps_generated"], int)  # published clients refuse a fraction
        assert worker["kudos_details"]["generated"] == worker["kudos_rewards"] == reward
        assert worker["performance"].endswith(" megapixelsteps per second")


class TestStatus:
    """What is told of the horde (status.md §1–3)."""

    async def test_the_heartbeat(self, horde: Horde) -> None:
        """status.md §1.1: message OK, version, queue, threads, active_count, db_connection."""
        owner = await horde.account("owner")
        await horde.pop(owner.api_key, threads=2)
        await horde.request(params={"n": 3})
        beat = await get(horde, "status/heartbeat")
        HeartBeat.model_validate(beat, strict=True)
        assert (beat["message"], beat["db_connection"]) == ("OK", True)
        assert (beat["queue"], beat["threads"], beat["active_count"]) == (3, 2, 1)

    async def test_performance_sums_queue_and_workers(self, horde: Horde) -> None:
        """status.md §2.1: megapixelsteps multiplied by outstanding jobs; the past minute counts what was delivered."""
        owner = await horde.account("owner")
        params = {"width": 512, "height": 512, "steps": 10, "sampler_name": "k_euler", "n": 2}
        await horde.request(params=params)
        job = await horde.job(owner.api_key, amount=1)
        await horde.submit(owner.api_key, job["id"])
        await horde.folded()
        found = await get(horde, "status/performance")
        HordePerformance.model_validate(found, strict=True)
        assert (found["queued_requests"], found["worker_count"], found["thread_count"]) == (1, 1, 1)
        assert found["queued_megapixelsteps"] == pytest.approx(2.62, abs=0.01)
        assert found["past_minute_megapixelsteps"] == pytest.approx(2.62, abs=0.01)

    async def test_models_that_are_served_or_asked_for(self, horde: Horde) -> None:
        """status.md §3.1: count = threads; queued = Σ things; jobs; eta = queued/(count×performance) or 10000."""
        owner = await horde.account("owner", customizer=True)
        await horde.pop(owner.api_key, models=["stable_diffusion", "my own model"], threads=2)
        await horde.request(models=["Deliberate"], params={"n": 2})
        rows = {row["name"]: row for row in await get(horde, "status/models")}
        for row in rows.values():
            ActiveModel.model_validate(row, strict=True)
        assert (rows["stable_diffusion"]["count"], rows["stable_diffusion"]["jobs"]) == (2, 0)
        assert (rows["Deliberate"]["count"], rows["Deliberate"]["jobs"], rows["Deliberate"]["eta"]) == (0, 2, 10_000)
        names = {row["name"] for row in await get(horde, "status/models", model_state="known")}
        assert names == {"stable_diffusion", "Deliberate"}
        assert [row["name"] for row in await get(horde, "status/models", model_state="custom")] == ["my own model"]
        assert [row["name"] for row in await get(horde, "status/models", min_count=1, model_state="known")] == [
            "stable_diffusion"
        ]
        assert [row["name"] for row in await get(horde, "status/models", max_count=0)] == ["Deliberate"]
        assert await get(horde, "status/models", type="text") == []

    async def test_one_model_in_a_list(self, horde: Horde) -> None:
        """status.md §3.2: a list of none or one; the name may hold any character, URL-encoded."""
        owner = await horde.account("owner", customizer=True)
        await horde.pop(owner.api_key, models=["a model: v1.5 [SDXL]"])
        assert [row["count"] for row in await get(horde, "status/models/a%20model:%20v1.5%20%5BSDXL%5D")] == [1]
        assert await get(horde, "status/models/nothing") == []

    @pytest.mark.parametrize(
        "query", [{"model_state": "x"}, {"min_count": -1}, {"max_count": "x"}, {"min_count": 10**30}]
    )
    async def test_bad_filters_are_refused(self, horde: Horde, query: dict[str, Any]) -> None:
        """status.md §3.1: 400 on bad model_state, and on numbers that are none."""
        answer = await horde.client.get("/api/v2/status/models", params=query)
        assert answer.status_code == 400
        assert set(answer.json()["errors"]) == set(query)


class TestForOperators:
    """/healthz, /readyz, /metrics."""

    async def test_health_and_readiness(self, horde: Horde) -> None:
        """Both 200 while all is well."""
        for path in ("/healthz", "/readyz"):
            assert (await horde.client.get(path)).status_code == 200

    @pytest.mark.parametrize(
        ("floor", "words"), [("min_free_bytes", "is full: "), ("min_free_inodes", "has no room for more files: ")]
    )
    async def test_a_horde_whose_disk_is_full_is_not_ready(
        self, start_horde: StartHorde, floor: str, words: str
    ) -> None:
        """A load balancer sent uploads to a server that could keep none. Alive it is all the same."""
        horde = await start_horde(**{floor: 10**17})
        answer = await horde.client.get("/readyz")
        if floor == "min_free_inodes" and answer.status_code == 200:
            pytest.skip("this file system does not count its files")
        assert (answer.status_code, answer.json()["message"].startswith("The disk for ")) == (503, True)
        assert words in answer.json()["message"]
        assert (await horde.client.get("/healthz")).status_code == 200

    async def test_metrics_are_in_prometheus_form(self, horde: Horde) -> None:
        """Gauges of queue, workers and process."""
        await horde.request(params={"n": 2})
        answer = await horde.client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain")
        assert "openhorde_waiting_jobs 2.0" in answer.text
        assert "process_resident_memory_bytes" in answer.text
