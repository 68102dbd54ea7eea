"""Which store: a bucket by URL, else a folder."""

from __future__ import annotations

import time
from pathlib import Path

from horde_server.blobs.folder import FolderStore
from horde_server.blobs.object_store import ObjectStore
from horde_server.blobs.signing import UrlSigner
from horde_server.blobs.store import BlobStore


def open_blob_store(setting: str | None, default_folder: Path, signing_secret: bytes) -> BlobStore:
    """The store of `HORDE_BLOBS`: `s3://bucket?endpoint=…`, or a folder; unset: `default_folder`."""
    if setting and setting.startswith("s3://"):
        return ObjectStore(setting)
    return FolderStore(Path(setting) if setting else default_folder, UrlSigner(signing_secret, time.time))
