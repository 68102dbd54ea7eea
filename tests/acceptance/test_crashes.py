"""Nothing lost, nothing twice (promise 2): `kill -9` under load, restart, and everything answered 202 is served."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import urllib.error
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest
from acceptance.kinds_on_the_wire import KINDS, KindOnTheWire
from horde_processes import RunningHorde, start_horde, wait_until

from horde_server.database.embedded import running_dsn

pytestmark = pytest.mark.acceptance

REQUESTORS, WORKERS, REQUESTS_EACH = 4, 6, 15


class Load:
    """Requestors that ask and workers that serve, through every crash; remembers what was promised and accepted."""

    def __init__(self, horde: RunningHorde, key: str, kind: KindOnTheWire) -> None:
        self.horde = horde
        self.kind = kind
        self.key = key
        self.promised: dict[str, int] = {}
        self.handed_out: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.half_way = threading.Event()

    def api(self, path: str, body: object = None, key: str | None = None) -> tuple[int, dict[str, Any]]:
        try:
            status, answer = self.horde.api(path, body, key=key)
        except (OSError, urllib.error.URLError, ConnectionError):
            self.stop.wait(0.1)
            return 0, {}
        return status, answer if isinstance(answer, dict) else {}

    def ask(self, number: int) -> None:
        asked = 0
        while asked < REQUESTS_EACH and not self.stop.is_set():
            jobs = 1 + (asked + number) % 3
            status, answer = self.api(f"{self.kind.root}/async", self.kind.request(jobs), "0000000000")
            if status == 202:
                asked += 1
                with self.lock:
                    self.promised[answer["id"]] = jobs
                    if len(self.promised) >= REQUESTORS * REQUESTS_EACH // 2:
                        self.half_way.set()

    def serve(self, number: int) -> None:
        body = self.kind.offer(f"crash-{number}")
        while not self.stop.is_set():
            status, answer = self.api(f"{self.kind.root}/pop", {**body, "amount": 2}, self.key)
            jobs = self.kind.job_ids(answer)
            if status != 200 or not jobs:
                self.stop.wait(0.05)
                continue
            for job_id in jobs:
                with self.lock:
                    self.handed_out[job_id] += 1
                submit = self.kind.result(job_id)
                while not self.stop.is_set():
                    status, _ = self.api(f"{self.kind.root}/submit", submit, self.key)
                    if status in (200, 400, 404):
                        break

    def end_lost_leases(self) -> None:
        """End the leases of jobs that no worker heard of, as the crash came between the commit and the answer.

        They would end by themselves, minutes from now.
        """
        dsn = running_dsn(self.horde.data)
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(dsn or "", autocommit=True) as conn:
            conn.execute(
                "UPDATE job SET deadline = now() WHERE state = 'processing' AND deadline > now()"
                " AND started_at < now() - interval '5 s' AND NOT id = ANY(%s::uuid[])",
                (list(self.handed_out),),
            )

    def is_served(self) -> bool:
        self.end_lost_leases()
        for request_id, jobs in self.promised.items():
            status, answer = self.api(f"{self.kind.check}/{request_id}")
            assert status != 404, f"request {request_id} was promised and is gone"
            if self.kind.finished(answer) != jobs:
                return False
        return True


async def audit(dsn: str) -> dict[str, int]:
    """What the database says of jobs and kudos."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as conn:

        async def one(sql: str) -> int:
            row = await (await conn.execute(sql)).fetchone()
            assert row is not None
            return int(row[0] or 0)

        return {
            "sum": await one("SELECT sum(balance_hundredths) FROM ledger_balance"),
            "paid_twice": await one(
                """SELECT count(*) FROM (
                       SELECT job_id FROM ledger WHERE kind = 'job_tax' GROUP BY job_id HAVING count(*) > 1) AS t"""
            ),
            "done_unpaid": await one(
                "SELECT count(*) FROM job WHERE state = 'done' AND NOT EXISTS"
                " (SELECT 1 FROM ledger WHERE ledger.job_id = job.id)"
            ),
            "miscounted": await one(
                "SELECT count(*) FROM request WHERE waiting + processing + finished <> jobs OR finished <>"
                " (SELECT count(*) FROM job WHERE job.request_id = request.id AND job.state = 'done')"
            ),
        }


@pytest.mark.parametrize("victim", ["server", "postgres"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_everything_promised_is_served_through_a_crash(tmp_path: Path, kind: KindOnTheWire, victim: str) -> None:
    horde = start_horde("serve", tmp_path, HORDE_RATE_LIMITS="0")
    try:
        key = horde.create_user("crash-owner", trusted=True)["api_key"]
        load = Load(horde, key, kind)
        threads = [threading.Thread(target=load.ask, args=(n,)) for n in range(REQUESTORS)]
        threads += [threading.Thread(target=load.serve, args=(n,)) for n in range(WORKERS)]
        for thread in threads:
            thread.start()
        try:
            assert load.half_way.wait(60)
            if victim == "server":
                horde.kill()
                port = int(horde.url.rpartition(":")[2])
                horde = load.horde = start_horde("serve", tmp_path, port=port, HORDE_RATE_LIMITS="0")
            else:
                lines = (horde.data / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()
                os.kill(int(lines[0]), signal.SIGKILL)
            for thread in threads[:REQUESTORS]:
                thread.join(90)
                assert not thread.is_alive(), "requestors could not finish"
            assert len(load.promised) == REQUESTORS * REQUESTS_EACH
            wait_until(load.is_served, 90, "everything promised is served")
        finally:
            load.stop.set()
            for thread in threads:
                thread.join(30)
        assert [job for job, times in load.handed_out.items() if times > 1] == []
        dsn = running_dsn(horde.data)
        assert dsn is not None
        found = await audit(dsn)
        assert found == {"sum": 0, "paid_twice": 0, "done_unpaid": 0, "miscounted": 0}
        log = horde.log()
        assert "Traceback" not in log, json.dumps(log[-3000:])
    finally:
        horde.stop()
