"""What all tests of all packages share: where their files lie, and how often Python looks for garbage."""

from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path

import pytest
from memory_folder import MemoryFolder

_MEMORY = pytest.StashKey[MemoryFolder]()


def pytest_configure(config: pytest.Config) -> None:
    """Put temporary files into memory where there is room, for this process and all that it starts."""
    if not hasattr(config, "workerinput"):  # xdist's workers have it from their controller
        config.stash[_MEMORY] = MemoryFolder.enter()
        # Workers that tests start keep nothing in the home of who runs them, and read no settings there.
        os.environ["XDG_STATE_HOME"] = str(Path(tempfile.gettempdir()) / "state")
        os.environ["XDG_CONFIG_HOME"] = str(Path(tempfile.gettempdir()) / "config")
    # Each test of a server leaves a heap of circles: looking at it as often as Python does by default costs a tenth
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keep the files where a test failed: the next session removes them."""
    if exitstatus != pytest.ExitCode.OK and (folder := session.config.stash.get(_MEMORY, None)) is not None:
        folder.keep()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give the memory back."""
    if (folder := config.stash.get(_MEMORY, None)) is not None:
        folder.leave()
