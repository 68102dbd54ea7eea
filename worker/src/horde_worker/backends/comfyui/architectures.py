"""What the files of checkpoints say that they are: many have it in their header, and ComfyUI reads it out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

from yarl import URL

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.over_http.server import BackendGone, BackendServer

AT_ONCE: Final = 8
HEADER_LIMIT_BYTES: Final = 2 * 1024 * 1024
_KEY: Final = "modelspec.architecture"
_MAX_CHARACTERS: Final = 100


class Architectures:
    """By file, each asked for once: a file keeps its name."""

    def __init__(self, server: BackendServer) -> None:
        self._server = server
        self._known: dict[str, str] = {}

    async def of(self, files: Iterable[str]) -> Mapping[str, str]:
        """Such as `stable-diffusion-xl-v1-base`; empty for a file that does not say. Raises `BackendGone`."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def ask(file: str) -> None:
            async with gate:
                self._known[file] = await self._asked(file)

        wanted = [file for file in files if file not in self._known and file.endswith(".safetensors")]
        await asyncio.gather(*map(ask, wanted))
        return self._known

    async def _asked(self, file: str) -> str:
        path = str(URL.build(path="/view_metadata/checkpoints", query={"filename": file}))
        try:
            header = await self._server.get_json(path, limit_bytes=HEADER_LIMIT_BYTES)
        except BackendGone:
            raise
        except BackendFailure:  # no header, or too long a one
            return ""
        found = header.get(_KEY) if isinstance(header, Mapping) else None
        return found[:_MAX_CHARACTERS] if isinstance(found, str) else ""
