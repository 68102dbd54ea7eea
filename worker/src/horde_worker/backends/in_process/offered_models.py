"""Which models are offered: those that could not be loaded are not, until their files have changed."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import structlog

log = structlog.get_logger(__name__)

_State: TypeAlias = int | None
"""When a file or folder was changed; None while it is not there."""


class OfferedModels:
    """Models by their names in the horde. For the loop and the threads of jobs."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = dict(paths)
        self._withdrawn: dict[str, _State] = {}
        self._lock = threading.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """In their order. Files are looked at only of those that were withdrawn."""
        with self._lock:
            for name, state in list(self._withdrawn.items()):
                now = _state(self._paths[name])
                if now is not None and now != state:
                    del self._withdrawn[name]
                    log.info("backend.model_offered_again", model=name)
            return tuple(name for name in self._paths if name not in self._withdrawn)

    def withdraw(self, name: str, reason: str) -> None:
        """It cannot be loaded: no more jobs for it."""
        with self._lock:
            self._withdrawn[name] = _state(self._paths[name])
        log.error("backend.model_withdrawn", model=name, reason=reason)


def _state(path: Path) -> _State:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
