"""The status of an image request: how far it is, with what was delivered so far (requests.md §9)."""

from __future__ import annotations

import base64
from typing import TypedDict

import msgspec

from horde_server.blobs.store import BlobStore
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.store import Generation
from horde_server.requests.desk import RequestDesk
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.results import described
from horde_server.requests.pictures.result_links import ResultLinks
from horde_server.requests.progress import Progress, generation_state, progress_tag


class ImageGeneration(TypedDict):
    """A delivered image, by the names of the API. `img`: its address, or itself as base64."""

    img: str
    seed: str
    id: str
    censored: bool
    gen_metadata: list[dict[str, str]]
    worker_id: str
    worker_name: str
    model: str
    state: str


class ImageStatus(Progress, kw_only=True):
    """How far a request is, with its images."""

    generations: list[ImageGeneration]
    shared: bool


class ImageStatuses:
    """Tells requesters what they asked for, each picture by a link or whole, as the order says."""

    def __init__(self, *, desk: RequestDesk[ImageOrder], blobs: BlobStore, links: ResultLinks) -> None:
        self._desk = desk
        self._blobs = blobs
        self._links = links

    async def of(self, request_id: RequestId, base_url: str) -> ImageStatus:
        """The status now; links begin with `base_url`. Raises `RequestNotFound`."""
        return (await self.tagged(request_id, base_url))[0]

    async def tagged(self, request_id: RequestId, base_url: str) -> tuple[ImageStatus, bytes]:
        """The same, with its tag: links, which are others each time, are no part of that."""
        entry, progress, generations = await self._desk.delivered(request_id)
        images = await self._images(entry.order, [made.result for made in generations], base_url)
        status = ImageStatus(
            **msgspec.structs.asdict(progress),
            generations=[_told(made, image) for made, image in zip(generations, images, strict=True)],
            shared=entry.order.shared,
        )
        return status, progress_tag(entry, progress)

    async def told(self, order: ImageOrder, made: Generation, base_url: str) -> ImageGeneration:
        """One image, as in the status."""
        (image,) = await self._images(order, [made.result], base_url)
        return _told(made, image)

    async def _images(self, order: ImageOrder, keys: list[str], base_url: str) -> list[str]:
        if order.r2:
            return [await self._links.download(key, base_url) for key in keys]
        if not keys:
            return []
        return [
            base64.b64encode(data).decode() if data is not None else "N/A" for data in await self._blobs.get_all(keys)
        ]


def _told(made: Generation, image: str) -> ImageGeneration:
    told = described(made)
    state = generation_state(told["gen_metadata"], censored=made.censored)
    return {"img": image, "seed": str(made.seed), **told, "state": state}
