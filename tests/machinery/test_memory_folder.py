"""Where the tests' temporary files lie: in memory, unless told otherwise; what a killed session left is removed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import memory_folder
import pytest
from memory_folder import PREFIX, MemoryFolder, has_room


@pytest.fixture(autouse=True)
def _no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "")  # so that it is put back, or removed, after the test
    monkeypatch.delenv("TMPDIR")
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.fixture(autouse=True)
def _room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_folder, "_NEEDED_BYTES", 1)


def test_this_process_and_those_it_starts_write_there_until_it_is_left(tmp_path: Path) -> None:
    folder = MemoryFolder.enter(tmp_path)
    tell = [sys.executable, "-c", "import tempfile; print(tempfile.gettempdir())"]
    assert Path(tempfile.mkdtemp()).parent == folder.path
    assert Path(subprocess.run(tell, capture_output=True, text=True, check=True).stdout.strip()) == folder.path
    folder.leave()
    assert list(tmp_path.iterdir()) == []
    assert "TMPDIR" not in os.environ
    assert not Path(tempfile.gettempdir()).is_relative_to(tmp_path)


def test_what_is_kept_stays(tmp_path: Path) -> None:
    folder = MemoryFolder.enter(tmp_path)
    kept = Path(tempfile.mkdtemp())
    folder.keep()
    folder.leave()
    assert kept.exists()


def test_what_a_killed_session_left_is_removed_and_what_is_in_use_stays(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, used, strange = (tmp_path / f"{PREFIX}{owner}" for owner in (ended.pid, os.getppid(), "of-somebody"))
    for folder in (left, used, strange):
        folder.mkdir()
    MemoryFolder.enter(tmp_path).leave()
    assert [folder.exists() for folder in (left, used, strange)] == [False, True, True]


def test_whoever_chose_a_folder_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert MemoryFolder.enter(tmp_path).path is None


def test_where_memory_is_short_or_there_is_none_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert has_room(tmp_path)
    assert not has_room(tmp_path / "nowhere")
    monkeypatch.setattr(memory_folder, "_NEEDED_BYTES", 2**60)
    assert MemoryFolder.enter(tmp_path).path is None
