"""A horde to be measured: `horde serve` as a process of its own, and the CPU time that it and its database use."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from horde_processes import RunningHorde, descendants, running_horde

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class CpuTime:
    """CPU seconds used so far, children that have ended included."""

    server_s: float
    database_s: float

    def __sub__(self, other: CpuTime) -> CpuTime:
        return CpuTime(self.server_s - other.server_s, self.database_s - other.database_s)


@dataclass(slots=True)
class MeasuredHorde:
    """A running server with accounts for the load."""

    process: RunningHorde
    requester_key: str
    worker_keys: list[str]

    @property
    def url(self) -> str:
        """Its base address."""
        return self.process.url

    def cpu_time(self) -> CpuTime:
        """What server and database have used until now."""
        server = database = 0.0
        for pid in {self.process.pid, *descendants(self.process.pid)}:
            try:
                seconds, is_database = _cpu_seconds(pid)
            except OSError:
                continue
            if is_database:
                database += seconds
            else:
                server += seconds
        return CpuTime(server, database)

    def memory_mb(self) -> float:
        """Resident memory of the server process."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _cpu_seconds(pid: int) -> tuple[float, bool]:
    name, _, rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    fields = rest.split()
    is_database = "(postgres" in name
    # own user and system time; for the postmaster also that of its ended children
    ticks = sum(map(int, fields[11:15] if is_database else fields[11:13]))
    return ticks / _TICKS_A_SECOND, is_database


@contextmanager
def measured_horde(worker_accounts: int = 1, **environment: str) -> Iterator[MeasuredHorde]:
    """Start one in a temporary folder, without rate limits; nothing of it is left afterwards."""
    settings = {"HORDE_TEST_APIKEYS": "1", "HORDE_RATE_LIMITS": "0", "HORDE_ADMINS": '["bench#1"]', **environment}
    with (
        tempfile.TemporaryDirectory(prefix="horde-bench-") as folder,
        running_horde("serve", Path(folder), **settings) as process,
    ):

        def account(name: str) -> dict[str, Any]:
            wanted = {"username": name, "oauth_id": name, "trusted": True, "moderator": False, "kudos": 10**9}
            status, made = process.api("dev/test-user", wanted)
            assert status == 201, made
            return dict(made)

        requester = account("bench")
        status, answer = process.api(
            f"users/{requester['user_id']}", {"concurrency": 500}, key=requester["api_key"], method="PUT"
        )
        assert status == 200, answer
        workers = [account(f"worker-{number}")["api_key"] for number in range(worker_accounts)]
        yield MeasuredHorde(process, requester["api_key"], workers)
