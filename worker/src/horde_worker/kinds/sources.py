"""Fetches source pictures and masks (workers.md §7.4).

Whatever goes wrong with those of an image job is no fault of the job: it goes on without, and the result's metadata
says so. Alchemy has nothing to do without a source.
"""

from __future__ import annotations

import asyncio
import base64
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from horde_worker.backends.image import ImageJob, Remark
from horde_worker.named_places import DOWNLOAD_LIMIT_BYTES, NamedPlaces

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS: Final = 25_000_000
FORMATS: Final = ("WEBP", "PNG", "JPEG")
MAX_INLINE_CHARACTERS: Final = DOWNLOAD_LIMIT_BYTES * 4 // 3 + 1000  # of base64, with what stands before it
FETCH_LIMIT_S: Final = 40.0


class SourceFailure(Exception):
    """A source that cannot be had; `value` says why, as in the metadata."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class SourceFetcher:
    """Gets pictures from addresses that a horde sent, or from base64."""

    def __init__(self, places: NamedPlaces, limit_s: float = FETCH_LIMIT_S) -> None:
        self._places = places
        self._limit_s = limit_s

    async def filled(self, job: ImageJob) -> ImageJob:
        """The job with its source picture and mask, as far as they can be had."""
        filled, job = await asyncio.gather(self._with_source(job), self._with_extra_sources(job))
        return replace(
            filled, extra_sources=job.extra_sources, source_remarks=(*filled.source_remarks, *job.source_remarks)
        )

    async def _with_extra_sources(self, job: ImageJob) -> ImageJob:
        """Those that cannot be had are left out, and told by their place."""
        fetched = await asyncio.gather(*(self.fetched(one.given) for one in job.extra_sources))
        pairs = list(zip(job.extra_sources, fetched, strict=True))
        return replace(
            job,
            extra_sources=tuple(
                replace(one, picture=picture.convert("RGB"))
                for one, picture in pairs
                if not isinstance(picture, SourceFailure)
            ),
            source_remarks=tuple(
                Remark("extra_source_images", picture.value, str(place))
                for place, (_, picture) in enumerate(pairs)
                if isinstance(picture, SourceFailure)
            ),
        )

    async def _with_source(self, job: ImageJob) -> ImageJob:
        given = job.given
        if given is None:
            return job
        picture, mask = await asyncio.gather(self.fetched(given.picture), self._fetched_mask(given.mask))
        remarks = []
        if isinstance(picture, SourceFailure):
            remarks.append(Remark("source_image", picture.value, "source_image"))
            return replace(job, denoising_strength=1.0, source_remarks=tuple(remarks))
        if isinstance(mask, SourceFailure):
            remarks.append(Remark("source_mask", mask.value, "source_mask"))
            mask = None
        repaint = None if mask is None else mask.convert("L")
        if repaint is None and given.is_inpainting:
            repaint = transparent_part(picture)
            if repaint is None and not remarks:
                remarks.append(Remark("source_mask", "parse_failed", "source_mask"))
        return replace(job, source=picture.convert("RGB"), mask=repaint, source_remarks=tuple(remarks))

    async def _fetched_mask(self, where: str) -> Image.Image | SourceFailure | None:
        return await self.fetched(where) if where else None

    async def fetched(self, where: str) -> Image.Image | SourceFailure:
        """The picture; or why there is none."""
        try:
            if where.startswith(("http://", "https://")):
                async with asyncio.timeout(self._limit_s):
                    raw = await self._places.download(where)
            elif len(where) > MAX_INLINE_CHARACTERS:
                return SourceFailure("parse_failed")
            else:
                raw = base64.b64decode(where.partition(",")[2] if where.startswith("data:") else where, validate=True)
        except TimeoutError:
            raw = None
        except ValueError:  # no base64
            return SourceFailure("parse_failed")
        if raw is None:
            return SourceFailure("download_failed")
        try:
            return await asyncio.to_thread(decoded, raw)
        except SourceFailure as failure:
            return failure


def decoded(raw: bytes) -> Image.Image:
    """The (first) picture in these bytes, RGBA where it has transparency. Bombs are not unpacked.

    Raises `SourceFailure`.
    """
    from PIL import Image  # an idle worker has not loaded it

    try:
        image: Image.Image = Image.open(io.BytesIO(raw), formats=FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise SourceFailure("parse_failed")
        if image.mode.startswith("I"):  # 16 bits a pixel, of which Pillow would cut off the upper half
            image = image.convert("I").point(lambda value: value / 257).convert("L")
        has_alpha = "A" in image.getbands() or "transparency" in image.info
        return image.convert("RGBA" if has_alpha else "RGB")
    except SourceFailure:
        raise
    except Exception as error:
        raise SourceFailure("parse_failed") from error


def transparent_part(picture: Image.Image) -> Image.Image | None:
    """A mask from a picture's alpha channel: white where it is transparent. None without any transparency."""
    if picture.mode != "RGBA":
        return None
    from PIL import ImageChops

    repaint = ImageChops.invert(picture.getchannel("A"))
    return repaint if repaint.getbbox() else None
