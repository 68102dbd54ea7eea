"""Addresses for images: where a worker uploads one, and where a client gets it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from fastapi import Request
from starlette.types import Scope

from horde_server.blobs.store import BlobStore

LINK_LIFETIME_S = 1800
"""Signed addresses are good for half an hour, or for the lease and some grace where that is longer."""
LEASE_GRACE_S = 300


def result_key(job_id: UUID) -> str:
    """Where the image of a job is kept."""
    return f"{job_id}.webp"


class ResultLinks:
    """Signs blob addresses against the public base URL, or the address the caller used."""

    def __init__(self, blobs: BlobStore, public_url: str | None, scheme: Callable[[Scope], str]) -> None:
        """`scheme` tells how the client of a request spoke to us, or to the proxy in front."""
        self._blobs = blobs
        self._scheme = scheme
        self._public_url = public_url.rstrip("/") if public_url else None

    def base_url(self, request: Request) -> str:
        """`HORDE_URL`, else the request's own scheme, as a trusted proxy in front names it, and host."""
        if self._public_url:
            return self._public_url
        scheme = self._scheme(request.scope)
        return f"{scheme}://{request.headers.get('host') or request.url.netloc}"  # to take the URL apart costs more

    async def upload(self, job_id: UUID, ttl_s: int, request: Request) -> str:
        """Where the worker PUTs the image of a job."""
        return await self._blobs.signed_put_url(
            result_key(job_id), max(LINK_LIFETIME_S, ttl_s + LEASE_GRACE_S), self.base_url(request)
        )

    async def download(self, key: str, request: Request) -> str:
        """Where the client GETs an image."""
        return await self._blobs.signed_get_url(key, LINK_LIFETIME_S, self.base_url(request))
