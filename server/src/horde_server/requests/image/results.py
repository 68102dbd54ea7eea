"""Delivered images: uploaded to the job's address before, or sent as base64 (generation.md §3.7 step 8)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from horde_server.blobs.images import UnusableImage, as_webp, looks_like_image, thumbnail_as_webp
from horde_server.blobs.store import BlobStore
from horde_server.dispatch.held_jobs import HeldJob
from horde_server.dispatch.schemas import Metadata
from horde_server.dispatch.store import Generation
from horde_server.dispatch.submission import FollowUp, Submit
from horde_server.requests.image.missed_uploads import MissedUploads
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.result_links import result_key
from horde_server.requests.image.sharing.service import SharedImages
from horde_server.webhooks.hook import Announcement, Picture

UPLOADED = "R2"


class ImageResults:
    """A `Results`; see there. What is kept of an image is its key in the store."""

    unusable = (
        "The image of this job is missing or unreadable, so the job went back into the queue: upload it to the address "
        "of the job before submitting, or send it as base64."
    )

    def __init__(self, blobs: BlobStore, shared: SharedImages, missed_uploads: MissedUploads) -> None:
        self._blobs = blobs
        self._shared = shared
        self._missed_uploads = missed_uploads

    async def keep(self, job: HeldJob[ImageOrder], generation: str) -> str | None:
        """See `keep_image`."""
        key = await self.keep_image(job.id, generation)
        if generation == UPLOADED:
            (self._missed_uploads.missed if key is None else self._missed_uploads.arrived)(job.worker_id)
        return key

    async def keep_image(self, job_id: UUID, generation: str) -> str | None:
        """The key of the image, which must be there, or be given, and be an image of a size we take; else None."""
        key = result_key(job_id)
        if generation == UPLOADED:
            glimpse = await self._blobs.look(key)
            return key if glimpse is not None and looks_like_image(glimpse) else None
        try:
            data = base64.b64decode(generation.encode("ascii"), validate=False)
            thumbnail = thumbnail_as_webp(data)
            if thumbnail is not None:
                await self._blobs.put(key, thumbnail)
            else:
                await self._blobs.put(key, data, prepare=as_webp)
        except (UnicodeEncodeError, binascii.Error, UnusableImage):
            return None
        return key

    def follow_up(self, job: HeldJob[ImageOrder], seed: int, *, censored: bool) -> FollowUp | None:
        """Sharing, for who opted in; never of a picture that stands for a withheld one."""
        if not job.order.shared or censored:
            return None
        return lambda conn: self._shared.share(conn, job, seed)

    def remarks(self, body: Submit) -> Sequence[Metadata]:
        """As sent: of the state only `faulted` has an effect for images."""
        return body.gen_metadata

    def is_censored(self, body: Submit) -> bool:
        """A remark of type `censorship` says so (§3.7 step 5)."""
        return any(remark.type == "censorship" for remark in body.gen_metadata)

    def announcement(self, made: Generation, order: ImageOrder) -> Announcement:
        """As in a status, but the seed is a number and there is no `state` (§2.13)."""
        return Announcement({"seed": made.seed, **described(made)}, Picture(("img",), made.result, inline=not order.r2))


def described(made: Generation) -> dict[str, Any]:
    """What a status and a webhook tell of an image alike."""
    return {
        "id": str(made.id),
        "censored": made.censored,
        "gen_metadata": msgspec.json.decode(made.gen_metadata),
        "worker_id": str(made.worker_id),
        "worker_name": made.worker_name,
        "model": made.model,
    }
