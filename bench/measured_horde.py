"""A horde of our own for the time of a measurement, and the processor time of its server and its database."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # how hordes are started as processes is known there

from horde_processes import PROGRAM, descendants, running_horde  # noqa: E402

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_DATABASE_PROGRAM = "postgres"


@dataclass(frozen=True)
class CpuTime:
    """Processor seconds used so far."""

    server_s: float = 0.0
    database_s: float = 0.0

    def __sub__(self, earlier: CpuTime) -> CpuTime:
        """What was used since `earlier`."""
        return CpuTime(self.server_s - earlier.server_s, self.database_s - earlier.database_s)


def cpu_time(pid: int) -> CpuTime:
    """Of the process and all below it; those that run PostgreSQL are the database, all others the server."""
    server = database = 0
    for each in (pid, *descendants(pid)):
        try:
            stat = Path(f"/proc/{each}/stat").read_text()
        except OSError:
            continue  # it ended meanwhile; what the database's main process has buried counts below
        name = stat[stat.index("(") + 1 : stat.rindex(")")]
        user, system, buried_user, buried_system = map(int, stat.rpartition(")")[2].split()[11:15])
        if name == _DATABASE_PROGRAM:
            database += user + system + buried_user + buried_system
        else:
            server += user + system
    return CpuTime(server / _TICKS_PER_S, database / _TICKS_PER_S)


@dataclass
class Measurement:
    """One operation's cost. `latencies_s` are filled by whoever runs the operation, one for each exchange."""

    operation: str
    count: int = 0
    seconds: float = 0.0
    cpu: CpuTime = field(default_factory=CpuTime)
    latencies_s: list[float] = field(default_factory=list)

    def server_ms(self) -> float:
        """Processor milliseconds of the server for each operation."""
        return self.cpu.server_s * 1000 / max(self.count, 1)

    def database_ms(self) -> float:
        """Processor milliseconds of the database for each operation."""
        return self.cpu.database_s * 1000 / max(self.count, 1)

    def latency_ms(self, share: float) -> float:
        """The latency that this share of the exchanges did not exceed."""
        ordered = sorted(self.latencies_s)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000 if ordered else 0.0


@contextlib.contextmanager
def measuring(pid: int, operation: str) -> Iterator[Measurement]:
    """Fill in time and processor time of a `with` block; the count is that of the latencies unless it is set inside."""
    result = Measurement(operation)
    began, before = time.perf_counter(), cpu_time(pid)
    yield result
    result.cpu = cpu_time(pid) - before
    result.seconds = time.perf_counter() - began
    result.count = result.count or len(result.latencies_s)


@contextlib.contextmanager
def horde_to_measure(program: Path = PROGRAM) -> Iterator[tuple[str, int]]:
    """Address and process id of a `horde serve` with an empty database, durable as always; nothing of it is left."""
    with (
        tempfile.TemporaryDirectory(prefix="horde-bench-") as folder,
        running_horde("serve", Path(folder), program=program, HORDE_TEST_APIKEYS="1", HORDE_RATE_LIMITS="0") as horde,
    ):
        yield horde.url, horde.pid
