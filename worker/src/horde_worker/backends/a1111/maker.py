"""Pictures made by the server."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, Final

import structlog

from horde_worker.backends.a1111.additions import lacks_inversions, lacks_loras
from horde_worker.backends.a1111.answer import Painted, decoded, info_of, pictures_of
from horde_worker.backends.a1111.control import lacking as lacking_controls
from horde_worker.backends.a1111.facts import Checkpoint, Facts, Program
from horde_worker.backends.a1111.look import with_new_files
from horde_worker.backends.a1111.options import A1111Options
from horde_worker.backends.a1111.post_processors import PostProcessor, in_order, post_processors
from horde_worker.backends.a1111.progress import TaskWatch, look_at_progress
from horde_worker.backends.a1111.request import DETECT, Plan, baseline_of, in_base64, plan
from horde_worker.backends.a1111.samplers import has_karras, offered_samplers
from horde_worker.backends.events import BackendFailure, OutOfMemory
from horde_worker.backends.image import ImageAbilities, ImageEvent, ImageJob, ImageResult
from horde_worker.backends.normalise.source_pictures import filling
from horde_worker.backends.over_http.attendance import Attendance, tells_if_lost
from horde_worker.backends.over_http.server import BackendRefused, BackendServer

log = structlog.get_logger(__name__)

MAX_BATCH: Final = 8
"""As many as the programs' own pages allow."""
_GIB: Final = 1024**3
_PIXELS_BY_VRAM: Final = ((20 * _GIB, 2048 * 2048), (10 * _GIB, 1536 * 1536), (6 * _GIB, 1024 * 1024))
_PIXELS_ELSE: Final = 768 * 768
_PIXELS_IF_UNTOLD: Final = 1024 * 1024
_ANSWER_BYTES_PER_PIXEL: Final = 6
"""A PNG in base64 has four at most, and what stands around it."""
_STOP_LIMIT_S: Final = 2.0
_UNLOAD_LIMIT_S: Final = 30.0
_OUT_OF_MEMORY: Final = re.compile(r"OutOfMemory|out of memory", re.IGNORECASE)
_SPARE_BYTES: Final = 4 * 1024 * 1024


class A1111Maker:
    """Implements `ImageMaker`."""

    def __init__(
        self,
        server: BackendServer,
        options: A1111Options,
        attendance: Attendance[Facts],
        try_out: Callable[[Facts], Awaitable[None]],
    ) -> None:
        self._server = server
        self._options = options
        self._attendance = attendance
        self._try_out = try_out
        self._jobs = 0
        self._told_lacking: list[str] = []
        self._proven: set[PostProcessor] = set()
        self._stopping: set[asyncio.Task[None]] = set()
        self.has_tiling = False
        """Whether a picture came out otherwise with it than without."""
        self.used_by_others = False
        """Whether the server was at somebody else's work when it was last looked at."""

    @property
    def abilities(self) -> ImageAbilities:
        """From what the server has."""
        return self.abilities_of(self._attendance.abilities)

    @property
    def unready(self) -> str:
        """Why the server cannot work just now."""
        return self._attendance.unready

    @property
    def slots(self) -> int:
        """Jobs at a time. The server does one after the other: a second waits there, instead of at the worker."""
        return self._options.server.slots or 1

    def abilities_of(self, facts: Facts) -> ImageAbilities:
        """What these facts allow."""
        models = self._models(facts)
        is_whole = facts.program != Program.PART
        words = {"r2", "r2_source", "img2img", "inpainting"}
        if has_karras(facts):
            words.add("karras")
        if is_whole:
            words.add("clip_skip")
        if self.has_tiling:
            words.add("tiling")
        if facts.latent_upscaler:
            words.add("hires_fix")
        if is_whole and (self._options.loras_folder or (self._options.loras and facts.loras)):
            words |= {"lora", "lora_versions"}
        if is_whole and (self._options.embeddings_folder or (self._options.tis and facts.embeddings)):
            words.add("textual_inversion")
        if offered := self.processors(facts):
            words |= {"post-processing", *offered}
        if not self._lacks_controls(facts, models):
            words |= {"controlnet", "image_is_control", "return_control_map"}
        return ImageAbilities(
            models=tuple(models),
            max_pixels=self._options.max_pixels or _max_pixels(facts),
            capabilities=frozenset(words),
            samplers=offered_samplers(facts),
            max_batch=MAX_BATCH if is_whole else 1,
            knows_nsfw=True,
            previews=True,
        )

    def processors(self, facts: Facts) -> dict[str, PostProcessor]:
        """What can be done with finished pictures: what the server has and what came out of its trial."""
        return {
            name: proven[0]
            for name, found in self.untried_processors(facts).items()
            if (proven := [one for one in found if one in self._proven])
        }

    def untried_processors(self, facts: Facts) -> Mapping[str, tuple[PostProcessor, ...]]:
        """What the server and its owner say that it has."""
        return post_processors(facts, self._options.face_fixers)

    def model_of(self, facts: Facts, local: str) -> str:
        """What the horde calls the model that the server calls so; empty where it is not offered."""
        return next((name for name, one in self._models(facts).items() if one.is_called(local)), "")

    def proven(self, processor: PostProcessor) -> None:
        """Its trial had a result."""
        self._proven.add(processor)

    async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
        """Have it painted, tell how far it is, and do with each picture what is wanted besides."""
        async with aclosing(self.make_with(self._attendance.abilities, job)) as events:
            async for event in events:
                yield event

    async def make_with(self, facts: Facts, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
        """The same, before it is known that the server can: as it is tried out."""
        checkpoint = self._checkpoint(facts, job.model)
        post = in_order(job.post_processing, self.processors(facts))
        task = f"horde-{uuid.uuid4()}"
        self._jobs += 1
        try:
            facts = await self._with_files(facts, job)
            planned = await asyncio.to_thread(plan, job, facts, self._options, checkpoint, task)
            async with aclosing(self._painted(job, facts, planned, post, task)) as events:
                async for event in events:
                    yield event
        except BackendFailure as failure:
            if isinstance(failure, BackendRefused) and _OUT_OF_MEMORY.search(failure.told):
                raise OutOfMemory(str(failure)) from failure
            raise tells_if_lost(self._attendance, failure) from failure.__cause__
        finally:
            self._jobs -= 1

    async def post_process(self, processor: PostProcessor, image: str, strength: float, limit_s: float) -> str:
        """One picture with this done to it, both in base64. Raises `BackendFailure`."""
        answer = await self._server.post_json(
            "/sdapi/v1/extra-single-image",
            processor.body(image, strength),
            limit_bytes=len(image) * 2 * processor.factor**2 + 16 * _SPARE_BYTES,
            limit_s=limit_s,
        )
        found = answer.get("image") if isinstance(answer, Mapping) else None
        if not isinstance(found, str) or not found:
            raise BackendFailure(f"the server answered {processor.name} without a picture")
        return found

    async def self_test(self) -> None:
        """Have it paint the smallest picture. Raises `BackendFailure`."""
        await self._try_out(self._attendance.abilities)

    async def unload(self) -> None:
        """Let go of the model, and of the memory that it takes; the next job loads one again."""
        await self._server.post_json("/sdapi/v1/unload-checkpoint", {}, limit_s=_UNLOAD_LIMIT_S)

    async def look_whether_used(self) -> None:
        """See whether the owner uses the server himself; what we do there does not count."""
        seen = await look_at_progress(self._server)
        self.used_by_others = seen.is_busy and not self._jobs

    async def aclose(self) -> None:
        """End what is still watched in order to be stopped; what can be stopped now, is."""
        if self._stopping:
            await asyncio.wait(self._stopping, timeout=_STOP_LIMIT_S)
        for task in self._stopping:
            task.cancel()
        await asyncio.gather(*self._stopping, return_exceptions=True)

    async def _painted(
        self, job: ImageJob, facts: Facts, planned: Plan, post: tuple[PostProcessor, ...], task: str
    ) -> AsyncGenerator[ImageEvent, None]:
        watch = TaskWatch(self._server, facts, task, was_idle=await self._is_idle())
        answering = asyncio.ensure_future(self._ask(job, planned))
        try:
            async with aclosing(watch.until(answering)) as events:
                async for event in events:
                    yield event
            answer = await answering
        except BackendRefused:
            raise  # it is not at it any more
        except BaseException:
            answering.cancel()
            self._stop(watch)
            raise
        pictures = await asyncio.to_thread(_read, answer, job, planned)
        for picture in pictures:
            image = picture.image
            if image.size != (job.width, job.height):
                image = await asyncio.to_thread(filling, image, (job.width, job.height))
            if post:
                image = await self._post_processed(job, post, image)
            yield ImageResult(image, picture.seed, planned.remarks)

    async def _ask(self, job: ImageJob, planned: Plan) -> Any:
        count = max(len(job.ids), 1)
        pixels = planned.size[0] * planned.size[1]
        return await self._server.post_json(
            planned.path,
            planned.body,
            limit_bytes=(count + 1) * pixels * _ANSWER_BYTES_PER_PIXEL + _SPARE_BYTES,
            limit_s=job.ttl_s,
        )

    async def _post_processed(self, job: ImageJob, post: tuple[PostProcessor, ...], image: Any) -> Any:
        held = await asyncio.to_thread(in_base64, image)
        for processor in post:
            held = await self.post_process(processor, held, job.facefixer_strength, job.ttl_s)
        return await asyncio.to_thread(decoded, held)

    async def _with_files(self, facts: Facts, job: ImageJob) -> Facts:
        """The facts with what the worker has just put into the server's folders for this job."""
        options = self._options
        loras = bool(options.loras_folder) and lacks_loras(job, facts, options)
        embeddings = bool(options.embeddings_folder) and lacks_inversions(job, facts, options)
        return await with_new_files(self._server, facts, loras=loras, embeddings=embeddings)

    async def _is_idle(self) -> bool:
        return not (await look_at_progress(self._server)).is_busy

    def _stop(self, watch: TaskWatch) -> None:
        """In the background: a task that waits behind the owner's own can be stopped only when it begins."""
        stopping = asyncio.ensure_future(watch.stop())
        self._stopping.add(stopping)
        stopping.add_done_callback(self._stopping.discard)

    def _models(self, facts: Facts) -> dict[str, Checkpoint]:
        """The horde's names and the models: those of the owner's table that are there, else all by their own names."""
        if self._options.server.models:
            table = self._options.server.models.items()
            found = {name: facts.checkpoint(local) for name, local in table}
            return {name: checkpoint for name, checkpoint in found.items() if checkpoint is not None}
        return {checkpoint.name: checkpoint for checkpoint in facts.checkpoints}

    def _checkpoint(self, facts: Facts, model: str) -> Checkpoint:
        """The model of a job; an alias is served by the first."""
        models = self._models(facts)
        if not models:
            raise BackendFailure("the server has none of the models that it is to serve")
        if model in self._options.server.models and model not in models:
            raise BackendFailure(f"the server has lost the model {model}"[:255])
        return models.get(model) or next(iter(models.values()))

    def _lacks_controls(self, facts: Facts, models: Mapping[str, Checkpoint]) -> bool:
        lacks = lacking_controls(
            facts.controlnets, {baseline_of(name, one, self._options) for name, one in models.items()}
        )
        if facts.controlnets is not None and lacks != self._told_lacking:
            self._told_lacking = lacks
            if lacks:
                log.info("worker.controlnet_not_offered", backend="a1111", lacking=", ".join(lacks)[:300])
        return bool(lacks)


def _read(answer: Any, job: ImageJob, planned: Plan) -> tuple[Painted, ...]:
    if planned.path == DETECT:
        images = answer.get("images") if isinstance(answer, Mapping) else None
        if not isinstance(images, list) or not images:
            raise BackendFailure("the server answered without a control map")
        image = filling(decoded(images[0]), (job.width, job.height))
        return tuple(Painted(image, seed) for seed in job.seeds)
    pictures = pictures_of(answer, job.seeds)
    used = info_of(answer).get("sd_model_name")
    if isinstance(used, str) and used and not planned.checkpoint.is_called(used):
        raise BackendFailure(f"the server painted with {used} instead of {planned.checkpoint.name}"[:255])
    return pictures


def _max_pixels(facts: Facts) -> int:
    if not facts.vram_bytes:
        return _PIXELS_IF_UNTOLD
    return next((pixels for least, pixels in _PIXELS_BY_VRAM if facts.vram_bytes >= least), _PIXELS_ELSE)
