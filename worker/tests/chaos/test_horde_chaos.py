"""Whatever a horde and the way to it do, a finished result is delivered once, or refused for good; none is lost."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from played_horde import Answer, PlayedHorde
from structlog.testing import capture_logs
from workshop import Naps, Workshop

from horde_worker.exit_codes import ExitCode
from horde_worker.horde_api import SUBMIT_TRIES
from horde_worker.kinds.parcel import Parcel
from horde_worker.loop import ahead, at_work
from horde_worker.spool.spool import Spool
from horde_worker.steady_clock import steady_s


@pytest.fixture
def spool(horde: PlayedHorde, tmp_path: Path) -> Spool:
    """Of the workshop's worker."""
    return Spool(tmp_path / "spool", horde_url=horde.url, worker="a worker", kind="image")


def kept(tmp_path: Path) -> int:
    """Results that lie in the spool."""
    return len(list((tmp_path / "spool").glob("*.parcel")))


@pytest.mark.parametrize(
    "answers",
    [
        [Answer(500), Answer(503)],
        [Answer(429, {"message": "busy", "rc": "TooManyRequests"}, {"Retry-After": "7"})],
        [Answer(200, b"<html>gateway</html>")],
        [Answer(hangs_up=True), Answer(502)],
    ],
    ids=["500", "429", "no JSON", "cut"],
)
async def test_a_submit_that_fails_for_a_while_arrives(
    horde: PlayedHorde, workshop: Workshop, spool: Spool, tmp_path: Path, answers: list[Answer]
) -> None:
    """And leaves nothing behind."""
    horde.pop_script = [horde.job("j1")]
    horde.submit_script = list(answers)
    worker = workshop.start(jobs_wanted=1, spool=spool)
    assert await workshop.ended() == ExitCode.OK
    assert [one["state"] for one in horde.submits] == ["ok"] * (len(answers) + 1)
    assert (worker.jobs_done, kept(tmp_path)) == (1, 0)


async def test_a_cut_network_loses_nothing(
    horde: PlayedHorde, workshop: Workshop, spool: Spool, tmp_path: Path, naps: Naps
) -> None:
    """The horde goes away while a job is made, for longer than a submit is tried; the result waits on disk."""
    workshop.painter.may_paint.clear()
    horde.pop_script = [horde.job("j1")]
    worker = workshop.start(spool=spool)
    await workshop.painter.has_begun.wait()
    await horde.close()
    workshop.painter.may_paint.set()
    await naps.until(lambda: kept(tmp_path) and len([one for one in naps.taken if one > 40]) > SUBMIT_TRIES)
    assert worker.jobs_done == 0
    await horde.open()
    await horde.until(lambda: horde.submits)
    assert await workshop.drained() == ExitCode.OK
    assert horde.submit_of("j1")["state"] == "ok"
    assert (worker.jobs_done, kept(tmp_path)) == (1, 0)


async def test_a_lost_answer_counts_once(horde: PlayedHorde, workshop: Workshop, spool: Spool, tmp_path: Path) -> None:
    """The horde had the result, and says so when it comes again."""
    horde.pop_script = [horde.job("j1")]
    horde.submit_script = [Answer(hangs_up=True), Answer(400, {"message": "again", "rc": "DuplicateGen"})]
    worker = workshop.start(jobs_wanted=1, spool=spool)
    await workshop.ended()
    assert (worker.jobs_done, kept(tmp_path)) == (1, 0)


async def test_what_a_killed_worker_left_counts_once(
    horde: PlayedHorde, workshop: Workshop, spool: Spool, tmp_path: Path
) -> None:
    """It was delivered before the kill: the next worker learns that, and counts it."""
    left = Spool(tmp_path / "spool", horde_url=horde.url, worker="a worker", kind="image")
    await _keep(left, horde, "old")
    horde.submit_script = [Answer(400, {"message": "again", "rc": "DuplicateGen"})]
    worker = workshop.start(spool=spool)
    await horde.until(lambda: horde.submits)
    await workshop.drained()
    assert (worker.jobs_done, worker.kudos_earned, kept(tmp_path)) == (1, 0.0, 0)


@pytest.mark.parametrize(
    ("status", "rc"), [(404, "InvalidJobID"), (400, "AbortedGen"), (400, "DuplicateGen"), (400, "ValidationError")]
)
async def test_what_the_horde_will_never_take_is_not_kept(
    horde: PlayedHorde, workshop: Workshop, spool: Spool, tmp_path: Path, status: int, rc: str
) -> None:
    """The log says why, and it is not sent again."""
    horde.pop_script = [horde.job("j1")]
    horde.submit_script = [Answer(status, {"message": "no", "rc": rc})]
    with capture_logs() as logs:
        worker = workshop.start(jobs_wanted=1, spool=spool)
        await workshop.ended()
    assert (worker.jobs_done, len(horde.submits), kept(tmp_path)) == (0, 1, 0)
    [told] = [one for one in logs if one["event"] == "worker.not_delivered"]
    assert (told["job"], rc in told["reason"]) == ("j1", True)


async def test_a_key_that_is_refused_with_a_result_ends_the_worker_and_keeps_the_result(
    horde: PlayedHorde, workshop: Workshop, spool: Spool, tmp_path: Path
) -> None:
    """It is as good as before once the key is right."""
    horde.pop_script = [horde.job("j1")]
    horde.submit_script = [Answer(401, {"message": "who?", "rc": "InvalidAPIKey"}) for _ in range(100)]
    workshop.start(spool=spool)
    assert await workshop.ended() == ExitCode.CREDENTIALS
    assert kept(tmp_path) == 1


async def test_results_that_come_too_late_lower_the_offer(horde: PlayedHorde, workshop: Workshop, spool: Spool) -> None:
    """Three in a row; one in time between them forgives."""
    late = Answer(400, {"message": "too slow", "rc": "AbortedGen"})
    horde.pop_script = [horde.job(f"j{place}") for place in range(6)]
    horde.submit_script = [late, late, Answer(body={"reward": 1}), late, late, late]
    with capture_logs() as logs:
        workshop.start(spool=spool)
        await horde.until(lambda: horde.pops and horde.pops[-1]["max_pixels"] < 512 * 512)
    assert [one["offers_now"] for one in logs if one["event"] == "worker.too_late"] == [
        "pictures of at most 131072 pixels"
    ]
    assert len(horde.submits) == 6


async def test_own_jobs_are_served_in_maintenance(horde: PlayedHorde, workshop: Workshop) -> None:
    """They are handed out all the same, so it is asked on."""
    refused = Answer(403, {"message": "back in an hour", "rc": "WorkerMaintenance"})
    horde.pop_script = [refused, horde.job("mine"), refused]
    workshop.start(jobs_wanted=1)
    assert await workshop.ended() == ExitCode.OK
    assert horde.submit_of("mine")["state"] == "ok"


async def test_the_backend_lets_go_of_memory_in_maintenance(horde: PlayedHorde, workshop: Workshop) -> None:
    """The owner wants his card back."""
    unloads: list[int] = []

    class Lets:
        abilities = workshop.painter.abilities
        make = workshop.painter.make

        async def unload(self) -> None:
            unloads.append(len(horde.pops))

    horde.pop_script = [Answer(403, {"message": "later", "rc": "WorkerMaintenance"}), horde.job("j1")]
    workshop.start(maker=Lets(), jobs_wanted=1)
    await workshop.ended()
    assert unloads == [1]


@pytest.mark.parametrize("jump_s", [-400 * 86_400.0, 400 * 86_400.0], ids=["back", "forward"])
async def test_a_clock_that_jumps_costs_no_job(
    horde: PlayedHorde, workshop: Workshop, spool: Spool, monkeypatch: pytest.MonkeyPatch, jump_s: float
) -> None:
    """While a job is made: it has as much time as before."""
    workshop.painter.may_paint.clear()
    horde.pop_script = [horde.job("j1"), horde.job("j2")]
    worker = workshop.start(jobs_wanted=2, spool=spool)
    await workshop.painter.has_begun.wait()
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + jump_s)
    workshop.painter.may_paint.set()
    await workshop.ended()
    assert [horde.submit_of(one)["state"] for one in ("j1", "j2")] == ["ok", "ok"]
    assert worker.jobs_done == 2


async def test_a_machine_that_slept_gives_back_what_is_too_late(
    horde: PlayedHorde, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time of a job runs on while a laptop is shut."""
    workshop.painter.may_paint.clear()
    horde.pop_script = [horde.job("j1")]
    workshop.start()
    await workshop.painter.has_begun.wait()
    slept = steady_s() + 3600.0
    for module in (at_work, ahead):
        monkeypatch.setattr(module, "steady_s", lambda: slept)
    await horde.until(lambda: horde.submits)
    assert "the time that the horde gives" in horde.fault_of("j1")
    workshop.painter.may_paint.set()


async def test_leaving_in_the_middle_of_a_submit_leaves_the_result_to_the_next_run(
    horde: PlayedHorde, workshop: Workshop, spool: Spool, tmp_path: Path, naps: Naps
) -> None:
    """The owner wants the machine now, and the horde does not answer."""
    horde.pop_script = [horde.job("j1")]
    horde.submit_script = [Answer(503)]
    naps.holds_from_s = 1.5
    worker = workshop.start(spool=spool, leaving_limit_s=0.05)
    await horde.until(lambda: horde.submits)
    worker.leave()
    assert await workshop.ended() == ExitCode.OK
    assert kept(tmp_path) == 1


async def _keep(spool: Spool, horde: PlayedHorde, job_id: str) -> None:
    """Have a result in the spool, as a worker before left it."""
    submit: dict[str, Any] = {"id": job_id, "generation": "R2", "seed": 1, "state": "ok", "gen_metadata": []}
    await spool.open()
    await spool.keep(Parcel(job_id, submit, b"RIFF", f"{horde.url}/store/{job_id}"), "paint")
    await spool.close()
