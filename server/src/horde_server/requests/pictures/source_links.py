"""A request's pictures in a pop's answer (workers.md §7.4): addresses signed at hand-out, or base64."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TypedDict

from horde_server.blobs.store import BlobStore
from horde_server.errors import HordeError
from horde_server.requests.pictures.result_links import LEASE_GRACE_S, LINK_LIFETIME_S
from horde_server.requests.pictures.source_images import SourceImages


class SourceImageGone(HordeError):
    """The request went while it was handed out: ask for another job."""

    status, rc = 410, "RequestExpired"


class HandedExtra(TypedDict):
    """A picture of a remix, by the names of the API."""

    image: str
    strength: float


@dataclass(frozen=True, slots=True)
class HandedSources:
    """`source_image`, `source_mask` and `extra_source_images` of a pop's answer."""

    image: str | None = None
    mask: str | None = None
    extra: list[HandedExtra] | None = None


class SourceLinks:
    """Gives workers the pictures of the jobs they got."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    async def link(self, key: str, *, ttl_s: int, base_url: str) -> str:
        """The address of a picture; it outlives the job's lease of `ttl_s` seconds."""
        return await self._blobs.signed_get_url(key, max(LINK_LIFETIME_S, ttl_s + LEASE_GRACE_S), base_url)

    async def hand_out(
        self, sources: SourceImages, *, ttl_s: int, base_url: str, takes_links: bool, takes_extra: bool
    ) -> HandedSources:
        """The pictures for a worker: by address, or inline for bridges without `r2_source` (`takes_links` False).

        Extra pictures go only to who can use them.
        """

        async def given(key: str) -> str:
            if takes_links:
                return await self.link(key, ttl_s=ttl_s, base_url=base_url)
            data = await self._blobs.get(key)
            if data is None:
                raise SourceImageGone
            return base64.b64encode(data).decode()

        return HandedSources(
            image=await given(sources.image) if sources.image else None,
            mask=await given(sources.mask) if sources.mask else None,
            extra=[{"image": await given(source.key), "strength": source.strength} for source in sources.extra]
            if takes_extra and sources.extra
            else None,
        )
