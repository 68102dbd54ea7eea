"""Several servers on one database: workers that pop at once never share a job, and no job is lost."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from acceptance.kinds_on_the_wire import IMAGE, KINDS, KindOnTheWire
from horde_processes import RunningHorde, command_line, descendants, is_alive, start_horde, wait_until

from horde_server.database.embedded import running_dsn

pytestmark = pytest.mark.acceptance

WORKERS, REQUESTS, JOBS_EACH = 50, 60, 3


def ask(horde: RunningHorde, kind: KindOnTheWire = IMAGE) -> str:
    """A request of some jobs; its id."""
    status, answer = horde.api(f"{kind.root}/async", kind.request(JOBS_EACH), key="0000000000")
    assert status == 202, answer
    return str(answer["id"])


def pop(horde: RunningHorde, key: str, name: str, amount: int = 1, kind: KindOnTheWire = IMAGE) -> list[str]:
    """The ids of the jobs that a worker gets."""
    status, answer = horde.api(f"{kind.root}/pop", {**kind.offer(name), "amount": amount}, key=key)
    assert status == 200, answer
    return kind.job_ids(answer)


def submit(horde: RunningHorde, key: str, job_id: str, kind: KindOnTheWire = IMAGE) -> tuple[int, Any]:
    """Deliver a job."""
    return horde.api(f"{kind.root}/submit", kind.result(job_id), key=key)


def finished(horde: RunningHorde, request_id: str, kind: KindOnTheWire) -> int:
    """How many jobs of a request a server knows to be delivered."""
    return kind.finished(horde.api(f"{kind.check}/{request_id}")[1])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_workers_that_pop_at_once_on_two_servers_share_no_job_and_lose_none(
    tmp_path: Path, kind: KindOnTheWire
) -> None:
    first = start_horde("serve", tmp_path / "first", HORDE_RATE_LIMITS="0")
    try:
        dsn = running_dsn(first.data)
        assert dsn is not None
        second = start_horde("serve", tmp_path / "second", "--database-url", dsn, HORDE_RATE_LIMITS="0")
        try:
            # an account may have at most 20 workers
            keys = [first.create_user(f"owner {number}", trusted=True)["api_key"] for number in range(3)]
            servers = (first, second)
            requests = [ask(servers[number % 2], kind) for number in range(REQUESTS)]
            everybody_is_here = threading.Barrier(WORKERS)
            handed_out: Counter[str] = Counter()
            lock = threading.Lock()

            def work(number: int) -> None:
                name, key, here, there = (
                    f"worker {number}",
                    keys[number % 3],
                    servers[number % 2],
                    servers[(number + 1) % 2],
                )
                everybody_is_here.wait(60)
                empty_handed = 0
                while empty_handed < 3:
                    jobs = pop(here, key, name, amount=2, kind=kind)
                    empty_handed = 0 if jobs else empty_handed + 1
                    for job_id in jobs:
                        with lock:
                            handed_out[job_id] += 1
                        status, answer = submit(there, key, job_id, kind)  # any server takes what another handed out
                        assert status == 200, answer

            with ThreadPoolExecutor(WORKERS) as pool:
                for done in [pool.submit(work, number) for number in range(WORKERS)]:
                    done.result(120)
            assert [job for job, times in handed_out.items() if times > 1] == []
            assert len(handed_out) == REQUESTS * JOBS_EACH
            for server in servers:
                for request_id in requests:
                    wait_until(lambda: finished(server, request_id, kind) == JOBS_EACH, 10, "both servers know")  # noqa: B023
            assert "Traceback" not in first.log() + second.log()
        finally:
            second.stop()
    finally:
        first.stop()


def test_processes_share_one_address_and_a_dead_one_is_replaced(tmp_path: Path) -> None:
    horde = start_horde("serve", tmp_path, "--processes", "2", HORDE_RATE_LIMITS="0")
    try:
        key = horde.create_user("owner", trusted=True)["api_key"]

        def children() -> set[int]:
            return {pid for pid in descendants(horde.pid) if b"horde_server.process.serving" in command_line(pid)}

        before = wait_until(lambda: children() if len(children()) == 2 else None, 30, "two processes")
        request_id = ask(horde)
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: not is_alive(victim) and len(children()) == 2, 30, "the dead process is replaced")
        assert "process.child_died" in horde.log()
        finished = 0
        while finished < JOBS_EACH:
            jobs = wait_until(lambda: _try(lambda: pop(horde, key, "worker", amount=3)), 30, "a job")
            for job_id in jobs:
                assert submit(horde, key, job_id)[0] == 200
                finished += 1
        wait_until(lambda: horde.api(f"generate/check/{request_id}")[1]["done"], 10, "done")
    finally:
        assert horde.stop() == 0


def _try(call: Any) -> Any:
    """What a call gives; None where the connection went down with a process."""
    try:
        return call()
    except OSError:
        return None
