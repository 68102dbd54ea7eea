"""The built-in model as a backend."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Self

from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SAMPLERS
from horde_worker.backends.demo.model import MODEL_NAME, DemoModel, GenerationStopped, Scene
from horde_worker.backends.events import BackendFailure, Progress
from horde_worker.backends.image import ImageAbilities, ImageEvent, ImageJob, ImageResult, Remark
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.threads import events_of

MAX_PIXELS = 1024 * 1024
MAX_BATCH = 4


class DemoBackend:
    """`ember-demo` on this machine's processor; pictures of a batch one after the other."""

    name = "demo"
    abilities = ImageAbilities(
        models=(MODEL_NAME,),
        max_pixels=MAX_PIXELS,
        capabilities=frozenset({"karras", "r2", "r2_source", "img2img", "inpainting", "hires_fix", "tiling"}),
        samplers=frozenset(sampler.value for sampler in KNOWN_IMAGE_SAMPLERS),
        max_batch=MAX_BATCH,
    )

    def __init__(self, model: DemoModel) -> None:
        self._model = model

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        """Load the weights; there are no options."""
        settings.check_known()
        try:
            return cls(await asyncio.to_thread(DemoModel.load))
        except (OSError, ValueError) as error:
            raise BackendFailure(f"the weights of {MODEL_NAME} cannot be read: {error}") from error

    @property
    def makers(self) -> Makers:
        """Pictures."""
        return Makers(image=self)

    async def close(self) -> None:
        """Nothing is held but memory."""

    async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
        """Paint every picture of the job; between two steps a closed job ends."""

        def paint(tell: Callable[[ImageEvent], None], should_stop: Callable[[], bool]) -> None:
            for place, seed in enumerate(job.seeds):
                self._paint(job, place, seed, tell, should_stop)

        try:
            async with aclosing(events_of(paint)) as events:
                async for event in events:
                    yield event
        except GenerationStopped as error:
            raise BackendFailure(str(error)) from error

    def _paint(
        self,
        job: ImageJob,
        place: int,
        seed: int,
        tell: Callable[[ImageEvent], None],
        should_stop: Callable[[], bool],
    ) -> None:
        picture = self._model.generate(
            Scene(
                prompt=job.prompt,
                negative_prompt=job.negative_prompt,
                width=job.width,
                height=job.height,
                steps=job.steps,
                cfg_scale=job.cfg_scale,
                seed=seed,
                sampler=job.sampler,
                karras=job.karras,
                source=job.source,
                mask=job.mask,
                denoising_strength=job.denoising_strength,
                hires_fix=job.hires_fix,
                hires_denoising_strength=job.hires_denoising_strength,
                tiling=job.tiling,
            ),
            on_step=lambda done, steps: tell(Progress(place, done, steps)),
            should_stop=should_stop,
        )
        remarks: tuple[Remark, ...] = ()
        if picture.ignored_words:
            words = ", ".join(picture.ignored_words)
            remarks = (Remark("information", "see_ref", f"ignored words: {words}"[:255]),)
        tell(ImageResult(picture.image, seed, remarks))
