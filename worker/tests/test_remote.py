"""A worker's maintenance at its horde: put there, taken out, and not left behind by a restart."""

from __future__ import annotations

import aiohttp
import pytest
from played_horde import Answer, PlayedHorde
from structlog.testing import capture_logs
from workshop import Naps, Workshop

from horde_worker import remote
from horde_worker.exit_codes import ExitCode
from horde_worker.horde_api import HordeApi, Refused

KNOWN = {
    "id": "00000000-0000-0000-0000-0000000000aa",
    "name": "a worker",
    "type": "image",
    "online": True,
    "maintenance_mode": False,
    "bridge_agent": "OpenHorde Worker:1:x",
}


@pytest.fixture
def api(horde: PlayedHorde, session: aiohttp.ClientSession, naps: Naps) -> HordeApi:
    """The horde as the worker sees it."""
    return HordeApi(session, horde.url, "the key", naps)


async def test_a_worker_is_drained_and_resumed(api: HordeApi, horde: PlayedHorde) -> None:
    """By its name, with a message that says until when."""
    horde.known_worker = dict(KNOWN)
    assert await remote.drain(api, "a worker", "new card")
    assert await remote.resume(api, "a worker")
    assert horde.worker_changes == [
        {"maintenance": True, "maintenance_msg": f"new card {remote.MARK}"},
        {"maintenance": False},
    ]


async def test_a_worker_that_is_not_held_is_left_alone(api: HordeApi, horde: PlayedHorde) -> None:
    """As is one that the horde does not know."""
    assert not await remote.drain(api, "a worker")
    assert not await remote.resume(api, "a worker")
    horde.known_worker = dict(KNOWN)
    assert not await remote.resume(api, "a worker")
    assert horde.worker_changes == []


@pytest.mark.parametrize("reason", ["", "  because  ", "x" * 1000], ids=["none", "short", "long"])
def test_the_message_of_a_drain_is_known_again(reason: str) -> None:
    """Within what hordes take."""
    message = remote.drain_message(reason)
    assert len(message) <= remote.MOST_CHARACTERS
    assert remote.is_until_next_start(f"Your worker says: {message}")
    assert not remote.is_until_next_start(reason)


@pytest.mark.parametrize(
    ("message", "at_start", "is_resumed"),
    [
        (remote.drain_message("update"), False, True),
        ("Too many drops.", False, False),
        ("Too many drops.", True, True),
    ],
    ids=["own drain", "the horde's", "the owner wishes so"],
)
async def test_a_restart_does_not_leave_a_drain_behind(
    horde: PlayedHorde, workshop: Workshop, api: HordeApi, message: str, at_start: bool, is_resumed: bool
) -> None:
    """What others put there stays, unless the owner wishes otherwise."""
    horde.known_worker = {**KNOWN, "maintenance_mode": True}
    horde.pop_script = [Answer(403, {"message": message, "rc": "WorkerMaintenance"}), horde.job("j1")]
    workshop.start(jobs_wanted=1, resume=lambda: remote.resume(api, "a worker"), resume_at_start=at_start)
    assert await workshop.ended() == ExitCode.OK
    assert horde.worker_changes == ([{"maintenance": False}] if is_resumed else [])
    assert horde.submit_of("j1")["state"] == "ok"


async def test_a_drain_while_the_worker_runs_is_meant_for_it(
    horde: PlayedHorde, workshop: Workshop, api: HordeApi
) -> None:
    """It does not take itself out again."""
    horde.known_worker = {**KNOWN, "maintenance_mode": True}
    refusal = Answer(403, {"message": remote.drain_message(), "rc": "WorkerMaintenance"})
    horde.pop_script = [horde.job("j1"), refusal, horde.job("j2")]
    workshop.start(jobs_wanted=2, resume=lambda: remote.resume(api, "a worker"))
    assert await workshop.ended() == ExitCode.OK
    assert horde.worker_changes == []


async def test_a_horde_that_does_not_let_go_is_asked_once(horde: PlayedHorde, workshop: Workshop) -> None:
    """The worker waits like any other in maintenance, and says why."""
    refusal = {"message": remote.drain_message(), "rc": "WorkerMaintenance"}
    horde.pop_script = [Answer(403, refusal), Answer(403, refusal), horde.job("j1")]

    async def resume() -> bool:
        raise Refused(403, "Forbidden", "not yours")

    with capture_logs() as logs:
        workshop.start(jobs_wanted=1, resume=resume)
        assert await workshop.ended() == ExitCode.OK
    assert [one["event"] for one in logs][:2] == ["worker.not_resumed", "worker.in_maintenance"]
    assert [one["event"] for one in logs].count("worker.in_maintenance") == 1, "its message is told once"
