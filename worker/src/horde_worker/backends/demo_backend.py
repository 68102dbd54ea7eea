"""The built-in model as a backend."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Literal

from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SAMPLERS
from horde_worker.backends.demo.model import MODEL_NAME, DemoModel, GenerationStopped, Scene
from horde_worker.backends.interface import BackendAbilities, BackendFailure, ImageJob, ImageResult, Progress, Remark

MAX_PIXELS = 1024 * 1024
MAX_BATCH = 4


class DemoBackend:
    """`ember-demo` on this machine's processor; pictures of a batch one after the other."""

    kind: Literal["image"] = "image"
    name = "demo"
    abilities = BackendAbilities(
        models=(MODEL_NAME,),
        max_pixels=MAX_PIXELS,
        capabilities=frozenset({"karras", "r2", "r2_source", "img2img", "inpainting", "hires_fix", "tiling"}),
        samplers=frozenset(sampler.value for sampler in KNOWN_IMAGE_SAMPLERS),
        max_batch=MAX_BATCH,
    )

    def __init__(self) -> None:
        self._model: DemoModel | None = None

    async def start(self) -> None:
        """Load the weights."""
        try:
            self._model = await asyncio.to_thread(DemoModel.load)
        except (OSError, ValueError) as error:
            raise BackendFailure(f"the weights of {MODEL_NAME} cannot be read: {error}") from error

    async def generate(self, job: ImageJob, progress: Progress) -> Sequence[ImageResult]:
        """Paint every picture of the job; between two steps a cancelled job ends."""
        if self._model is None:
            raise BackendFailure("the model is not loaded")
        stopped = threading.Event()
        try:
            return await asyncio.to_thread(self._paint, self._model, job, progress, stopped)
        except asyncio.CancelledError:
            stopped.set()
            raise
        except GenerationStopped as error:
            raise BackendFailure(str(error)) from error

    @staticmethod
    def _paint(model: DemoModel, job: ImageJob, progress: Progress, stopped: threading.Event) -> list[ImageResult]:
        results = []
        for place, seed in enumerate(job.seeds):
            picture = model.generate(
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
                on_step=lambda done, steps, place=place: progress(place, done, steps),  # type: ignore[misc]
                should_stop=stopped.is_set,
            )
            remarks: tuple[Remark, ...] = ()
            if picture.ignored_words:
                words = ", ".join(picture.ignored_words)
                remarks = (Remark("information", "see_ref", f"ignored words: {words}"[:255]),)
            results.append(ImageResult(picture.image, seed, remarks))
        return results
