"""Image jobs for tests, complete unless told otherwise."""

from __future__ import annotations

from typing import Any

from horde_sdk.generation_parameters.image.object_models import (
    BasicImageGenerationParameters,
    BasicImageGenerationParametersTemplate,
    ImageGenerationComponentContainer,
    ImageGenerationParameters,
    ImageGenerationParametersTemplate,
)


def basics(**fields: Any) -> BasicImageGenerationParameters:
    return BasicImageGenerationParameters(**{"model": "m", "prompt": "a fox", **fields})


def open_basics(**fields: Any) -> BasicImageGenerationParametersTemplate:
    return BasicImageGenerationParametersTemplate(**{"model": "m", "prompt": "a fox", **fields})


def a_job(*components: Any, **fields: Any) -> ImageGenerationParameters:
    given = {"base_params": basics(), "result_ids": ["a"], **fields}
    return ImageGenerationParameters(additional_params=added(*components), **given)


def a_template(**fields: Any) -> ImageGenerationParametersTemplate:
    return ImageGenerationParametersTemplate(**{"base_params": open_basics(), **fields})


def added(*components: Any) -> ImageGenerationComponentContainer:
    return ImageGenerationComponentContainer(components=list(components))
