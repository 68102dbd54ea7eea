"""Builders of what the scenarios are about; every field that a published release wants is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from horde_sdk.generation_parameters.alchemy.object_models import (
    UpscaleAlchemyParameters,
)
from horde_sdk.generation_parameters.image.object_models import (
    BasicImageGenerationParameters,
    ImageGenerationParameters,
)
from horde_sdk.generation_parameters.text.object_models import (
    BasicTextGenerationParameters,
    TextGenerationParameters,
)
from horde_sdk.safety import SafetyResult
from horde_sdk.worker.generations import AlchemySingleGeneration, ImageSingleGeneration, TextSingleGeneration
from horde_sdk.worker.jobs import AlchemyWorkerJob, ImageWorkerJob, TextWorkerJob

SAFE = SafetyResult(is_nsfw=False)
RUDE = SafetyResult(is_nsfw=True)


def upscaling() -> UpscaleAlchemyParameters:
    return UpscaleAlchemyParameters(
        result_id="a0", source_image=b"png", form="post_process", upscaler="RealESRGAN_x4plus"
    )


def image_parameters(batch: int = 1) -> ImageGenerationParameters:
    base = BasicImageGenerationParameters(
        model="Deliberate", prompt="a fox", seed="1", width=512, height=512, steps=20, cfg_scale=7.0,
        sampler_name="k_euler",
    )  # fmt: skip
    return ImageGenerationParameters(
        result_ids=[f"r{place}" for place in range(batch)], batch_size=batch, base_params=base
    )


def text_parameters(count: int = 1) -> TextGenerationParameters:
    base = BasicTextGenerationParameters(model="tiny-tales", prompt="once")
    return TextGenerationParameters(result_ids=[f"t{place}" for place in range(count)], base_params=base)


def image(batch: int = 1, **options: Any) -> ImageSingleGeneration:
    return ImageSingleGeneration(generation_parameters=image_parameters(batch), **options)


def text(count: int = 1, **options: Any) -> TextSingleGeneration:
    return TextSingleGeneration(generation_parameters=text_parameters(count), **options)


def alchemy(**options: Any) -> AlchemySingleGeneration:
    return AlchemySingleGeneration(generation_parameters=upscaling(), **options)


def image_job(**options: Any) -> ImageWorkerJob:
    return ImageWorkerJob(generation=options.pop("generation", None) or image(options.pop("batch", 1)), **options)


def text_job(**options: Any) -> TextWorkerJob:
    return TextWorkerJob(generation=options.pop("generation", None) or text(options.pop("batch", 1)), **options)


def alchemy_job(**options: Any) -> AlchemyWorkerJob:
    return AlchemyWorkerJob(generation=options.pop("generation", None) or alchemy(), **options)


JOBS: dict[str, Callable[..., Any]] = {"image": image_job, "text": text_job, "alchemy": alchemy_job}
GENERATIONS: dict[str, Callable[..., Any]] = {"image": image, "text": text, "alchemy": alchemy}


def ids_of(job: Any) -> dict[str, Any]:
    return {
        "dispatch job": job.dispatch_job_id,
        "dispatch results": job.generation.dispatch_result_ids,
        "is the generation called like the job": job.job_id == job.generation.generation_id,
    }


def life_of(generation: Any) -> dict[str, Any]:
    return {
        "now": generation.get_generation_progress(),
        "history": [state for state, _ in generation.get_progress_history()],
        "failures": generation.generation_failure_count,
        "errored": [state for state, _ in generation.errored_states],
        "counts": generation.error_counts,
        "last": generation.get_last_non_error_state(),
    }
