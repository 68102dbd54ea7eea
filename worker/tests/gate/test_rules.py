"""What may be against asking for work, and when it is over."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from horde_worker.gate.gpu_load import GpuLoad
from horde_worker.gate.idle_rule import GPU_ASKED_EVERY_S, IdleRule
from horde_worker.gate.memory_watch import LOOK_EVERY_S, MIB, UNLOAD_EVERY_S, Memory, MemoryWatch, memory_now
from horde_worker.gate.rules import Gate, Readiness
from horde_worker.kinds.interface import Kind
from horde_worker.settings import IdleSettings, MemorySettings


class Backend:
    """What rules ask a kind of work."""

    def __init__(self) -> None:
        self.unready = ""
        self.is_used_by_others = False
        self.unloads = 0

    async def unload(self) -> None:
        self.unloads += 1


def as_kind(backend: Backend) -> Kind[Any, Any]:
    return cast(Kind[Any, Any], backend)


class Times:
    """Both clocks, set by hand."""

    def __init__(self) -> None:
        self.steady = 1000.0
        self.wall = dt.datetime.combine(dt.date(2026, 11, 30), dt.time(12))


def nvidia_smi(folder: Path, script: str) -> GpuLoad:
    """A program in place of the driver's."""
    path = folder / "nvidia-smi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return GpuLoad(str(path))


def idle_rule(backend: Backend, times: Times, gpu: GpuLoad | None = None, **settings: Any) -> IdleRule:
    return IdleRule(
        IdleSettings(**settings), as_kind(backend), wall_clock=lambda: times.wall, clock=lambda: times.steady, gpu=gpu
    )


async def test_the_first_reason_counts() -> None:
    """And an open gate has none."""
    backend, times = Backend(), Times()
    gate = Gate([Readiness(as_kind(backend)), idle_rule(backend, times, schedule="22:00-08:00")])
    assert await gate.reason(0) == "it is outside of 22:00-08:00"
    backend.unready = "nobody answers"
    assert await gate.reason(0) == "nobody answers"
    backend.unready, times.wall = "", times.wall.replace(hour=23)
    assert await gate.reason(0) == ""


async def test_the_owners_own_use_comes_first() -> None:
    """For some seconds after the last of it, by a clock that nobody sets."""
    backend, times = Backend(), Times()
    rule = idle_rule(backend, times, after_local_use_s=20)
    assert await rule.reason(0) == ""
    backend.is_used_by_others = True
    assert "less than 20 seconds ago" in await rule.reason(0)
    backend.is_used_by_others = False
    times.wall += dt.timedelta(days=365)  # the clock on the wall jumps
    times.steady += 19.9
    assert await rule.reason(0)
    times.steady += 0.1
    assert await rule.reason(0) == ""


async def test_without_a_rule_the_owners_use_is_no_reason() -> None:
    """The backend has a queue of its own."""
    backend, times = Backend(), Times()
    backend.is_used_by_others = True
    assert await idle_rule(backend, times).reason(0) == ""


async def test_a_schedule_follows_the_clock_on_the_wall() -> None:
    """Also when it is set: then it is another time."""
    backend, times = Backend(), Times()
    rule = idle_rule(backend, times, schedule="22:00-08:00")
    assert await rule.reason(0)
    times.wall = times.wall.replace(hour=2)
    assert await rule.reason(0) == ""


async def test_a_busy_card_is_left_alone(tmp_path: Path) -> None:
    """The busiest of them counts; it is not asked all the time, and not while it is busy with our own jobs."""
    (tmp_path / "load").write_text("3\n71\n")
    gpu = nvidia_smi(tmp_path, f"echo asked >> {tmp_path}/asked; cat {tmp_path}/load")
    backend, times = Backend(), Times()
    rule = idle_rule(backend, times, gpu, gpu_util_below=20)
    assert await rule.reason(1) == ""
    assert await rule.reason(0) == "the graphics card is busy to 71 %"
    (tmp_path / "load").write_text("3\n19\n")
    assert await rule.reason(0), "it is asked again in a while"
    times.steady += GPU_ASKED_EVERY_S
    assert await rule.reason(0) == ""
    assert (tmp_path / "asked").read_text().split() == ["asked"] * 2


@pytest.mark.parametrize(
    "script", ["exit 1", "echo '[N/A]'", "echo x; exec sleep 60"], ids=["fails", "unknown", "hangs"]
)
async def test_a_card_that_nobody_knows_of_is_no_reason(
    tmp_path: Path, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it hold anything up."""
    monkeypatch.setattr("horde_worker.gate.gpu_load.ANSWER_LIMIT_S", 0.2)
    assert await idle_rule(Backend(), Times(), nvidia_smi(tmp_path, script), gpu_util_below=20).reason(0) == ""


def test_a_rule_that_cannot_be_kept_is_told() -> None:
    """There is nobody to ask."""
    with capture_logs() as logs:
        idle_rule(Backend(), Times(), GpuLoad("/no/such/program"), gpu_util_below=20)
    assert [(one["event"], one["rule"]) for one in logs] == [("worker.idle_rule_off", "gpu_util_below")]


# ------------------------------------------------------------------------ memory


def watch(backend: Backend, times: Times, now: list[Memory], **settings: Any) -> MemoryWatch:
    return MemoryWatch(
        MemorySettings(**settings), as_kind(backend), look=lambda: now[0], clock=lambda: times.steady
    )  # fmt: skip


@pytest.mark.parametrize(
    ("memory", "reason"),
    [
        (Memory(100 * MIB, 300 * MIB), ""),
        (Memory(101 * MIB, 300 * MIB), "the worker holds 101 MiB of memory, more than 100"),
        (Memory(100 * MIB, 199 * MIB), "the machine has 199 MiB of memory left, less than 200"),
        (Memory(None, None), ""),
    ],
    ids=["enough", "too large", "too little left", "unknown"],
)
async def test_memory_has_limits(memory: Memory, reason: str) -> None:
    """Of what the worker holds, and of what it leaves."""
    assert await watch(Backend(), Times(), [memory], most_own_mib=100, least_free_mib=200).reason(1) == reason


async def test_a_backend_is_asked_to_let_go_once_nothing_is_in_hand() -> None:
    """And not again and again; work is asked for as soon as there is memory."""
    backend, times, now = Backend(), Times(), [Memory(None, 0)]
    rule = watch(backend, times, now)
    assert (await rule.reason(1) != "", backend.unloads) == (True, 0)
    times.steady += LOOK_EVERY_S
    assert (await rule.reason(0) != "", backend.unloads) == (True, 1)
    times.steady += LOOK_EVERY_S
    assert (await rule.reason(0) != "", backend.unloads) == (True, 1)
    times.steady += UNLOAD_EVERY_S
    assert (await rule.reason(0) != "", backend.unloads) == (True, 2)
    now[0] = Memory(None, 1000 * MIB)
    times.steady += LOOK_EVERY_S
    assert await rule.reason(0) == ""


def test_memory_is_read_where_linux_tells(tmp_path: Path) -> None:
    """A container's limit counts, its files do not; where nothing is told nothing is known."""
    assert memory_now(tmp_path, tmp_path) == Memory(None, None)
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "status").write_text("Name: x\nVmRSS:\t   2048 kB\n")
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:    4096 kB\n")
    assert memory_now(tmp_path, tmp_path) == Memory(2 * MIB, 4 * MIB)
    for name, content in {"max": "3000000", "current": "2500000", "stat": "anon 1\ninactive_file 1000\n"}.items():
        (tmp_path / f"memory.{name}").write_text(content)
    assert memory_now(tmp_path, tmp_path) == Memory(2 * MIB, 501_000)
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "meminfo").write_text("MemAvailable: much\n")
    assert memory_now(tmp_path, tmp_path) == Memory(2 * MIB, None)


def test_this_machine_tells() -> None:
    """It is a Linux that tests run on, or nothing is known."""
    own = memory_now().own
    assert own is None or own > 10 * MIB
