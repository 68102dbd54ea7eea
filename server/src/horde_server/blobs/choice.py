"""Which store for which purpose: the one place that knows what is kept where, and for how long.

| purpose | keys | kept |
|---|---|---|
| results | `<job id>.webp` | a while after their request has gone |
| sources | `<request id>_src.webp`, `_msk.webp`, `_exra_src_<n>.webp` | as long as their request |
| shared | `<job id>.webp`, `<job id>.json` | until somebody takes them back |
| evidence | `<new id>.json` | until the operator removes it |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from horde_server.blobs.folder import FolderStore
from horde_server.blobs.object_store import ObjectStore
from horde_server.blobs.signing import ROUTE, UrlSigner
from horde_server.blobs.store import BlobStore
from horde_server.settings import Settings


@dataclass(frozen=True, slots=True)
class BlobStores:
    """A store for each purpose. Without one, that purpose is turned off."""

    results: BlobStore
    sources: BlobStore
    shared: BlobStore | None = None
    evidence: BlobStore | None = None

    @property
    def transient(self) -> tuple[BlobStore, ...]:
        """Those where nothing stays for ever, each once."""
        return (self.results,) if self.sources is self.results else (self.results, self.sources)

    @property
    def served(self) -> Iterator[FolderStore]:
        """Those whose signed addresses are routes of ours."""
        return (store for store in self.transient if isinstance(store, FolderStore))


def open_blob_stores(settings: Settings, signing_secret: bytes, clock: Callable[[], float]) -> BlobStores:
    """The stores that the settings name; sources lie with the results unless they say otherwise."""

    def opened(place: str, route: str) -> BlobStore:
        return open_blob_store(place, UrlSigner(signing_secret, clock, route), clock)

    results = opened(settings.blobs or str(settings.data / "blobs"), ROUTE)
    return BlobStores(
        results=results,
        sources=opened(settings.source_blobs, f"{ROUTE}sources/") if settings.source_blobs else results,
        shared=opened(settings.shared_blobs, f"{ROUTE}shared/") if settings.shared_blobs else None,
        evidence=opened(settings.prompt_evidence, f"{ROUTE}evidence/") if settings.prompt_evidence else None,
    )


def open_blob_store(place: str, signer: UrlSigner, clock: Callable[[], float]) -> BlobStore:
    """A bucket (`s3://bucket/prefix?endpoint=…`), or a folder."""
    return ObjectStore(place, clock) if place.startswith("s3://") else FolderStore(Path(place), signer, clock)
