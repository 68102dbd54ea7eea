"""Delivered pictures as dialects send them: PNG, JPEG or WebP, perhaps of another size."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import Literal

from horde_server.blobs.converting import Format, converted
from horde_server.blobs.decoding import Decoders
from horde_server.blobs.store import BlobStore
from horde_server.blobs.structure import UnusableImage
from horde_server.dispatch.store import Generation
from horde_server.gateway.common.errors import RequestGone
from horde_server.requests.pictures.result_links import ResultLinks

PictureFormat = Literal["png", "jpeg", "webp"]


class DeliveredPictures:
    """The pictures of results."""

    def __init__(self, blobs: BlobStore, links: ResultLinks, decoders: Decoders) -> None:
        self._blobs = blobs
        self._links = links
        self._decoders = decoders

    async def link(self, made: Generation, base_url: str) -> str:
        """Where the client gets it, as it was delivered."""
        return await self._links.download(made.result, base_url)

    async def raw(self, made: Generation) -> bytes:
        """As it was delivered, a WebP. Raises `RequestGone` where it is not kept any more."""
        data = await self._blobs.get(made.result)
        if data is None:
            raise RequestGone
        return data

    async def encoded(
        self,
        made: Generation,
        requester: Hashable,
        *,
        kind: PictureFormat,
        quality: int | None = None,
        size: tuple[int, int] | None = None,
        text: str | None = None,
        data: bytes | None = None,
    ) -> bytes:
        """In a format; `quality` None: the best there is. `size`: width and height in pixels, where they differ.

        `text` is kept with a PNG as its `parameters`; `data` is what was made of the picture here, instead of itself.
        Converted off the event loop, within the node's room for pixels. Raises `RequestGone`, `TooManyPictures`.
        """
        if data is None:
            data = await self.raw(made)
        wanted = Format(kind, quality, size, text)
        try:
            return await self._decoders.run(requester, partial(converted, data, wanted))
        except UnusableImage:
            raise RequestGone from None
