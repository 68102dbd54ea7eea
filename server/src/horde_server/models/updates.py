"""Reading the operator's catalogues, from files or URLs, again and again in the background (basics.md §9.4)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import structlog

from horde_server.blobs.guard import FetchFailed
from horde_server.blobs.guarded_fetch import GuardedFetcher
from horde_server.models import current
from horde_server.models.reference import (
    CatalogueUnusable,
    ModelReference,
    built_in,
    read_image_catalogue,
    read_text_catalogue,
    read_text_formats,
)

log = structlog.get_logger(__name__)

MAX_CATALOGUE_BYTES = 20 * 1024 * 1024
FETCH_LIMIT_S = 30.0
INTERVAL_S = 3600.0
RETRY_S = 120.0
"""After a failure, where the old catalogue stays in use."""
_JITTER = 0.1

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class CatalogueAddresses:
    """URLs or files; None: the built-in list, or for `diffusers`, which is merged over `compvis`, nothing."""

    compvis: str | None = None
    diffusers: str | None = None
    text: str | None = None


class ReferenceUpdates:
    """Keeps the process's reference up to date. `fetcher` may go anywhere: the operator names the addresses."""

    def __init__(self, addresses: CatalogueAddresses, fetcher: GuardedFetcher) -> None:
        self._addresses = addresses
        self._fetcher = fetcher

    async def run(self) -> None:
        """Update now and then for ever; at the end the process goes by the built-in reference again."""
        if self._addresses == CatalogueAddresses():
            return
        try:
            while True:
                pause_s = INTERVAL_S if await self.update() else RETRY_S
                await asyncio.sleep(pause_s * random.uniform(1 - _JITTER, 1 + _JITTER))
        finally:
            current.use(None)

    async def update(self) -> bool:
        """Read the catalogues and go by them; False when one could not be read: then its old one stays in use."""
        complete = True
        for read in (self._with_image_models, self._with_text_models):
            try:
                current.use(await read(current.get()))
            except (FetchFailed, OSError, CatalogueUnusable) as error:
                log.warning("model_reference.not_read", reason=str(error))
                complete = False
            except Exception:  # a mistake of ours: loud, but requests are still served
                log.exception("model_reference.not_read")
                complete = False
        return complete

    async def _with_image_models(self, reference: ModelReference) -> ModelReference:
        compvis, diffusers = self._addresses.compvis, self._addresses.diffusers
        if compvis is None and diffusers is None:
            return reference
        models = dict(built_in().image) if compvis is None else await self._read(compvis, read_image_catalogue)
        if diffusers is not None:
            models.update(await self._read(diffusers, read_image_catalogue))
        log.info("model_reference.read", image_models=len(models))
        return replace(reference, image=models)

    async def _with_text_models(self, reference: ModelReference) -> ModelReference:
        if self._addresses.text is None:
            return reference
        models, formats = await self._read(self._addresses.text, _text_models)
        log.info("model_reference.read", text_models=len(models), chat_templates=len(formats))
        return replace(reference, text=models, text_formats=formats)

    async def _read(self, address: str, parse: Callable[[bytes], Read]) -> Read:
        if address.startswith(("http://", "https://")):
            found = await self._fetcher.get(address, max_bytes=MAX_CATALOGUE_BYTES, time_limit_s=FETCH_LIMIT_S)
            if found.status != 200:
                raise CatalogueUnusable(f"the server answered {found.status}")
            return await asyncio.to_thread(parse, found.body)
        return await asyncio.to_thread(lambda: parse(_file(Path(address))))


def _text_models(data: bytes) -> tuple[dict[str, float], dict[str, str]]:
    return read_text_catalogue(data), read_text_formats(data)


def _file(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MAX_CATALOGUE_BYTES + 1)
    if len(data) > MAX_CATALOGUE_BYTES:
        raise CatalogueUnusable(f"more than {MAX_CATALOGUE_BYTES} bytes")
    return data
