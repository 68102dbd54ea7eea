"""Where the images of a server lie, seen from outside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx
import obstore
from obstore.store import S3Store

PURPOSES = ("blobs", "source_blobs", "shared_blobs")


@dataclass
class Places:
    """Where a server keeps what, by the name of the setting; and what lies there, seen from outside."""

    settings: dict[str, str]

    def kept(self, purpose: str) -> set[str]:
        """The keys."""
        place = self.settings[purpose]
        if place.startswith("s3://"):
            return {found["path"] for page in obstore.list(_bucket(place)) for found in page}
        return {path.name for path in Path(place).rglob("*") if path.is_file()}

    def content(self, purpose: str, key: str) -> bytes:
        """What lies under a key."""
        place = self.settings[purpose]
        if place.startswith("s3://"):
            return bytes(obstore.get(_bucket(place), key).bytes())
        return (Path(place) / key[:2] / key).read_bytes()

    def remove(self, purpose: str, key: str) -> None:
        """Make a blob go, as an operator or a rule of the bucket might."""
        place = self.settings[purpose]
        if place.startswith("s3://"):
            obstore.delete(_bucket(place), key)
        else:
            (Path(place) / key[:2] / key).unlink()

    def everything(self) -> set[str]:
        """The keys of all purposes."""
        return set().union(*(self.kept(purpose) for purpose in self.settings))


def _bucket(place: str) -> S3Store:
    url = httpx.URL(place)
    endpoint = url.params["endpoint"]
    return S3Store(url.host, endpoint=endpoint, client_options={"allow_http": True})
