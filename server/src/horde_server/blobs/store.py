"""The seam: what a store of images can do. `tests/blobs` holds every implementation to the same behaviour."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Protocol, TypeVar

from horde_server.blobs.file_kinds import picture_kind
from horde_server.blobs.structure import ReadAt
from horde_server.errors import HordeError

T = TypeVar("T")

RETRY_AFTER_S = 5

_UPLOADED = "_upload"
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


def media_type(key: str, beginning: bytes) -> str | None:
    """What a blob is, by its bytes; None: nothing that anybody should look at."""
    return "application/json" if key.endswith(".json") else picture_kind(beginning)


def uploaded_key(key: str) -> str:
    """Where what is uploaded for a blob waits until it is claimed; begins with the same id."""
    stem, _, ending = key.rpartition(".")
    return f"{stem}{_UPLOADED}.{ending}"


def claimed_key(key: str) -> str:
    """Where what is uploaded under this key belongs."""
    stem, _, ending = key.rpartition(".")
    return f"{stem.removesuffix(_UPLOADED)}.{ending}"


class BlobStore(Protocol):
    """Keeps small binary objects by key (see `is_key`). Raises `BlobStoreFailed` when it cannot be reached."""

    async def put(self, key: str, data: bytes) -> None:
        """Store, replacing what was there; whole or not at all."""

    async def claim(self, key: str, examine: Callable[[ReadAt, int], T]) -> T | None:
        """Make what was uploaded the blob, and tell what `examine` finds of it, by a way to read it and its size.

        From then on nothing that is uploaded replaces it, but by a claim. None where nothing was uploaded; what was
        claimed before is found again. What `examine` raises is raised, and then nobody may rely on the blob.
        """

    async def get(self, key: str) -> bytes | None:
        """The content, or None."""

    async def get_all(self, keys: Sequence[str]) -> list[bytes | None]:
        """`get` for each key, at once."""

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove; what is not there is no error."""

    async def signed_put_url(self, key: str, ttl_s: int, base_url: str) -> str:
        """An address good for `ttl_s` seconds where anyone may PUT what will be `claim`ed, without a key."""

    async def signed_get_url(self, key: str, ttl_s: int, base_url: str) -> str:
        """An address good for `ttl_s` seconds where anyone may GET this blob, without a key."""

    async def sweep(self, older_than_s: float, spared: Collection[str] = ()) -> int:
        """Remove blobs stored longer ago than this, but for those whose key begins with a spared id; how many.

        What is no blob of ours (see `is_key`) stays.
        """
