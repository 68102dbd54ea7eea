"""Addresses for images: where a worker uploads one, and where a client gets it."""

from __future__ import annotations

from uuid import UUID

from horde_server.blobs.store import BlobStore
from horde_server.dispatch.ids import JobId

LINK_LIFETIME_S = 1800
"""Signed addresses are good for half an hour, or for the lease and some grace where that is longer."""
LEASE_GRACE_S = 300


def result_key(job_id: UUID) -> str:
    """Where the image of a job is kept."""
    return f"{job_id}.webp"


class ResultLinks:
    """Signs blob addresses that begin with the base that they are given."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    async def upload(self, job_id: JobId, ttl_s: int, base_url: str) -> str:
        """Where the worker PUTs the image of a job that is its own for so many seconds."""
        return await self._blobs.signed_put_url(
            result_key(job_id), max(LINK_LIFETIME_S, ttl_s + LEASE_GRACE_S), base_url
        )

    async def download(self, key: str, base_url: str) -> str:
        """Where the client GETs an image."""
        return await self._blobs.signed_get_url(key, LINK_LIFETIME_S, base_url)
