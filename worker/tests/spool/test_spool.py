"""Results on disk: whole or not there, for their owner alone, and not for ever."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from horde_worker.kinds.parcel import Parcel
from horde_worker.settings import SpoolSettings
from horde_worker.spool import parcel_file
from horde_worker.spool.parcel_file import NoParcel, Spooled, read
from horde_worker.spool.place import spool_folder
from horde_worker.spool.spool import Spool

PARCEL = Parcel(
    "j1", {"id": "j1", "generation": "R2", "seed": 7, "state": "ok"}, b"RIFF\n..\nWEBP", "http://h/put?sig=x"
)


class Clock:
    """A wall clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Of the spools."""
    return Clock()


MakeSpool = Callable[..., Spool]


@pytest.fixture
def spool_at(tmp_path: Path, clock: Clock) -> MakeSpool:
    """A spool in one folder, for any worker and horde."""

    def make(*, horde: str = "http://h", worker: str = "mine", kind: str = "image", **limits: float) -> Spool:
        settings = SpoolSettings(**limits)  # type: ignore[arg-type]  # numbers of either kind
        return Spool(tmp_path / "s", horde_url=horde, worker=worker, kind=kind, limits=settings, clock=clock)

    return make


async def opened(spool: Spool) -> Spool:
    """The same, open."""
    await spool.open()
    return spool


async def test_a_result_is_there_after_the_process_that_kept_it(spool_at: MakeSpool) -> None:
    """Every byte of it, with its address and what the submit says."""
    first = await opened(spool_at())
    await first.keep(PARCEL, "paint")
    await first.close()
    [found] = await (await opened(spool_at())).left_over()
    assert (found.parcel, found.model, found.worker, found.kind) == (PARCEL, "paint", "mine", "image")


async def test_a_result_that_was_taken_is_forgotten(spool_at: MakeSpool) -> None:
    """Once; a second time changes nothing."""
    spool = await opened(spool_at())
    await spool.keep(PARCEL, "paint")
    await spool.forget(PARCEL)
    await spool.forget(PARCEL)
    assert await spool.left_over() == []


async def test_files_are_for_their_owner_alone(spool_at: MakeSpool, tmp_path: Path) -> None:
    """A picture is nobody else's business on this machine, nor is its signed address."""
    spool = await opened(spool_at())
    await spool.keep(PARCEL, "paint")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "s").iterdir()}
    assert (modes, stat.S_IMODE((tmp_path / "s").stat().st_mode)) == ({0o600}, 0o700)


async def test_what_is_too_old_is_dropped_and_told(spool_at: MakeSpool, clock: Clock) -> None:
    """The horde gave the job to somebody else long ago."""
    spool = await opened(spool_at(max_age_s=100))
    await spool.keep(PARCEL, "paint")
    clock.now += 101
    with capture_logs() as logs:
        assert await spool.left_over() == []
    assert [(one["event"], one["job"]) for one in logs] == [("worker.kept_result_dropped", "j1")]
    clock.now -= 101
    assert await spool.left_over() == [], "it is gone"


async def test_a_clock_that_was_set_back_costs_nothing(spool_at: MakeSpool, clock: Clock) -> None:
    """An age below nought is young."""
    spool = await opened(spool_at(max_age_s=100))
    await spool.keep(PARCEL, "paint")
    clock.now -= 10_000_000
    assert len(await spool.left_over()) == 1


@pytest.mark.parametrize("limits", [{"max_files": 2}, {"max_bytes": 800}], ids=lambda one: next(iter(one)))
async def test_there_is_never_more_than_the_limits_allow(
    spool_at: MakeSpool, tmp_path: Path, limits: dict[str, int]
) -> None:
    """The oldest gives way."""
    spool = await opened(spool_at(**limits))
    for place in range(4):
        await spool.keep(Parcel(f"j{place}", {"id": f"j{place}"}, b"x" * 50), "paint")
        for path in (tmp_path / "s").glob("*.parcel"):  # files of one moment have an order too
            before = path.stat()
            os.utime(path, (before.st_atime, before.st_mtime - 10))
    assert [one.parcel.job_id for one in await spool.left_over()] == ["j2", "j3"]


async def test_anothers_results_are_not_ours(spool_at: MakeSpool) -> None:
    """Of another horde they wait for that one; of another worker's name they could not be delivered at all."""
    spool = await opened(spool_at())
    await spool.keep(PARCEL, "paint")
    await spool.close()
    elsewhere = await opened(spool_at(horde="http://elsewhere"))
    assert await elsewhere.left_over() == []
    await elsewhere.close()
    again = await opened(spool_at())
    assert len(await again.left_over()) == 1
    await again.close()
    with capture_logs() as logs:
        assert await (await opened(spool_at(worker="other"))).left_over() == []
    assert [one["event"] for one in logs] == ["worker.kept_result_dropped"]


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n", b"{}\n", b"[1]\n", b'{"version":2}\n', b"\xff\xfe", b"x" * 100],
    ids=["empty", "line", "object", "list", "version", "no text", "no line"],
)
async def test_a_file_that_is_no_parcel_is_dropped(spool_at: MakeSpool, tmp_path: Path, raw: bytes) -> None:
    """It costs a line in the log, and none of the others."""
    spool = await opened(spool_at())
    (tmp_path / "s" / "odd.parcel").write_bytes(raw)
    await spool.keep(PARCEL, "paint")
    with capture_logs() as logs:
        assert [one.parcel.job_id for one in await spool.left_over()] == ["j1"]
    assert [one["event"] for one in logs] == ["worker.kept_result_dropped"]
    assert not (tmp_path / "s" / "odd.parcel").exists()


def test_a_torn_picture_is_no_parcel() -> None:
    """As a disk may leave it."""
    raw = Spooled(PARCEL, "h", "w", "image", "m", 1.0).to_bytes()
    assert read(raw).parcel == PARCEL
    for torn in (raw[:-1], raw + b"x", raw[:-1] + b"Q"):
        with pytest.raises(NoParcel, match="not whole"):
            read(torn)


async def test_what_is_too_large_is_delivered_without_being_kept(
    spool_at: MakeSpool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a file that is too large is not read."""
    monkeypatch.setattr(parcel_file, "MAX_PICTURE_BYTES", 3)
    spool = await opened(spool_at())
    with capture_logs() as logs:
        await spool.keep(PARCEL, "paint")
    assert [(one["event"], one["job"]) for one in logs] == [("worker.not_kept", "j1")]
    monkeypatch.setattr("horde_worker.spool.spool.MAX_FILE_BYTES", 3)
    (tmp_path / "s" / "large.parcel").write_bytes(b"x" * 4)
    with capture_logs() as logs:
        assert await spool.left_over() == []
    assert "4 bytes are too many" in logs[0]["reason"]


async def test_a_full_disk_costs_no_result(spool_at: MakeSpool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can still be delivered at once. Nothing half written is left."""

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    spool = await opened(spool_at())
    monkeypatch.setattr(os, "fsync", full)
    with capture_logs() as logs:
        await spool.keep(PARCEL, "paint")
    monkeypatch.undo()
    assert [one["event"] for one in logs] == ["worker.not_kept"]
    assert await spool.left_over() == []


async def test_what_was_half_written_is_removed(spool_at: MakeSpool, tmp_path: Path) -> None:
    """By the process that was killed there."""
    await (await opened(spool_at())).close()
    (tmp_path / "s" / "a.parcel.part").write_bytes(b"half")
    await opened(spool_at())
    assert not (tmp_path / "s" / "a.parcel.part").exists()


async def test_two_processes_do_not_share_a_folder(spool_at: MakeSpool) -> None:
    """The second would submit what the first is submitting: it keeps nothing, and says so."""
    first = await opened(spool_at())
    await first.keep(PARCEL, "paint")
    with capture_logs() as logs:
        second = await opened(spool_at())
    assert [one["event"] for one in logs] == ["worker.nothing_kept"]
    assert await second.left_over() == []
    await second.keep(Parcel("j2", {}), "paint")
    assert [one.parcel.job_id for one in await first.left_over()] == ["j1"]


async def test_a_folder_that_cannot_be_made_costs_no_result(tmp_path: Path) -> None:
    """The worker works without."""
    (tmp_path / "file").write_text("no folder")
    spool = Spool(tmp_path / "file" / "s", horde_url="h", worker="w", kind="image")
    with capture_logs() as logs:
        await spool.open()
    await spool.keep(PARCEL, "paint")
    assert ([one["event"] for one in logs], await spool.left_over()) == (["worker.nothing_kept"], [])


def test_every_worker_name_has_a_folder_of_its_own(tmp_path: Path) -> None:
    """Also names that look alike once what a file system does not take is left out."""
    names = ["mine", "Mine", "a/b", "a:b", "..", "", "ü" * 300]
    folders = [spool_folder(name, tmp_path) for name in names]
    assert len(set(folders)) == len(names)
    assert {folder.parent for folder in folders} == {tmp_path}


def test_the_folder_is_among_the_users_state(state_folder: Path) -> None:
    """As the desktop's rules say."""
    assert spool_folder("mine").parent == state_folder / "openhorde" / "spool"
