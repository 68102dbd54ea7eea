"""One holder at a time, on any system; the holder's number stays readable."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from horde_server.system.file_lock import lock, lock_a_byte


def test_the_second_holder_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("a+") as first, (tmp_path / "lock").open("a+") as second:
        lock(first)
        with pytest.raises(BlockingIOError):
            lock(second)
        first.close()
        lock(second, wait=True)


def test_windows_locks_a_byte_that_nobody_reads(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w+b") as file:
        file.write(b"4711")
        file.flush()
        at: list[int] = []
        lock_a_byte(file.fileno(), lambda descriptor: at.append(os.lseek(descriptor, 0, os.SEEK_CUR)))
        assert at == [1 << 30]
        assert os.lseek(file.fileno(), 0, os.SEEK_CUR) == 4
    assert (tmp_path / "lock").read_bytes() == b"4711"


@pytest.mark.parametrize(("number", "raised"), [(errno.EACCES, BlockingIOError), (errno.EDEADLK, BlockingIOError)])
def test_windows_says_in_its_own_way_that_another_has_it(number: int, raised: type[OSError], tmp_path: Path) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, "no")

    with (tmp_path / "lock").open("w+b") as file, pytest.raises(raised):
        lock_a_byte(file.fileno(), refuse)


def test_any_other_failure_of_a_lock_is_told_as_it_is(tmp_path: Path) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, "the disk is broken")

    with (tmp_path / "lock").open("w+b") as file, pytest.raises(OSError, match="broken") as told:
        lock_a_byte(file.fileno(), fail)
    assert not isinstance(told.value, BlockingIOError)
