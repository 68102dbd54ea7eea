"""Pictures of a job, one after the other, at one ComfyUI."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import structlog
from PIL import Image

from horde_worker.backends.comfyui.execution import BLANK_PNG, Execution, GraphFailed, upload
from horde_worker.backends.comfyui.messages import NodeProgress, Picture
from horde_worker.backends.comfyui.order import Order
from horde_worker.backends.comfyui.ordering import Ordered, with_seed, with_source
from horde_worker.backends.comfyui.picture_graph import picture_graph, sampling_steps
from horde_worker.backends.comfyui.pictures import decoded, fitted, source_png
from horde_worker.backends.events import BackendFailure, Preview, Progress
from horde_worker.backends.image import ImageEvent, ImageJob, ImageResult
from horde_worker.backends.normalise.source_pictures import prepared
from horde_worker.backends.over_http.server import BackendServer, quietly

PREVIEW_EVERY_S: Final = 1.0

log = structlog.get_logger(__name__)


class Painter:
    """`client_ids` are ours among those in the server's queue; `has_socket_node`: pictures can come by the socket."""

    def __init__(self, server: BackendServer) -> None:
        self._server = server
        self._source_names: set[str] = set()
        self.client_ids: frozenset[str] = frozenset()
        self.has_socket_node = False

    async def paint(self, job: ImageJob, plan: Ordered, deadline: float) -> AsyncGenerator[ImageEvent, None]:
        """The pictures, after the source is there, and before it is gone again."""
        order, remarks = plan.order, plan.remarks
        wants_mask = order.model.is_inpainting and order.control is None
        source = await asyncio.to_thread(prepared, job, order.first_size, wants_mask=wants_mask)
        remarks = (*remarks, *source.remarks)
        name = ""
        try:
            if source.source is not None:
                name = self._source_names.pop() if self._source_names else f"openhorde-{uuid.uuid4().hex}.png"
                uploaded = await upload(self._server, await asyncio.to_thread(source_png, source), name)
                order = with_source(order, uploaded, has_mask=source.mask is not None)
            for place, seed in enumerate(job.seeds):
                picture: Image.Image | None = None
                async with aclosing(self._painted(with_seed(order, seed), place, deadline)) as events:
                    async for event in events:
                        if isinstance(event, Image.Image):
                            picture = event
                        else:
                            yield event
                assert picture is not None  # the last that an execution tells, or it raises
                wanted = (job.width, job.height)
                yield ImageResult(await asyncio.to_thread(fitted, picture, order.size, wanted), seed, remarks)
        finally:
            if name:
                # There is no way to delete a file; the next job with a source gets this one's place.
                await quietly(upload(self._server, BLANK_PNG, name))
                self._source_names.add(name)

    async def _painted(
        self, order: Order, place: int, deadline: float
    ) -> AsyncGenerator[Progress | Preview | Image.Image, None]:
        """What is told of one picture, and it. After running out of memory it is tried once more."""
        try:
            async with aclosing(self._executed(order, place, deadline)) as events:
                async for event in events:
                    yield event
        except GraphFailed as failed:
            if not failed.ran_out_of_memory:
                raise
            log.warning("worker.comfyui_out_of_memory", reason=str(failed))
            await quietly(free(self._server))
            async with aclosing(self._executed(order, place, deadline)) as events:
                async for event in events:
                    yield event

    async def _executed(
        self, order: Order, place: int, deadline: float
    ) -> AsyncGenerator[Progress | Preview | Image.Image, None]:
        clock = asyncio.get_running_loop().time
        client_id = uuid.uuid4().hex
        self.client_ids |= {client_id}
        steps = sampling_steps(order)
        next_preview = clock()
        last: Picture | None = None
        try:
            execution = Execution(
                self._server,
                picture_graph(order).prompt,
                client_id,
                has_socket_node=self.has_socket_node,
                limit_s=deadline - clock(),
            )
            async with aclosing(execution.run()) as told:
                async for heard in told:
                    if isinstance(heard, NodeProgress):
                        if heard.node in steps:
                            yield _progress(place, steps, heard)
                        continue
                    last = heard
                    if not heard.is_png and clock() >= next_preview:
                        next_preview = clock() + PREVIEW_EVERY_S
                        if (preview := await asyncio.to_thread(_preview, heard.raw)) is not None:
                            yield Preview(place, preview)
        finally:
            self.client_ids -= {client_id}
        assert last is not None  # an execution ends with its picture, or raises
        yield await asyncio.to_thread(decoded, last.raw)


async def free(server: BackendServer) -> None:
    """Have the server let go of its models until it needs them again."""
    await server.post_json("/free", {"unload_models": True, "free_memory": True})


def _progress(place: int, steps: dict[str, int], heard: NodeProgress) -> Progress:
    """Steps done of all passes together."""
    before = 0
    for node, count in steps.items():
        if node == heard.node:
            share = min(heard.value / heard.of, 1.0) if heard.of else 0.0
            return Progress(place, before + round(share * count), sum(steps.values()))
        before += count
    raise LookupError(heard.node)


def _preview(raw: bytes) -> Image.Image | None:
    """One that cannot be read costs nothing."""
    try:
        return decoded(raw)
    except BackendFailure:
        return None
