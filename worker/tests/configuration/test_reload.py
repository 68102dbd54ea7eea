"""The settings file while a worker runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import structlog

from horde_worker.configuration.load import load
from horde_worker.configuration.reload import SettingsWatch
from horde_worker.configuration.schema import Configuration
from horde_worker.settings import LIVE_WISHES, LiveWishes, OperatorWishes

BEFORE = "name: a\nnsfw: true\nqueue: 1\n"


class Watched:
    """A file, a watch on it, and what becomes of the wishes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._times = 0
        path.write_text(BEFORE)
        self.live = LiveWishes()
        self.changes: list[Configuration] = []
        self.watch = SettingsWatch(load(path, {}, {}), {}, {}, self.live, on_change=self.changes.append)
        self.wishes = OperatorWishes("a", live=self.live)

    def write(self, text: str) -> list[dict[str, object]]:
        """Change the file and look; what the log says."""
        self._path.write_text(text)
        self._times += 1
        os.utime(self._path, (self._times, self._times))  # the clock of a file system may be coarse
        with structlog.testing.capture_logs() as logs:
            self.watch.look()
        return list(logs)  # type: ignore[arg-type]


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """A file that is watched."""
    return Watched(tmp_path / "worker.yaml")


def test_what_can_change_does_and_the_rest_is_named(watched: Watched) -> None:
    """At once, for every worker that shares the wishes."""
    logs = watched.write("name: a\nnsfw: false\nqueue: 4\nblacklist: [bad]\n")
    assert (watched.wishes.current().nsfw, watched.wishes.current().blacklist) == (False, ("bad",))
    assert [(one["event"], one["keys"]) for one in logs] == [
        ("worker.settings_changed", ["nsfw", "blacklist"]),
        ("worker.settings_need_restart", ["queue"]),
    ]
    assert len(watched.changes) == 1


def test_a_file_that_is_wrong_changes_nothing(watched: Watched) -> None:
    """Half written, or gone for a moment, as editors do it; the next right one counts."""
    watched.write("nsfw: false\n")
    [said] = watched.write("nsfw: perhaps\n")
    assert (said["event"], watched.wishes.current().nsfw) == ("worker.settings_wrong", False)
    assert watched.write("nsfw: true\n")[0]["keys"] == ["nsfw"]
    assert watched.wishes.current().nsfw is True


def test_a_file_that_did_not_change_is_not_read(watched: Watched) -> None:
    """Nor is one that is gone taken for an empty one."""
    with structlog.testing.capture_logs() as logs:
        watched.watch.look()
        watched._path.unlink()
        watched.watch.look()
    assert (logs, watched.live.now) == ([], {})


def test_live_wishes_are_wishes() -> None:
    """Every name in the list is one, and none is a worker's identity."""
    assert set(OperatorWishes.__dataclass_fields__) >= LIVE_WISHES
    assert not LIVE_WISHES & {"name", "models", "bridge_agent", "live"}
