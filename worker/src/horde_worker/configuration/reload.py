"""The settings file while the worker runs: what can change then does, and the rest is named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import structlog

from horde_worker.configuration.load import Loaded, WrongSettings, load
from horde_worker.configuration.schema import Configuration, is_live
from horde_worker.configuration.worker_settings import live_wishes
from horde_worker.settings import LiveWishes

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 3.0


class SettingsWatch:
    """Looks at the file every few seconds. A file that is wrong, or gone, changes nothing."""

    def __init__(
        self,
        loaded: Loaded,
        environ: Mapping[str, str],
        typed: Mapping[str, Any],
        live: LiveWishes,
        *,
        on_change: Callable[[Configuration], None] = lambda _: None,
        sleep: Callable[[float], Any] = asyncio.sleep,
    ) -> None:
        assert loaded.path is not None
        self._path: Path = loaded.path
        self._environ, self._typed = environ, typed
        self._running = self._seen = loaded.configuration
        self._live = live
        self._on_change = on_change
        self._sleep = sleep
        self._stamp = _stamp(self._path)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self._sleep(LOOK_EVERY_S)
            self.look()

    def look(self) -> None:
        """Look once."""
        if (stamp := _stamp(self._path)) == self._stamp or stamp is None:
            return
        self._stamp = stamp
        try:
            now = load(self._path, self._environ, self._typed).configuration
        except WrongSettings as error:
            log.error("worker.settings_wrong", reason=str(error), message="the worker goes on by the old ones")
            return
        changed = [key for key in Configuration.model_fields if getattr(now, key) != getattr(self._seen, key)]
        self._seen = now
        taken = [key for key in changed if is_live(key)]
        if taken:
            self._live.now = {**self._live.now, **live_wishes(now)}
            self._on_change(now)
            log.info("worker.settings_changed", keys=taken)
        waiting = [
            key
            for key in Configuration.model_fields
            if not is_live(key) and getattr(now, key) != getattr(self._running, key)
        ]
        if waiting and set(changed) - set(taken):
            log.warning("worker.settings_need_restart", keys=waiting)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
