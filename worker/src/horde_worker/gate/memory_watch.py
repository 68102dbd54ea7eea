"""Memory: a worker that fills it up stops the machine for everybody, so it stops asking for work before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from horde_worker.freed_memory import give_back
from horde_worker.kinds.interface import Kind
from horde_worker.settings import MemorySettings
from horde_worker.steady_clock import steady_s

log = structlog.get_logger(__name__)

MIB: Final = 1024 * 1024
LOOK_EVERY_S: Final = 2.0
UNLOAD_EVERY_S: Final = 60.0
_CGROUP: Final = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Memory:
    """In bytes: what this process holds, and what the machine, or the container, still has. None: nobody can tell."""

    own: int | None
    free: int | None


def memory_now(proc: Path = Path("/proc"), cgroup: Path = _CGROUP) -> Memory:
    """As Linux tells; elsewhere nothing is known."""
    free = [_kib_after(proc / "meminfo", "MemAvailable:"), _left_in_container(cgroup)]
    return Memory(
        _kib_after(proc / "self" / "status", "VmRSS:"), min((one for one in free if one is not None), default=None)
    )


class MemoryWatch:
    """Against work while there is too little memory. With nothing in hand, the backend is asked to let go of some."""

    def __init__(
        self,
        settings: MemorySettings,
        kind: Kind[Any, Any],
        *,
        look: Callable[[], Memory] = memory_now,
        clock: Callable[[], float] = steady_s,
    ) -> None:
        self._settings = settings
        self._kind = kind
        self._look = look
        self._clock = clock
        self._looked_at: float | None = None
        self._unloaded_at: float | None = None
        self._reason = ""

    async def reason(self, jobs_in_hand: int) -> str:
        """What there is too much or too little of."""
        now = self._clock()
        if self._looked_at is None or now - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = now
            self._reason = self._of(self._look())
            if self._reason and not jobs_in_hand and self._may_unload(now):
                self._unloaded_at = now
                await self._kind.unload()
                give_back()
                self._reason = self._of(self._look())
        return self._reason

    def _may_unload(self, now: float) -> bool:
        return self._unloaded_at is None or now - self._unloaded_at >= UNLOAD_EVERY_S

    def _of(self, memory: Memory) -> str:
        most, least = self._settings.most_own_mib, self._settings.least_free_mib
        if most is not None and memory.own is not None and memory.own > most * MIB:
            return f"the worker holds {memory.own // MIB} MiB of memory, more than {most}"
        if least and memory.free is not None and memory.free < least * MIB:
            return f"the machine has {memory.free // MIB} MiB of memory left, less than {least}"
        return ""


def _kib_after(path: Path, name: str) -> int | None:
    """The number of KiB in the line with this name, in bytes."""
    try:
        for line in path.read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def _left_in_container(cgroup: Path) -> int | None:
    """What a container may still take; None without a limit."""
    try:
        most = (cgroup / "memory.max").read_text().strip()
        if most == "max":
            return None
        held = int((cgroup / "memory.current").read_text())
        stat = (cgroup / "memory.stat").read_text().splitlines()
        # Pages of files are given up when memory is wanted.
        cache = sum(int(line.split()[1]) for line in stat if line.startswith("inactive_file "))
    except (OSError, ValueError, IndexError):
        return None
    return max(int(most) - held + cache, 0)
