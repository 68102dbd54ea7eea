"""Pictures of one group of a job: encoded, walked down in one pass or two, decoded. Needs torch and diffusers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final

import torch
from PIL import Image

from horde_worker.backends.diffusers.checkpoint import Checkpoint
from horde_worker.backends.diffusers.plan import Plan, Steps
from horde_worker.backends.diffusers.prompt_encoding import Encoded
from horde_worker.backends.diffusers.schedulers import generators, scheduler_for
from horde_worker.backends.diffusers.tiling import going_round
from horde_worker.backends.events import BackendFailure, Preview, Progress
from horde_worker.backends.image import ImageEvent, ImageJob
from horde_worker.backends.in_process.stations import GenerationStopped

PREVIEW_EVERY_S: Final = 1.0


@dataclass(slots=True)
class Watched:
    """Who is told of steps, and says when to stop. `places` are the pictures that are painted side by side."""

    places: Sequence[int]
    steps: int
    tell: Callable[[ImageEvent], None]
    should_stop: Callable[[], bool]
    done_before: int = 0
    next_preview_at: float = 0.0

    def check(self) -> None:
        """Raises `GenerationStopped`."""
        if self.should_stop():
            raise GenerationStopped(f"stopped at step {self.done_before} of {self.steps}")


class Painting:
    """One group of pictures of a job. Every random number comes from the generators of its pictures."""

    def __init__(self, checkpoint: Checkpoint, job: ImageJob, plan: Plan, encoded: Encoded, watched: Watched) -> None:
        self._checkpoint = checkpoint
        self._job = job
        self._plan = plan
        self._encoded = encoded
        self._watched = watched
        self._seeds = [job.seeds[place] for place in watched.places]
        self._generators = generators(self._seeds)

    def pictures(self, control_net: Any = None) -> list[Image.Image]:
        """Of the size that the job asks for."""
        plan, base = self._plan, self._checkpoint.base
        with going_round(base.unet, base.vae) if self._job.tiling else nullcontext():
            latents = self._first_pass(control_net)
            if plan.second is not None:
                latents = self._second_pass(latents, plan.second, control_net)
            return [self._finished(one) for one in latents]

    def _first_pass(self, control_net: Any) -> Any:
        plan = self._plan
        width, height = plan.first_size
        given: dict[str, Any] = {}
        what = ""
        if control_net is not None:
            given |= {"image": plan.control, "width": width, "height": height}
        elif plan.source is not None and plan.mask is not None:
            what = "Inpaint"
            given |= {
                "image": [plan.source] * len(self._seeds),  # each with a generator of its own
                "mask_image": [plan.mask] * len(self._seeds),
                "strength": plan.first.strength,
                "width": width,
                "height": height,
            }
        elif plan.source is not None:
            what = "Img2Img"
            given |= {"image": [plan.source] * len(self._seeds), "strength": plan.first.strength}
        else:
            given |= {"width": width, "height": height}
        return self._walk(what, plan.first, given, control_net)

    def _second_pass(self, latents: Any, steps: Steps, control_net: Any) -> Any:
        """Over the latents, enlarged."""
        width, height = self._plan.size
        latents = latents.float()
        if self._job.tiling:  # what is beyond the edge is what is at the other side
            latents = torch.nn.functional.pad(latents, (4, 4, 4, 4), mode="circular")
            scale_x, scale_y = width / self._plan.first_size[0], height / self._plan.first_size[1]
            size = (round(latents.shape[2] * scale_y), round(latents.shape[3] * scale_x))
            latents = torch.nn.functional.interpolate(latents, size=size, mode="bicubic")
            top, left = (size[0] - height // 8) // 2, (size[1] - width // 8) // 2
            latents = latents[:, :, top : top + height // 8, left : left + width // 8]
        else:
            latents = torch.nn.functional.interpolate(latents, size=(height // 8, width // 8), mode="bicubic")
        vae = self._checkpoint.base.vae
        given: dict[str, Any] = {"image": latents.to(vae.dtype), "strength": steps.strength}
        if control_net is not None:
            given |= {"control_image": self._plan.control, "width": width, "height": height}
        self._watched.done_before = self._plan.first.walked
        return self._walk("Img2Img", steps, given, control_net)

    def _walk(self, what: str, steps: Steps, given: dict[str, Any], control_net: Any) -> Any:
        """Down the noise levels by the library's pipeline; gives latents."""
        scheduler = scheduler_for(
            self._plan.sampler, karras=self._plan.karras, base=self._checkpoint.scheduler_config, seeds=self._seeds
        )
        pipeline = self._checkpoint.pipeline(what, scheduler, control_net)
        self._watched.check()

        def after_step(pipe: Any, place: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            self._tell((place + 1) / max(pipe.num_timesteps, 1), steps, tensors["latents"])
            self._watched.check()
            return tensors

        with torch.inference_mode():
            latents = pipeline(
                **self._texts(),
                **given,
                num_inference_steps=steps.levels,
                guidance_scale=self._job.cfg_scale,
                generator=self._generators,
                output_type="latent",
                callback_on_step_end=after_step,
            ).images
        if not bool(torch.isfinite(latents).all()):
            raise BackendFailure("the picture is not made of numbers: the model overflows in this dtype")
        return latents

    def _texts(self) -> dict[str, Any]:
        """The prompts once for each picture."""
        count, encoded = len(self._seeds), self._encoded
        texts = {
            "prompt_embeds": encoded.wanted.repeat(count, 1, 1),
            "negative_prompt_embeds": encoded.unwanted.repeat(count, 1, 1),
        }
        if encoded.pooled_wanted is not None:
            texts["pooled_prompt_embeds"] = encoded.pooled_wanted.repeat(count, 1)
            texts["negative_pooled_prompt_embeds"] = encoded.pooled_unwanted.repeat(count, 1)
        return texts

    def _tell(self, share: float, steps: Steps, latents: Any) -> None:
        """Steps of both passes as one count; a picture half made now and then."""
        watched = self._watched
        done = watched.done_before + min(steps.walked, max(1, int(share * steps.walked + 1e-6)))
        for place in watched.places:
            watched.tell(Progress(place, done, watched.steps))
        preview_map = self._checkpoint.preview_map
        if preview_map is not None and time.monotonic() >= watched.next_preview_at:
            watched.next_preview_at = time.monotonic() + PREVIEW_EVERY_S
            for place, one in zip(watched.places, latents, strict=False):
                watched.tell(Preview(place, preview_map.picture(one)))

    def _finished(self, latents: Any) -> Image.Image:
        """Decoded, with what was to be kept as it was, in the size asked for."""
        self._watched.check()
        picture: Image.Image = self._checkpoint.decoded(latents)
        plan = self._plan
        if plan.mask is not None and plan.source is not None:
            picture = Image.composite(picture, plan.source, plan.mask)
        size = (self._job.width, self._job.height)
        return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)
