"""Folders that this machine shares with a ComfyUI: whether what is put there is what it lists."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import islice
from pathlib import Path
from typing import Final

import structlog

from horde_worker.backends.comfyui.file_names import stem
from horde_worker.backends.events import BackendFailure

MOST_LOOKED_AT: Final = 1000
_ENDING: Final = ".safetensors"

log = structlog.get_logger(__name__)


class SharedFolder:
    """One folder, by the option that names it; an empty path is none. Raises `BackendFailure` where it is not there."""

    def __init__(self, option: str, path: str, listed: Callable[[], Awaitable[tuple[str, ...]]]) -> None:
        self._option = option
        self._folder = Path(path).expanduser() if path else None
        self._listed = listed
        self._was_shared = True
        if self._folder is not None and not self._folder.is_dir():
            raise BackendFailure(f"the option {option} names no folder that is here")

    async def is_shared(self) -> bool:
        """Whether the server finds what lies there; told to the owner when it does not. An empty folder is trusted."""
        if self._folder is None:
            return False
        here = await asyncio.to_thread(_stems, self._folder)
        is_shared = not here or bool(here & {stem(file) for file in await self._listed()})
        if self._was_shared and not is_shared:
            log.warning("worker.comfyui_folder_not_shared", option=self._option)
        self._was_shared = is_shared
        return is_shared


def _stems(folder: Path) -> set[str]:
    try:
        return {stem(one.name) for one in islice(folder.iterdir(), MOST_LOOKED_AT) if one.name.endswith(_ENDING)}
    except OSError as error:
        raise BackendFailure(f"the folder {folder.name} cannot be read: {error.strerror}") from error
