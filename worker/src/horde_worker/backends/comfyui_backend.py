"""A ComfyUI that the owner runs, as a backend: pictures by graphs over its own API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Self

import structlog

from horde_worker.backends.comfyui.abilities import OPTIONS, Additions, Wishes, abilities_of
from horde_worker.backends.comfyui.architectures import Architectures
from horde_worker.backends.comfyui.execution import GraphRefused
from horde_worker.backends.comfyui.graph import OVER_SOCKET
from horde_worker.backends.comfyui.local_models import LocalModel, Models, local_models
from horde_worker.backends.comfyui.ordering import Files, ordered
from horde_worker.backends.comfyui.others import Others
from horde_worker.backends.comfyui.painter import Painter, free
from horde_worker.backends.comfyui.shared_folders import SharedFolder
from horde_worker.backends.comfyui.stock import Stock, read_embeddings, read_loras, read_stock
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import ImageAbilities, ImageEvent, ImageJob, ImageResult
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.normalise.baselines import Baseline, native_side
from horde_worker.backends.over_http.attendance import SELF_TEST_LIMIT_S, Attendance, tells_if_lost
from horde_worker.backends.over_http.options import ServerOptions
from horde_worker.backends.over_http.server import BackendServer

DEFAULT_URL: Final = "http://127.0.0.1:8188"

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
        self.slots = options.slots or 1
        """Jobs at a time. ComfyUI paints one; a second waits in its queue meanwhile, and begins without a pause."""
        self._wishes = wishes
        self._attendance: Attendance[Known] = Attendance(server.name, self._look, self._self_test)
        self._painter = Painter(server)
        self._ever_offered: set[str] = set()
        self._told_missing: tuple[str, ...] = ()
        self._architectures = Architectures(server)
        self._others = Others(server, lambda: self._painter.client_ids)
        self._loras = SharedFolder("loras_folder", wishes.loras_folder, lambda: read_loras(server))
        self._embeddings = SharedFolder("embeddings_folder", wishes.embeddings_folder, lambda: read_embeddings(server))

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        """Look what is there and have the smallest picture painted. Raises `BackendFailure`."""
        options = ServerOptions.read(settings, default_url=DEFAULT_URL, also=OPTIONS)
        wishes = Wishes.read(settings)
        server = BackendServer("ComfyUI", options)
        try:
            backend = cls(server, options, wishes)
            await backend._attendance.start()
        except BaseException:
            await server.aclose()
            raise
        backend._others.start()
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

    @property
    def used_by_others(self) -> bool:
        """Whether there is something in its queue that is not ours."""
        return self._others.are_at_work

    async def self_test(self) -> None:
        """Paint the smallest picture. Raises `BackendFailure`."""
        await self._self_test(self._attendance.abilities)

    async def unload(self) -> None:
        """Have the server let go of its models until the next job."""
        await free(self._server)

    async def close(self) -> None:
        """Look no more, close the connections."""
        await self._others.aclose()
        await self._attendance.aclose()
        await self._server.aclose()

    async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
        """Paint every picture of the job. A job that is closed is taken out of the server's queue, or interrupted."""
        deadline = asyncio.get_running_loop().time() + job.ttl_s
        try:
            known = self._attendance.abilities
            model = self._model(known, job.model)
            plan = ordered(job, model, known.stock, await self._files(job))
            async with aclosing(self._painter.paint(job, plan, deadline)) as events:
                async for event in events:
                    yield event
        except GraphRefused as refused:
            self._attendance.lost(str(refused))  # a file may be gone: what there is is read again
            raise
        except BackendFailure as failure:
            raise tells_if_lost(self._attendance, failure) from failure

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
        models = local_models(stock, self._wished_models, await self._architectures.of(stock.checkpoints))
        if models.missing and models.missing != self._told_missing:
            log.warning("worker.comfyui_models_missing", missing=list(models.missing))
        self._told_missing = models.missing
        if not models.ready:
            told = f": {'; '.join(models.missing[:5])}" if models.missing else ""
            raise BackendFailure(f"{self._server.name} has no model to offer{told}")
        self._ever_offered.update(model.name for model in models.ready)
        self._painter.has_socket_node = OVER_SOCKET in stock.nodes
        additions = Additions(await self._loras.is_shared(), await self._embeddings.is_shared())
        return Known(stock, models, abilities_of(stock, models, self._wishes, additions))

    async def _self_test(self, known: Known) -> None:
        """The smallest picture, of the smallest kind of model. Raises `BackendFailure`."""
        model = min(known.models.ready, key=lambda one: (native_side(one.baseline), one.is_inpainting))
        is_cascade = model.baseline == Baseline.stable_cascade
        side = _SELF_TEST_SIDE_OF_CASCADE if is_cascade else _SELF_TEST_SIDE
        job = _smallest_job(model.name, side)
        plan = ordered(job, model, known.stock, Files())
        deadline = asyncio.get_running_loop().time() + job.ttl_s
        async with aclosing(self._painter.paint(job, plan, deadline)) as events:
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
