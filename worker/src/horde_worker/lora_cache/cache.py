"""The one place that fetches LoRAs, for all backends: from the shelf first, from CivitAI else, from nowhere twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import structlog

from horde_sdk.reach import Reach
from horde_worker.lora_cache.additions import Addition, CachedLora, Described, LoraFailure, Wanted
from horde_worker.lora_cache.civitai import CivitAi
from horde_worker.lora_cache.shelf import Shelf
from horde_worker.named_places import Sleep
from horde_worker.settings import LoraCacheSettings
from horde_worker.steady_clock import steady_s

log = structlog.get_logger(__name__)

REMEMBER_NO_S: Final = 600.0
LOOK_AGAIN_S: Final = 600.0
MOST_REMEMBERED: Final = 10_000
SLACK_BYTES: Final = 2 * 1024 * 1024
"""How much larger than described a file may be."""


class LoraCache:
    """Fetches what jobs name. `is_reached` is false where CivitAI cannot be had, and nothing is to be offered."""

    def __init__(
        self,
        settings: LoraCacheSettings,
        folders: Mapping[str, Path],
        *,
        allows_nsfw: bool = True,
        reach: Reach | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = steady_s,
        look_again_s: float = LOOK_AGAIN_S,
    ) -> None:
        """`folders`: where each kind of addition lies (`horde_worker.lora_cache.place`)."""
        self._settings = settings
        self._allows_nsfw = allows_nsfw
        self._clock = clock
        self._civitai = CivitAi(settings.api_url, settings.token, reach=reach, sleep=sleep)
        pinned = frozenset(settings.pinned)
        self._shelves = {kind: Shelf(folder, settings.max_total_bytes, pinned) for kind, folder in folders.items()}
        self._fetching: dict[Wanted, asyncio.Lock] = {}
        self._writing: dict[str, asyncio.Lock] = {}
        self._coming_bytes = dict.fromkeys(folders, 0)
        self._look_again_s = look_again_s
        self._looking: asyncio.Task[None] | None = None
        self._refused: dict[Wanted, tuple[float, LoraFailure]] = {}
        self.is_reached = False

    async def open(self) -> None:
        """Read the shelves, and see whether CivitAI answers; where it does not, look again from time to time."""
        try:
            for shelf in self._shelves.values():
                await asyncio.to_thread(shelf.open)
        except OSError as error:
            log.warning("worker.no_loras", reason=error.strerror or type(error).__name__)
            return
        self.is_reached = await self._civitai.is_reached()
        if not self.is_reached:
            log.warning("worker.no_loras", reason="CivitAI does not answer: jobs with LoRAs are not taken")
            self._looking = asyncio.create_task(self._keep_looking())

    async def aclose(self) -> None:
        """Close the connections."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self._civitai.aclose()

    async def _keep_looking(self) -> None:
        while not self.is_reached:
            await asyncio.sleep(self._look_again_s)
            self.is_reached = await self._civitai.is_reached()
        log.info("worker.loras_again")

    async def fetched(self, addition: Addition, deadline: float) -> CachedLora:
        """The file of a LoRA or a textual inversion. Raises `LoraFailure`; `deadline` is of the steady clock.

        The shelf is looked at first: what is there costs no question. Who wants the same at the same time waits.
        """
        wanted = Wanted.of(addition)
        try:
            async with asyncio.timeout(max(deadline - self._clock(), 0.0)):
                async with self._fetching.setdefault(wanted, asyncio.Lock()):
                    return await self._found(wanted)
        except TimeoutError:
            raise LoraFailure("there was no time left to fetch it") from None
        finally:
            lock = self._fetching.get(wanted)
            if lock is not None and not lock.locked():
                self._fetching.pop(wanted, None)

    async def _found(self, wanted: Wanted) -> CachedLora:
        if (cached := await asyncio.to_thread(self._shelves[wanted.kind].find, wanted)) is not None:
            return self._allowed(cached)
        self._check_not_refused(wanted)
        try:
            return self._allowed(await self._downloaded(wanted))
        except LoraFailure as failure:
            if failure.is_final:
                self._remember(wanted, failure)
            raise

    def _allowed(self, cached: CachedLora) -> CachedLora:
        if cached.described.is_nsfw and not self._allows_nsfw:
            raise LoraFailure("it is not safe for work, as this worker is", is_final=True)
        return cached

    async def _downloaded(self, wanted: Wanted) -> CachedLora:
        described = await self._civitai.described(wanted)
        if described.is_nsfw and not self._allows_nsfw:
            raise LoraFailure("it is not safe for work, as this worker is", is_final=True)
        if described.size_bytes > self._settings.max_file_bytes:
            raise LoraFailure(f"{described.size_bytes} bytes are more than are fetched for a job", is_final=True)
        async with self._writing.setdefault(described.stem, asyncio.Lock()):
            # Another name of what is here by now: a job by the id of the model, one by that of its version.
            version = Wanted(wanted.kind, str(described.version_id), is_version=True)
            shelf = self._shelves[wanted.kind]
            return await asyncio.to_thread(shelf.find, version) or await self._written(described, shelf)

    async def _written(self, described: Described, shelf: Shelf) -> CachedLora:
        """Fetch a file and put it on the shelf. Several may come at a time, and none counts on another's room."""
        half, most = shelf.half(described), self._limit_of(described.size_bytes)
        self._coming_bytes[described.kind] += most
        try:
            await asyncio.to_thread(shelf.make_room, self._coming_bytes[described.kind])
            size = await self._civitai.download(described, half, most)
            log.info("worker.lora_fetched", name=described.name, version=described.version_id, size_bytes=size)
            return await asyncio.to_thread(shelf.take, described)
        except OSError as error:
            raise LoraFailure(f"it cannot be kept: {error.strerror or type(error).__name__}") from None
        finally:
            self._coming_bytes[described.kind] -= most
            self._writing.pop(described.stem, None)
            await asyncio.to_thread(half.unlink, missing_ok=True)

    def _limit_of(self, described_bytes: int) -> int:
        """Bytes that are read at most: a file that is not as large as described is another one anyway."""
        most = self._settings.max_file_bytes
        return min(described_bytes + SLACK_BYTES, most) if described_bytes else most

    def _check_not_refused(self, wanted: Wanted) -> None:
        refused = self._refused.get(wanted)
        if refused is None:
            return
        until, failure = refused
        if self._clock() < until:
            raise failure
        del self._refused[wanted]

    def _remember(self, wanted: Wanted, failure: LoraFailure) -> None:
        if len(self._refused) >= MOST_REMEMBERED:
            self._refused.pop(next(iter(self._refused)))
        self._refused[wanted] = (self._clock() + REMEMBER_NO_S, failure)
