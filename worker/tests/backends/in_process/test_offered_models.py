"""Models that cannot be loaded are not offered, until their files have changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from horde_worker.backends.in_process.offered_models import OfferedModels


def two(folder: Path) -> OfferedModels:
    """A folder and a file."""
    (folder / "a").mkdir()
    (folder / "b").write_text("weights")
    return OfferedModels({"a": folder / "a", "b": folder / "b"})


def test_all_are_offered_in_their_order(tmp_path: Path) -> None:
    """Files are not looked at: they were when the backend was opened."""
    models = two(tmp_path)
    shutil.rmtree(tmp_path / "a")
    assert list(models.names) == ["a", "b"]


def test_one_that_is_gone_is_offered_again_when_it_is_back(tmp_path: Path) -> None:
    """As after a disk was away."""
    models = two(tmp_path)
    shutil.rmtree(tmp_path / "a")
    models.withdraw("a", "not there")
    assert list(models.names) == ["b"]
    (tmp_path / "a").mkdir()
    assert list(models.names) == ["a", "b"]


def test_one_that_is_broken_is_offered_again_when_it_was_changed(tmp_path: Path) -> None:
    """As after it was downloaded anew."""
    models = two(tmp_path)
    models.withdraw("b", "damaged")
    assert list(models.names) == ["a"]
    os.utime(tmp_path / "b", ns=(1, 1))
    assert list(models.names) == ["a", "b"]
