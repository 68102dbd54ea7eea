"""Which store for which purpose: the one place that knows what is kept where, and for how long.

| purpose | keys | kept |
|---|---|---|
| results | `<job id>.webp`; until it is delivered `<job id>_upload.webp` | a while after their request has gone |
| sources | `<request id>_src.webp`, `_msk.webp`, `_exra_src_<n>.webp` | as long as their request |
| shared | `<job id>.webp`, `<job id>.json` | until somebody takes them back |
| evidence | `<new id>.json` | until the operator removes it |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from horde_server.blobs.folder import FolderStore
from horde_server.blobs.object_store import ObjectStore
from horde_server.blobs.signing import ROUTE, UrlSigner
from horde_server.blobs.store import BlobStore
from horde_server.settings import Settings


class Purpose(StrEnum):
    """What a blob is kept for that the horde deletes; stands in durable tasks, so no value is ever renamed."""

    RESULTS = "results"
    SOURCES = "sources"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class BlobStores:
    """A store for each purpose. Without one, that purpose is turned off."""

    results: BlobStore
    sources: BlobStore
    shared: BlobStore | None = None
    evidence: BlobStore | None = None

    def of(self, purpose: Purpose) -> BlobStore | None:
        """The store of a purpose; None where it is turned off."""
        return {Purpose.RESULTS: self.results, Purpose.SOURCES: self.sources, Purpose.SHARED: self.shared}[purpose]

    @property
    def transient(self) -> tuple[BlobStore, ...]:
        """Those where nothing stays for good, each once."""
        return (self.results,) if self.sources is self.results else (self.results, self.sources)

    @property
    def served(self) -> tuple[FolderStore, ...]:
        """Those whose signed addresses are routes of ours."""
        return tuple(store for store in self.transient if isinstance(store, FolderStore))


def open_blob_stores(
    settings: Settings, signing_secret: bytes, clock: Callable[[], float], link_clock: Callable[[], float] | None = None
) -> BlobStores:
    """The stores that the settings name; sources lie with the results unless they say otherwise.

    `link_clock` dates the signed addresses of our own routes: one that stands still while the horde is down, so that
    an address is good for as long as somebody could have used it.
    """

    def opened(place: str, purpose: str = "") -> BlobStore:
        return open_blob_store(place, UrlSigner(signing_secret, link_clock or clock, ROUTE + purpose), clock)

    results = opened(settings.blobs or str(settings.data / "blobs"))
    return BlobStores(
        results=results,
        sources=opened(settings.source_blobs, "sources/") if settings.source_blobs else results,
        shared=opened(settings.shared_blobs, "shared/") if settings.shared_blobs else None,
        evidence=opened(settings.prompt_evidence, "evidence/") if settings.prompt_evidence else None,
    )


def open_blob_store(place: str, signer: UrlSigner, clock: Callable[[], float]) -> BlobStore:
    """A bucket (`s3://bucket/prefix?endpoint=…`), or a folder."""
    return ObjectStore(place, clock) if place.startswith("s3://") else FolderStore(Path(place), signer, clock)
