"""The seam: what a store of images can do. `tests/blobs` holds every implementation to the same behaviour."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple, Protocol

from horde_server.errors import HordeError

BEGINNING_BYTES = 32
RETRY_AFTER_S = 5

_KEY = re.compile(r"[0-9a-f]{2}[0-9a-zA-Z_-]{1,98}\.(webp|json)")


class BlobStoreFailed(HordeError):
    """The store of images is not available for the moment: please try again."""

    status, rc = 503, None

    def __init__(self) -> None:
        super().__init__()
        self.headers["Retry-After"] = str(RETRY_AFTER_S)


ID_CHARACTERS = 36
"""Every key begins with an id: of a job (its result) or a request (its pictures)."""


def is_key(text: str) -> bool:
    """Whether the text may name a blob: an id with its ending, nothing that could leave the store's folder."""
    return _KEY.fullmatch(text) is not None


def content_type(key: str) -> str:
    """The media type that a key's ending tells."""
    return "application/json" if key.endswith(".json") else "image/webp"


class Glimpse(NamedTuple):
    """What a look at a blob shows without fetching it."""

    beginning: bytes  # BEGINNING_BYTES at most: enough to tell a picture from something else
    size_bytes: int


class BlobStore(Protocol):
    """Keeps small binary objects by key (see `is_key`). Raises `BlobStoreFailed` when it cannot be reached."""

    async def put(self, key: str, data: bytes, prepare: Callable[[bytes], bytes] | None = None) -> None:
        """Store, replacing what was there; whole or not at all.

        `prepare` says in another thread what is to be kept of the data; what it raises is raised, and nothing is kept.
        """

    async def get(self, key: str) -> bytes | None:
        """The content, or None."""

    async def get_all(self, keys: Sequence[str]) -> list[bytes | None]:
        """`get` for each key, at once."""

    async def look(self, key: str) -> Glimpse | None:
        """The first bytes and the size, or None."""

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove; what is not there is no error."""

    async def signed_put_url(self, key: str, ttl_s: int, base_url: str) -> str:
        """An address good for `ttl_s` seconds where anyone may PUT this blob, without a key."""

    async def signed_get_url(self, key: str, ttl_s: int, base_url: str) -> str:
        """An address good for `ttl_s` seconds where anyone may GET this blob, without a key."""

    async def sweep(self, older_than_s: float, spared: Collection[str] = ()) -> int:
        """Remove blobs stored longer ago than this, but for those whose key begins with a spared id; how many.

        What is no blob of ours (see `is_key`) stays.
        """
