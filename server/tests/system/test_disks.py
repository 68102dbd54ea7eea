"""What is left of a disk, also where the system tells less."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from horde_server.system.disks import disk_of


def test_what_is_left_is_what_the_system_says(tmp_path: Path) -> None:
    disk = disk_of(tmp_path)
    assert disk.free_bytes == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.2)
    assert not disk.is_read_only


def test_a_system_that_counts_no_files_still_tells_the_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    monkeypatch.delattr(os, "statvfs")
    disk = disk_of(tmp_path)
    assert (disk.free_bytes, disk.free_files, disk.is_read_only) == (usage.free, None, False)


def test_what_is_not_there_has_no_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        disk_of(tmp_path / "nothing")
