"""Delivered images: uploaded to the job's address before, or sent as base64 (workers.md §8.9)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import partial
from typing import Any, TypedDict

import msgspec

from horde_server.blobs.decoding import Decoders, PixelRoom
from horde_server.blobs.images import MAX_ENCODED_PIXELS, as_webp, is_thumbnail, needs_encoding
from horde_server.blobs.store import BlobStore
from horde_server.blobs.structure import (
    MAX_IMAGE_BYTES,
    ReadAt,
    Seen,
    UnusableImage,
    examined,
    examined_at,
)
from horde_server.dispatch.held_jobs import HeldJob
from horde_server.dispatch.schemas import Metadata
from horde_server.dispatch.store import Generation
from horde_server.dispatch.submission import NOTHING_TOLD, FollowUp, Kept, Submit, Told, UnusableResult
from horde_server.requests.image.missed_uploads import MissedUploads
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.result_sizes import ResultSizes, sizes_of_image
from horde_server.requests.image.sharing.service import SharedImages
from horde_server.requests.pictures.result_links import result_key
from horde_server.webhooks.hook import Announcement, Picture

UPLOADED = "R2"
SHORT_CHARACTERS = 1024 * 1024
"""Base64 that is decoded at once, in about a millisecond."""


class ImageResults:
    """Images as `Results`: what is kept of one is its key in the store."""

    def __init__(
        self, blobs: BlobStore, shared: SharedImages, missed_uploads: MissedUploads, decoders: Decoders
    ) -> None:
        self._blobs = blobs
        self._shared = shared
        self._missed_uploads = missed_uploads
        self._decoders = decoders

    async def keep(self, job: HeldJob[ImageOrder], generation: str, *, censored: bool) -> Kept:
        """The key of the image, whose size must fit the order; a censored one may have any small size."""
        return await self.keep_image(job, generation, sizes_of_image(job.order, censored=censored))

    async def keep_image(self, job: HeldJob[Any], generation: str, sizes: ResultSizes) -> Kept:
        """The key of the image, which must be there, or be given: whole, by its structure, and not too large.

        Raises `UnusableResult`; and `TooManyPictures` or `BlobStoreFailed`, with which the job stays its worker's.
        """
        key = result_key(job.id)
        try:
            if generation == UPLOADED:
                seen = await self._claim(job, key)
                sizes.check(seen)
            else:
                seen, webp = await self._webp(job.owner_id, generation, sizes)
                await self._blobs.put(key, webp)
        except UnusableImage as found:
            raise UnusableResult(
                f"The image of this job is {found}, so the job went back into the queue: upload a WebP to the address "
                "of the job before submitting, or send it as base64."
            ) from None
        return Kept(key, sizes.unpaid(seen))

    async def _claim(self, job: HeldJob[Any], key: str) -> Seen:
        """Take what was uploaded, byte for byte; and note of the worker whether something was."""

        def examine(read_at: ReadAt, size_bytes: int) -> Seen:
            return _still(examined_at(read_at, size_bytes))

        try:
            seen = await self._blobs.claim(key, examine)
            if seen is None:
                raise UnusableImage("missing")
        except UnusableImage:
            self._missed_uploads.missed(job.worker_id)
            raise
        self._missed_uploads.arrived(job.worker_id)
        return seen

    async def _webp(self, owner_id: int, text: str, sizes: ResultSizes) -> tuple[Seen, bytes]:
        """The image that came inline; only what is no WebP, or lies there turned, is decoded."""
        if len(text) > MAX_IMAGE_BYTES * 4 // 3 + 4:
            raise UnusableImage(f"larger than {MAX_IMAGE_BYTES // 2**20} MiB")
        if len(text) <= SHORT_CHARACTERS:
            data = _from_base64(text)
        else:
            data = await self._decoders.run(owner_id, partial(_from_base64, text))
        seen = _still(examined(data))
        sizes.check(seen)
        if not needs_encoding(seen):
            return seen, data
        if is_thumbnail(data, seen):
            return seen, as_webp(data)
        if seen.pixels > MAX_ENCODED_PIXELS:
            raise UnusableImage("too large to be turned into a WebP here")
        return seen, await self._decoders.run(owner_id, partial(as_webp, data))

    def follow_up(self, job: HeldJob[ImageOrder], seed: int, *, censored: bool) -> FollowUp | None:
        """Sharing, for who opted in; never of a picture that stands for a withheld one."""
        if not job.order.shared or censored:
            return None
        return lambda conn: self._shared.share(conn, job, seed)

    def remarks(self, body: Submit) -> Sequence[Metadata]:
        """As sent: of the state only `faulted` has an effect for images."""
        return body.gen_metadata

    def told(self, body: Submit) -> Told:
        """Nothing."""
        return NOTHING_TOLD

    def is_censored(self, body: Submit) -> bool:
        """A remark of type `censorship` says so (workers.md §8.7)."""
        return any(remark.type == "censorship" for remark in body.gen_metadata)

    def announcement(self, made: Generation, order: ImageOrder) -> Announcement:
        """As in a status, but the seed is a number and there is no `state` (webhooks.md §3.1)."""
        return Announcement({"seed": made.seed, **described(made)}, Picture(("img",), made.result, inline=not order.r2))


class DescribedImage(TypedDict):
    """What a status and a webhook tell of an image alike, by the names of the API."""

    id: str
    censored: bool
    gen_metadata: list[dict[str, str]]
    worker_id: str
    worker_name: str
    model: str


def described(made: Generation) -> DescribedImage:
    """All of a delivered image but the image and its seed."""
    return {
        "id": str(made.id),
        "censored": made.censored,
        "gen_metadata": msgspec.json.decode(made.gen_metadata),
        "worker_id": str(made.worker_id),
        "worker_name": made.worker_name,
        "model": made.model,
    }


def _from_base64(text: str, room: PixelRoom | None = None) -> bytes:
    """Leniently, as everywhere. `room`: nothing is decoded that would need it."""
    try:
        return base64.b64decode(text)
    except ValueError:
        raise UnusableImage("neither `R2` nor base64") from None


def _still(seen: Seen) -> Seen:
    if seen.is_animated:
        raise UnusableImage("an animation")
    return seen
