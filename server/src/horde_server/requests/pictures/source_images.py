"""The pictures that come with a request, as kept: keys in the blob store, stored in an order's `sources`.

Every key begins with the id of its request (storage.md §1.2): so the sweep of old blobs spares a living request's.
"""

from __future__ import annotations

from typing import Any

import msgspec

from horde_server.dispatch.ids import RequestId
from horde_server.requests.asked import GivenPictures


class ExtraSource(msgspec.Struct, frozen=True):
    """One more picture of a remix, and how much of it."""

    key: str
    strength: float = 1.0


class SourceImages(msgspec.Struct, frozen=True, omit_defaults=True):
    """Keys of a request's pictures. Without an image there is no mask."""

    image: str | None = None
    mask: str | None = None
    extra: tuple[ExtraSource, ...] = ()
    pixels: int = 0  # of the image; 0: not known, as of requests of earlier versions

    @property
    def keys(self) -> tuple[str, ...]:
        """All blobs that go when the request goes."""
        return tuple(key for key in (self.image, self.mask, *(source.key for source in self.extra)) if key)


def planned_sources(request_id: RequestId, pictures: GivenPictures) -> SourceImages | None:
    """Where the pictures of a request will be kept; a mask counts only with an image (requests.md §5.1)."""
    if not pictures.image and not pictures.extra:
        return None
    return SourceImages(
        image=image_key(request_id) if pictures.image else None,
        mask=mask_key(request_id) if pictures.image and pictures.mask else None,
        extra=tuple(
            ExtraSource(extra_key(request_id, index), strength) for index, (_, strength) in enumerate(pictures.extra)
        ),
    )


def decode_sources(stored: Any) -> SourceImages:
    """From the JSON of a stored order."""
    return msgspec.convert(stored, SourceImages)


def image_key(request_id: RequestId) -> str:
    """Where the picture to start from is kept."""
    return f"{request_id}_src.webp"


def mask_key(request_id: RequestId) -> str:
    """Where the mask is kept."""
    return f"{request_id}_msk.webp"


def extra_key(request_id: RequestId, index: int) -> str:
    """Where the picture number `index` of a remix is kept; the spelling is the API's."""
    return f"{request_id}_exra_src_{index}.webp"
