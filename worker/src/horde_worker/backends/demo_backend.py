"""The built-in model as a backend."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, Self

from PIL import Image

from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SAMPLERS
from horde_worker.backends.demo.model import MODEL_NAME, DemoModel, GenerationStopped, Scene
from horde_worker.backends.events import BackendFailure, Preview, Progress
from horde_worker.backends.image import ImageAbilities, ImageEvent, ImageJob, ImageResult, Remark
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.mapping import ByWorker, Mapped, Sent, Unsupported
from horde_worker.backends.shipped_weights import UNREADABLE
from horde_worker.backends.threads import events_of

MAX_PIXELS = 1024 * 1024
MAX_BATCH = 4
PREVIEW_EVERY_S: Final = 1.0

_NO_SUCH_PART = "the net has no such part"

MAPPING: Final[dict[str, Mapped]] = {
    "prompt": Sent("Scene.prompt", "words it does not know are told in the result's metadata"),
    "negative_prompt": Sent("Scene.negative_prompt"),
    "seed": Sent("Scene.seed", "one for each picture"),
    "width": Sent("Scene.width"),
    "height": Sent("Scene.height"),
    "ddim_steps": Sent("Scene.steps"),
    "cfg_scale": Sent("Scene.cfg_scale"),
    "n_iter": ByWorker("one picture after the other, at most 4"),
    "sampler_name": Sent("Scene.sampler", "the nearest of its four, see docs/demo-model.md"),
    "karras": Sent("Scene.karras"),
    "clip_skip": Unsupported("it has no text encoder whose layers could be skipped"),
    "tiling": Sent("Scene.tiling"),
    "hires_fix": Sent("Scene.hires_fix"),
    "hires_fix_denoising_strength": Sent("Scene.hires_denoising_strength"),
    "source_image": Sent("Scene.source", "fetched and made RGB before"),
    "source_mask": Sent("Scene.mask"),
    "source_processing": ByWorker("says whether there is a mask"),
    "denoising_strength": Sent("Scene.denoising_strength"),
    "extra_source_images": Unsupported(_NO_SUCH_PART),
    "loras": Unsupported(_NO_SUCH_PART),
    "tis": Unsupported(_NO_SUCH_PART),
    "control_type": Unsupported(_NO_SUCH_PART),
    "image_is_control": Unsupported(_NO_SUCH_PART),
    "return_control_map": Unsupported(_NO_SUCH_PART),
    "post_processing": Unsupported("it makes pictures only"),
    "facefixer_strength": Unsupported("it makes pictures only"),
    "transparent": Unsupported("it paints backgrounds"),
    "workflow": Unsupported("it has one way to paint"),
    "extra_texts": Unsupported("only workflows have them"),
    "use_nsfw_censor": ByWorker("nothing that it can paint is unsafe"),
    "model": ByWorker("only `ember-demo` is offered"),
}
"""What becomes of a job's parameters (`horde_worker.backends.mapping`)."""


class DemoBackend:
    """`ember-demo` on this machine's processor; pictures of a batch one after the other."""

    name = "demo"
    abilities = ImageAbilities(
        models=(MODEL_NAME,),
        max_pixels=MAX_PIXELS,
        capabilities=frozenset({"karras", "r2", "r2_source", "img2img", "inpainting", "hires_fix", "tiling"}),
        samplers=frozenset(sampler.value for sampler in KNOWN_IMAGE_SAMPLERS),
        max_batch=MAX_BATCH,
        previews=True,
        loaded=(MODEL_NAME,),
    )

    def __init__(self, model: DemoModel) -> None:
        self._model = model

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        """Load the weights; there are no options."""
        settings.check_known()
        try:
            return cls(await asyncio.to_thread(DemoModel.load))
        except UNREADABLE as error:
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
        shown_at = time.monotonic()

        def show(guess: Image.Image) -> None:
            nonlocal shown_at
            shown_at = time.monotonic()
            tell(Preview(place, guess))

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
            wants_guess=lambda: time.monotonic() - shown_at >= PREVIEW_EVERY_S,
            on_guess=show,
        )
        remarks: tuple[Remark, ...] = ()
        if picture.ignored_words:
            words = ", ".join(picture.ignored_words)
            remarks = (Remark("information", "see_ref", f"ignored words: {words}"[:255]),)
        tell(ImageResult(picture.image, seed, remarks))
