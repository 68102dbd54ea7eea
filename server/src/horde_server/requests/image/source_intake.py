"""Source images, masks and extra images of a request: fetched or decoded, verified, encoded anew and kept (§2.6).

The last step before a request is stored: it costs the most, and whoever fails an earlier check does not reach it.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import structlog

from horde_server.blobs.guard import FetchFailed
from horde_server.blobs.guarded_fetch import GuardedFetcher, TooManyBytes
from horde_server.blobs.images import (
    MAX_IMAGE_BYTES,
    NotAnImage,
    Recompressed,
    TooManyPixels,
    UnusableImage,
    dimensions,
    recompressed,
)
from horde_server.blobs.store import BlobStore
from horde_server.kudos.alchemy_charges import tiles
from horde_server.requests.image.source_images import ExtraSource, SourceImages, extra_key, image_key, mask_key
from horde_server.requests.image.source_refusals import (
    AddressNotFetched,
    ImageValidationFailed,
    InpaintingMissingMask,
    SourceImageResolutionExceeded,
    SourceImageSizeExceeded,
    SourceImagesTooSlow,
    SourceImageUnreadable,
    SourceImageUrlInvalid,
    SourceRefused,
)

log = structlog.get_logger(__name__)

MAX_PIXELS = 3072 * 3072
MAX_FETCHED_BYTES = 5000 * 1024
FETCH_LIMIT_S = 5.0
INTAKE_LIMIT_S = 15.0
"""For all pictures of one request, with every wait."""
FETCHES = 32
"""Pictures that are fetched, or fetched and not decoded yet, at a time: 160 MiB at most."""
DECODERS = 2
"""Pictures decoded at a time, the rest waits: 450 MiB at most, when both are of the largest size (`blobs/images`)."""
QUALITIES = ((0.9, 50), (0.8, 60), (0.6, 70), (0.4, 80), (0.3, 90), (0.0, 95))
"""WebP's quality for pictures above each share of MAX_PIXELS (alchemy-and-operations.md §2.3): the larger a picture,
the less its loss is seen, and the more it saves. 100 for the smallest would double their bytes for nothing to see."""
_QUALITY_FOR_ALCHEMISTS = 95
MOST_TILES = 255
MAX_SIDE_PIXELS = 16_383
"""WebP's."""

Given = TypeVar("Given", str, bytes)
Kept = TypeVar("Kept")
Recompress: TypeAlias = Callable[[bytes], Recompressed]


@dataclass(frozen=True, slots=True)
class GivenSources:
    """What the body of a request says, unread: base64 (also as a `data:` URI) or http(s) addresses, "" for none."""

    image: str = ""
    mask: str = ""
    extra: Sequence[tuple[str, float]] = ()  # with their strengths
    inpainting: bool = False


def quality_of(pixels: int) -> int:
    """WebP's quality for a picture of so many pixels."""
    return next(quality for share, quality in QUALITIES if pixels > share * MAX_PIXELS)


class SourceIntake:
    """Takes pictures in; `keep` for a request that is about to be stored, `discard` when it is not stored after all."""

    def __init__(self, blobs: BlobStore, fetcher: GuardedFetcher) -> None:
        self._blobs = blobs
        self._fetcher = fetcher
        self._fetches = asyncio.Semaphore(FETCHES)
        self._decoders = ThreadPoolExecutor(DECODERS, thread_name_prefix="decode")

    async def keep(self, request_id: UUID, given: GivenSources) -> SourceImages | None:
        """Verify and store the pictures; None when there are none. A mask without an image is not looked at.

        Raises the refusals of §2.6.1; nothing is kept then.
        """
        if not given.image and not given.extra:
            return None
        kept: list[str] = []
        return await self._in_time(self._keep(request_id, given, kept), kept)

    async def keep_picture(self, interrogation_id: UUID, text: str) -> Recompressed:
        """Verify and store the picture of an interrogation, as `image_key`; raises as `keep`, also for many tiles."""
        key = image_key(interrogation_id)

        async def keep() -> Recompressed:
            picture = await self._read("source_image", text, _for_alchemists)
            await self._blobs.put(key, picture.webp)
            return picture

        return await self._in_time(keep(), [key])

    async def _in_time(self, work: Coroutine[Any, Any, Kept], kept: list[str]) -> Kept:
        """What the work gives; where it fails or takes too long nothing of `kept` is left."""
        try:
            async with asyncio.timeout(INTAKE_LIMIT_S):
                return await work
        except BaseException as error:  # also when the caller goes away
            await self._forget(kept)
            if isinstance(error, TimeoutError):
                raise SourceImagesTooSlow from None
            raise

    async def _forget(self, kept: list[str]) -> None:
        try:
            await self._blobs.delete(kept)
        except Exception:  # what refused the request matters more; the sweep of old blobs takes what is left
            log.exception("source_image.not_removed")

    async def discard(self, sources: SourceImages | None) -> None:
        """Remove what was kept for a request that was not stored."""
        if sources is not None:
            await self._blobs.delete(sources.keys)

    async def _keep(self, request_id: UUID, given: GivenSources, kept: list[str]) -> SourceImages:
        """One after another, so that a request holds one picture at a time; `kept` grows with what may be stored."""

        async def put(key: str, picture: Recompressed) -> str:
            kept.append(key)
            await self._blobs.put(key, picture.webp)
            return key

        image = mask = None
        if given.image:
            picture = await self._read("source_image", given.image)
            if given.inpainting and not given.mask and not picture.has_alpha:
                raise InpaintingMissingMask
            image = await put(image_key(request_id), picture)
            if given.mask:
                mask = await put(mask_key(request_id), await self._read("source_mask", given.mask))
        extra = [
            ExtraSource(
                await put(extra_key(request_id, index), await self._read(f"extra_source_images.{index}", text)),
                strength,
            )
            for index, (text, strength) in enumerate(given.extra)
        ]
        return SourceImages(image, mask, tuple(extra))

    async def _read(self, field: str, text: str, recompress: Recompress | None = None) -> Recompressed:
        """The picture that a field of the body gives; refusals say which field."""
        try:
            if text[:4].lower() == "http":
                async with self._fetches:
                    return await self._decode(_from_address, await self._fetch(text), recompress or _for_dreamers)
            return await self._decode(_from_base64, text, recompress or _for_dreamers)
        except SourceRefused as refusal:
            raise type(refusal)(f"`{field}`: {refusal.message}") from None

    async def _fetch(self, url: str) -> bytes:
        """What lies there, whatever the status says: an error page is no image (§2.6)."""
        try:
            found = await self._fetcher.get(url, max_bytes=MAX_FETCHED_BYTES, time_limit_s=FETCH_LIMIT_S)
        except TooManyBytes:
            raise SourceImageSizeExceeded from None
        except FetchFailed as error:
            log.info("source_image.not_fetched", reason=type(error.__cause__ or error).__name__)
            raise AddressNotFetched from None
        return found.body

    async def _decode(
        self, read: Callable[[Given, Recompress], Recompressed], given: Given, recompress: Recompress
    ) -> Recompressed:
        return await asyncio.get_running_loop().run_in_executor(self._decoders, read, given, recompress)


def _from_address(data: bytes, recompress: Recompress) -> Recompressed:
    try:
        return recompress(data)
    except NotAnImage:
        raise (SourceImageUrlInvalid if data else SourceImageUnreadable) from None
    except UnusableImage:
        raise SourceImageUnreadable from None


def _from_base64(text: str, recompress: Recompress) -> Recompressed:
    """Leniently: characters outside the alphabet are skipped, as is a `data:` URI's beginning."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    if len(text) > MAX_IMAGE_BYTES * 4 // 3 + 4:
        raise SourceImageSizeExceeded
    try:
        return recompress(base64.b64decode(text))
    except ValueError:  # no base64, or an `UnusableImage`
        raise ImageValidationFailed from None


def _recompressed(data: bytes, quality: Callable[[int], int]) -> Recompressed:
    try:
        return recompressed(data, max_pixels=MAX_PIXELS, quality=quality)
    except TooManyPixels:
        raise SourceImageResolutionExceeded from None


def _for_dreamers(data: bytes) -> Recompressed:
    return _recompressed(data, quality_of)


def _for_alchemists(data: bytes) -> Recompressed:
    """Not too long and narrow, and kept so well that enlarging shows nothing of it."""
    try:
        width, height = dimensions(data)
    except TooManyPixels:
        raise SourceImageResolutionExceeded from None
    if tiles(width, height) > MOST_TILES or max(width, height) > MAX_SIDE_PIXELS:
        raise SourceImageResolutionExceeded(
            f"The image is too large: at most 3072×3072 pixels, {MOST_TILES} tiles of 512×512 and "
            f"{MAX_SIDE_PIXELS} pixels a side."
        )
    return _recompressed(data, lambda _: _QUALITY_FOR_ALCHEMISTS)
