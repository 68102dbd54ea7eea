"""Generations of each kind: images, texts, alchemy forms."""

from horde_sdk.worker.alchemy_generation import AlchemyGenerationInitKwargs, AlchemySingleGeneration
from horde_sdk.worker.image_generation import ImageGenerationInitKwargs, ImageSingleGeneration
from horde_sdk.worker.text_generation import TextGenerationInitKwargs, TextSingleGeneration

__all__ = [
    "AlchemyGenerationInitKwargs",
    "AlchemySingleGeneration",
    "ImageGenerationInitKwargs",
    "ImageSingleGeneration",
    "TextGenerationInitKwargs",
    "TextSingleGeneration",
]
