"""A worker on a played horde, with a maker and naps that the test holds in its hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from PIL import Image
from played_horde import LIMIT_S, PlayedHorde

from horde_worker.backends.events import Progress
from horde_worker.backends.image import ImageAbilities, ImageEvent, ImageJob, ImageMaker, ImageResult, Remark
from horde_worker.exit_codes import ExitCode
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.image.kind import ImageKind
from horde_worker.settings import OperatorWishes
from horde_worker.worker import Worker


class Painter:
    """A maker that paints one colour. `may_paint` holds it; `surprises` are done instead of painting, one a job."""

    def __init__(self) -> None:
        self.abilities = ImageAbilities(
            models=("paint",),
            max_pixels=512 * 512,
            capabilities=frozenset({"r2", "img2img", "inpainting"}),
            samplers=frozenset({"k_euler"}),
            max_batch=4,
        )
        self.jobs: list[ImageJob] = []
        self.cancelled: list[str] = []
        self.may_paint = asyncio.Event()
        self.may_paint.set()
        self.has_begun = asyncio.Event()
        self.surprises: list[Callable[[ImageJob], Sequence[ImageResult]]] = []
        self.remarks: tuple[Remark, ...] = ()

    async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
        self.jobs.append(job)
        self.has_begun.set()
        try:
            await self.may_paint.wait()
        except asyncio.CancelledError:
            self.cancelled.append(job.ids[0])
            raise
        for result in self.surprises.pop(0)(job) if self.surprises else self._painted(job):
            yield Progress(0, 1, 1)
            yield result

    def _painted(self, job: ImageJob) -> list[ImageResult]:
        image = Image.new("RGB", (job.width, job.height), "red")
        return [ImageResult(image, seed, self.remarks) for seed in job.seeds]


class Naps:
    """The worker's `sleep`: writes down how long it should be and is over at once; from `holds_from_s` on, never."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self.holds_from_s = float("inf")
        self._news = asyncio.Condition()

    async def __call__(self, seconds: float) -> None:
        async with self._news:
            self.taken.append(seconds)
            self._news.notify_all()
        if seconds >= self.holds_from_s:
            await asyncio.Event().wait()
        await asyncio.sleep(0.001)

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until a nap makes the condition true."""
        async with asyncio.timeout(LIMIT_S), self._news:
            await self._news.wait_for(condition)


@dataclass
class Workshop:
    """A worker that runs, with everything around it."""

    horde: PlayedHorde
    painter: Painter
    naps: Naps
    session: aiohttp.ClientSession
    worker: Worker[Any, Any] = field(init=False)
    running: asyncio.Task[ExitCode] = field(init=False)

    def start(
        self, *, models: Sequence[str] = ("paint",), maker: ImageMaker | None = None, **options: Any
    ) -> Worker[Any, Any]:
        """Start a worker with these options; the scripts are to be written before."""
        api = HordeApi(self.session, self.horde.url, "the key", self.naps)
        wishes = OperatorWishes(name="a worker", models=tuple(models))
        kind = ImageKind(api, "painter", maker or self.painter, wishes)
        self.worker = Worker(kind, sleep=self.naps, **options)
        self.running = asyncio.create_task(self.worker.run())
        return self.worker

    async def ended(self) -> ExitCode:
        """Wait until the worker ends by itself."""
        async with asyncio.timeout(LIMIT_S):
            return await self.running

    async def drained(self) -> ExitCode:
        """Drain the worker; how it ended."""
        self.worker.drain()
        return await self.ended()
