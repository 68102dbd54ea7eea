"""Source images, masks and extra images: fetched or decoded, verified, encoded anew and kept (requests.md §5).

The last step before a request is stored: it costs the most, and whoever fails an earlier check does not reach it.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, TypeAlias, TypeVar

import structlog

from horde_server.blobs.decoding import Decoders, FairTurns, PixelRoom
from horde_server.blobs.guard import FetchFailed
from horde_server.blobs.guarded_fetch import GuardedFetcher, TooManyBytes
from horde_server.blobs.images import MAX_SIDE_PIXELS, Recompressed, recompressed
from horde_server.blobs.store import BlobStore
from horde_server.blobs.structure import MAX_IMAGE_BYTES, NotAnImage, TooManyPixels, UnusableImage, examined
from horde_server.dispatch.ids import RequestId
from horde_server.requests.asked import GivenPictures
from horde_server.requests.pictures.source_images import ExtraSource, SourceImages, extra_key, image_key, mask_key
from horde_server.requests.pictures.source_refusals import (
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
from horde_server.requests.pictures.tiles import tiles

log = structlog.get_logger(__name__)

MAX_PIXELS = 3072 * 3072
MAX_FETCHED_BYTES = 5000 * 1024
FETCH_LIMIT_S = 5.0
INTAKE_LIMIT_S = 15.0
"""For all pictures of one request, with every wait."""
FETCHES = 32
"""Pictures that are fetched, or fetched and not decoded yet, at a time: 160 MiB at most."""
QUALITIES = ((0.9, 50), (0.8, 60), (0.6, 70), (0.4, 80), (0.3, 90), (0.0, 95))
"""WebP's quality for pictures above each share of MAX_PIXELS (storage.md §3.2): the larger a picture,
the less its loss is seen, and the more it saves. 100 for the smallest would double their bytes for nothing to see."""
_QUALITY_FOR_ALCHEMISTS = 95
MOST_TILES = 255

Kept = TypeVar("Kept")
Recompress: TypeAlias = Callable[[bytes, PixelRoom], Recompressed]


def quality_of(pixels: int) -> int:
    """WebP's quality for a picture of so many pixels."""
    return next(quality for share, quality in QUALITIES if pixels > share * MAX_PIXELS)


class SourceIntake:
    """Takes pictures in; `keep` for a request that is about to be stored, `discard` when it is not stored after all.

    Requesters take turns, where pictures are fetched and where they are decoded.
    """

    def __init__(self, blobs: BlobStore, fetcher: GuardedFetcher, decoders: Decoders) -> None:
        self._blobs = blobs
        self._fetcher = fetcher
        self._fetches = FairTurns(FETCHES)
        self._decoders = decoders

    async def keep(
        self, request_id: RequestId, given: GivenPictures, requester: Hashable, *, needs_mask: bool = False
    ) -> SourceImages | None:
        """Verify and store the pictures; None when there are none. A mask without an image is not looked at.

        `needs_mask`: there must be a mask, or transparency in the image.
        Raises the refusals of requests.md §5.4, and `TooManyPictures`; nothing is kept then.
        """
        if not given.image and not given.extra:
            return None
        kept: list[str] = []
        return await self._in_time(self._keep(request_id, given, requester, kept, needs_mask=needs_mask), kept)

    async def keep_picture(self, interrogation_id: RequestId, text: str, requester: Hashable) -> Recompressed:
        """Verify and store the picture of an interrogation, as `image_key`; raises as `keep`, also for many tiles."""
        key = image_key(interrogation_id)

        async def keep() -> Recompressed:
            picture = await self._read("source_image", text, requester, _for_alchemists)
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

    async def _keep(
        self, request_id: RequestId, given: GivenPictures, requester: Hashable, kept: list[str], *, needs_mask: bool
    ) -> SourceImages:
        """One after another, so that a request holds one picture at a time; `kept` grows with what may be stored."""

        async def put(key: str, picture: Recompressed) -> str:
            kept.append(key)
            await self._blobs.put(key, picture.webp)
            return key

        image, mask, pixels = None, None, 0
        if given.image:
            picture = await self._read("source_image", given.image, requester)
            pixels = picture.width * picture.height
            if needs_mask and not given.mask and not picture.has_alpha:
                raise InpaintingMissingMask
            image = await put(image_key(request_id), picture)
            if given.mask:
                mask = await put(mask_key(request_id), await self._read("source_mask", given.mask, requester))
        extra = [
            ExtraSource(
                await put(
                    extra_key(request_id, index), await self._read(f"{given.extra_field}{index}", text, requester)
                ),
                strength,
            )
            for index, (text, strength) in enumerate(given.extra)
        ]
        return SourceImages(image, mask, tuple(extra), pixels)

    async def _read(
        self, field: str, text: str, requester: Hashable, recompress: Recompress | None = None
    ) -> Recompressed:
        """The picture that a field of the body gives; refusals say which field."""
        encode = recompress or _for_dreamers
        try:
            if text[:4].lower() == "http":
                async with self._fetches.turn(requester):
                    fetched = await self._fetch(text)
                    return await self._decoders.run(requester, partial(_from_address, fetched, encode))
            return await self._decoders.run(requester, partial(_from_base64, text, encode))
        except SourceRefused as refusal:
            raise type(refusal)(f"`{field}`: {refusal.message}") from None

    async def _fetch(self, url: str) -> bytes:
        """What lies there, whatever the status says: an error page is no image (requests.md §5)."""
        try:
            found = await self._fetcher.get(url, max_bytes=MAX_FETCHED_BYTES, time_limit_s=FETCH_LIMIT_S)
        except TooManyBytes:
            raise SourceImageSizeExceeded from None
        except FetchFailed as error:
            log.info("source_image.not_fetched", reason=type(error.__cause__ or error).__name__)
            raise AddressNotFetched from None
        return found.body


def _from_address(data: bytes, recompress: Recompress, room: PixelRoom) -> Recompressed:
    try:
        return recompress(data, room)
    except NotAnImage as found:
        if data:
            raise SourceImageUrlInvalid(
                f"What lies at the address is {found}: it must lead to a WebP, PNG or JPEG file itself."
            ) from None
        raise SourceImageUnreadable from None
    except UnusableImage as found:
        raise SourceImageUnreadable(f"What lies at the address cannot be read as an image: it is {found}.") from None


def _from_base64(text: str, recompress: Recompress, room: PixelRoom) -> Recompressed:
    """Leniently: characters outside the alphabet are skipped, as is a `data:` URI's beginning."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    if len(text) > MAX_IMAGE_BYTES * 4 // 3 + 4:
        raise SourceImageSizeExceeded
    try:
        return recompress(base64.b64decode(text), room)
    except UnusableImage as found:
        raise ImageValidationFailed(
            f"The image could not be read, as it is {found}: send a WebP, PNG or JPEG file as base64."
        ) from None
    except ValueError:
        raise ImageValidationFailed from None


def _recompressed(data: bytes, quality: Callable[[int], int], room: PixelRoom) -> Recompressed:
    try:
        return recompressed(data, max_pixels=MAX_PIXELS, quality=quality, room=room)
    except TooManyPixels:
        raise SourceImageResolutionExceeded from None


def _for_dreamers(data: bytes, room: PixelRoom) -> Recompressed:
    return _recompressed(data, quality_of, room)


def _for_alchemists(data: bytes, room: PixelRoom) -> Recompressed:
    """Not too long and narrow, and kept so well that enlarging shows nothing of it."""
    seen = examined(data, to_the_end=False)
    if tiles(seen.width, seen.height) > MOST_TILES or max(seen.width, seen.height) > MAX_SIDE_PIXELS:
        raise SourceImageResolutionExceeded(
            f"The image is too large: at most 3072×3072 pixels, {MOST_TILES} tiles of 512×512 and "
            f"{MAX_SIDE_PIXELS} pixels a side."
        )
    return _recompressed(data, lambda _: _QUALITY_FOR_ALCHEMISTS, room)
