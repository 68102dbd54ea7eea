"""A ComfyUI that the owner runs, as a backend: pictures by graphs over its own API."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Self

import structlog
from PIL import Image

from horde_worker.backends.comfyui.abilities import OPTIONS, Wishes, abilities_of
from horde_worker.backends.comfyui.execution import BLANK_PNG, Execution, GraphFailed, GraphRefused, upload
from horde_worker.backends.comfyui.graph import OVER_SOCKET
from horde_worker.backends.comfyui.history import others_in_queue
from horde_worker.backends.comfyui.local_models import LocalModel, Models, local_models
from horde_worker.backends.comfyui.messages import NodeProgress, Picture
from horde_worker.backends.comfyui.order import Order
from horde_worker.backends.comfyui.ordering import Files, Ordered, ordered, with_seed, with_source
from horde_worker.backends.comfyui.picture_graph import picture_graph, sampling_steps
from horde_worker.backends.comfyui.pictures import decoded, fitted, source_png
from horde_worker.backends.comfyui.stock import Stock, read_embeddings, read_loras, read_stock
from horde_worker.backends.events import BackendFailure, Preview, Progress
from horde_worker.backends.image import ImageAbilities, ImageEvent, ImageJob, ImageResult
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.normalise.baselines import Baseline, native_side
from horde_worker.backends.normalise.source_pictures import prepared
from horde_worker.backends.over_http.attendance import SELF_TEST_LIMIT_S, Attendance, tells_if_lost
from horde_worker.backends.over_http.options import ServerOptions
from horde_worker.backends.over_http.server import BackendServer, quietly

DEFAULT_URL: Final = "http://127.0.0.1:8188"
PREVIEW_EVERY_S: Final = 1.0
_SELF_TEST_SIDE: Final = 64
_SELF_TEST_SIDE_OF_CASCADE: Final = 256

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """What a ComfyUI has and what is offered of it."""

    stock: Stock
    models: Models
    abilities: ImageAbilities


class ComfyUiBackend:
    """One ComfyUI. Pictures of a batch are graphs of their own, one after the other: each has the seed that is told
    for it, and is delivered while the next one is painted."""

    name = "comfyui"

    def __init__(self, server: BackendServer, options: ServerOptions, wishes: Wishes) -> None:
        self._server = server
        self._wished_models = options.models
        self._wishes = wishes
        self._attendance: Attendance[Known] = Attendance(server.name, self._look, self._self_test)
        self._client_ids: frozenset[str] = frozenset()
        self._source_names: set[str] = set()
        self._ever_offered: set[str] = set()
        self._told_missing: tuple[str, ...] = ()
        self._has_socket_node = False
        self.used_by_others = False
        """Whether the owner had something of his own in the queue when it was last looked at."""

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        """Look what is there and have the smallest picture painted. Raises `BackendFailure`."""
        options = ServerOptions.read(settings, default_url=DEFAULT_URL, also=OPTIONS)
        wishes = Wishes.read(settings)
        backend = cls(BackendServer("ComfyUI", options), options, wishes)
        try:
            await backend._attendance.start()
        except BaseException:
            await backend.close()
            raise
        return backend

    @property
    def makers(self) -> Makers:
        """Pictures."""
        return Makers(image=self)

    @property
    def abilities(self) -> ImageAbilities:
        """What the server can do, as of the last look."""
        return self._attendance.abilities.abilities

    @property
    def unready(self) -> str:
        """Why it cannot work just now."""
        return self._attendance.unready

    async def close(self) -> None:
        """Look no more, close the connections."""
        await self._attendance.aclose()
        await self._server.aclose()

    async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
        """Paint every picture of the job. A job that is closed is taken out of the server's queue, or interrupted."""
        deadline = asyncio.get_running_loop().time() + job.ttl_s
        try:
            known = self._attendance.abilities
            model = self._model(known, job.model)
            plan = ordered(job, model, known.stock, await self._files(job))
            async with aclosing(self._from_source(job, plan, deadline)) as events:
                async for event in events:
                    yield event
        except GraphRefused as refused:
            self._attendance.lost(str(refused))  # a file may be gone: what there is is read again
            raise
        except BackendFailure as failure:
            raise tells_if_lost(self._attendance, failure) from failure

    async def _from_source(self, job: ImageJob, plan: Ordered, deadline: float) -> AsyncGenerator[ImageEvent, None]:
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
            await quietly(self._server.post_json("/free", {"unload_models": True, "free_memory": True}))
            async with aclosing(self._executed(order, place, deadline)) as events:
                async for event in events:
                    yield event

    async def _executed(
        self, order: Order, place: int, deadline: float
    ) -> AsyncGenerator[Progress | Preview | Image.Image, None]:
        clock = asyncio.get_running_loop().time
        client_id = uuid.uuid4().hex
        self._client_ids |= {client_id}
        steps = sampling_steps(order)
        next_preview = clock()
        last: Picture | None = None
        try:
            execution = Execution(
                self._server,
                picture_graph(order).prompt,
                client_id,
                has_socket_node=self._has_socket_node,
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
            self._client_ids -= {client_id}
        assert last is not None  # an execution ends with its picture, or raises
        yield await asyncio.to_thread(decoded, last.raw)

    def _model(self, known: Known, name: str) -> LocalModel:
        """The model that a job asks for. One that was never ours is an alias, for the first."""
        found = known.models.named(name)
        if found is None and name in self._ever_offered:
            raise BackendFailure(f"ComfyUI has no model {name[:100]} any more")
        return found or known.models.ready[0]

    async def _files(self, job: ImageJob) -> Files:
        return Files(
            await read_loras(self._server) if job.loras else (),
            await read_embeddings(self._server) if job.tis else (),
        )

    async def _look(self) -> Known:
        stock = await read_stock(self._server)
        models = local_models(stock, self._wished_models)
        if models.missing and models.missing != self._told_missing:
            log.warning("worker.comfyui_models_missing", missing=list(models.missing))
        self._told_missing = models.missing
        if not models.ready:
            told = f": {'; '.join(models.missing[:5])}" if models.missing else ""
            raise BackendFailure(f"{self._server.name} has no model to offer{told}")
        self._ever_offered.update(model.name for model in models.ready)
        self._has_socket_node = OVER_SOCKET in stock.nodes
        self.used_by_others = others_in_queue(await self._server.get_json("/queue"), self._client_ids)
        return Known(stock, models, abilities_of(stock, models, self._wishes))

    async def _self_test(self, known: Known) -> None:
        """The smallest picture, of the smallest kind of model. Raises `BackendFailure`."""
        model = min(known.models.ready, key=lambda one: (native_side(one.baseline), one.is_inpainting))
        is_cascade = model.baseline == Baseline.stable_cascade
        side = _SELF_TEST_SIDE_OF_CASCADE if is_cascade else _SELF_TEST_SIDE
        job = _smallest_job(model.name, side)
        plan = ordered(job, model, known.stock, Files())
        deadline = asyncio.get_running_loop().time() + job.ttl_s
        async with aclosing(self._from_source(job, plan, deadline)) as events:
            async for event in events:
                if isinstance(event, ImageResult) and event.image.size != (side, side):
                    raise BackendFailure(f"{self._server.name} made a picture of another size than asked for")


def _smallest_job(model: str, side: int) -> ImageJob:
    return ImageJob(
        ids=("self-test",),
        model=model,
        prompt="a boat",
        negative_prompt="",
        width=side,
        height=side,
        steps=1,
        cfg_scale=1.0,
        sampler="k_euler",
        karras=False,
        seeds=(1,),
        ttl_s=SELF_TEST_LIMIT_S,
        upload_urls=(),
    )


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
