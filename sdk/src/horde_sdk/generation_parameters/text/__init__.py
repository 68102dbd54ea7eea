"""Text generation: its parameters and templates."""

from typing import TYPE_CHECKING

from horde_sdk._lazy_exports import lazy_exports

if TYPE_CHECKING:
    from horde_sdk.generation_parameters.text.object_models import (
        BasicTextGenerationFormatParameters as BasicTextGenerationFormatParameters,
        BasicTextGenerationParameters as BasicTextGenerationParameters,
        KoboldAITextGenerationParameters as KoboldAITextGenerationParameters,
        TextGenerationParameters as TextGenerationParameters,
    )

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "horde_sdk.generation_parameters.text.object_models": (
            "BasicTextGenerationFormatParameters",
            "BasicTextGenerationParameters",
            "KoboldAITextGenerationParameters",
            "TextGenerationParameters",
        ),
    },
)
