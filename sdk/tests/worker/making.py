"""Builders of generations and of what they are about."""

from __future__ import annotations

from typing import Any

from horde_sdk.generation_parameters.alchemy.object_models import AlchemyParameters, UpscaleAlchemyParameters
from horde_sdk.generation_parameters.image import BasicImageGenerationParameters, ImageGenerationParameters
from horde_sdk.generation_parameters.text.object_models import BasicTextGenerationParameters, TextGenerationParameters
from horde_sdk.worker.consts import GENERATION_PROGRESS
from horde_sdk.worker.generations import AlchemySingleGeneration, ImageSingleGeneration, TextSingleGeneration

P = GENERATION_PROGRESS


def upscaling(result_id: str = "a0") -> UpscaleAlchemyParameters:
    return UpscaleAlchemyParameters(result_id=result_id, source_image=b"png", upscaler="RealESRGAN_x4plus")


def image_parameters(*, batch: int = 1, post_processed: bool = False) -> ImageGenerationParameters:
    return ImageGenerationParameters(
        result_ids=[f"r{number}" for number in range(batch)],
        batch_size=batch,
        base_params=BasicImageGenerationParameters(model="Deliberate", prompt="a fox", seed="1"),
        alchemy_params=AlchemyParameters(upscalers=[upscaling()]) if post_processed else None,
    )


def text_parameters() -> TextGenerationParameters:
    base = BasicTextGenerationParameters(model="tiny-tales", prompt="once")
    return TextGenerationParameters(result_ids=["t0"], base_params=base)


def an_image(*, batch: int = 1, post_processed: bool = False, **options: Any) -> ImageSingleGeneration:
    parameters = image_parameters(batch=batch, post_processed=post_processed)
    return ImageSingleGeneration(generation_parameters=parameters, **options)


def a_text(**options: Any) -> TextSingleGeneration:
    return TextSingleGeneration(generation_parameters=text_parameters(), **options)


def an_upscaling(**options: Any) -> AlchemySingleGeneration:
    return AlchemySingleGeneration(generation_parameters=upscaling(), **options)


def states(generation: ImageSingleGeneration | TextSingleGeneration | AlchemySingleGeneration) -> list[P]:
    """Return the states that a generation was in, in order."""
    return [state for state, _ in generation.get_progress_history()]
