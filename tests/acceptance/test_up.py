"""`horde up`: from nothing to a picture, and again, leaving nothing behind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from horde_processes import RunningProcess, free_port, start, start_horde, wait_until
from PIL import Image

pytestmark = pytest.mark.acceptance


def run_once(folder: Path) -> RunningProcess:
    run = start(["up", "--once", "--data", str(folder / "some data"), "--port", str(free_port())], folder)
    assert run.process.wait(120) == 0, run.log()
    return run


def test_up_once_makes_a_picture_and_tells_the_admin_key_the_first_time_only(tmp_path: Path) -> None:
    first, second = run_once(tmp_path), run_once(tmp_path)
    assert "Admin key" in first.log()
    assert "Admin key" not in second.log()
    pictures = sorted((tmp_path / "horde-output").glob("*.webp"))
    assert len(pictures) == 2
    for run, picture in zip((first, second), reversed(pictures), strict=True):
        assert re.search(r"http://127\.0\.0\.1:\d+", run.log())
        assert picture.stem in run.log()
        with Image.open(picture) as image:
            assert image.size == (512, 512)


def test_nothing_of_a_stopped_horde_is_left(tmp_path: Path) -> None:
    horde = start_horde("up", tmp_path)
    wait_until(lambda: "Ctrl-C stops everything" in horde.log(), 120, "the first picture")
    assert horde.stop() == 0  # asserts that no process of the family is left
    assert "Traceback" not in horde.log()
