"""Image generation: its words, parameters and templates."""

from typing import TYPE_CHECKING

from horde_sdk._lazy_exports import lazy_exports

if TYPE_CHECKING:
    from horde_sdk.generation_parameters.image.object_models import (
        DEFAULT_BASELINE_RESOLUTION as DEFAULT_BASELINE_RESOLUTION,
        HIRES_FIX_DENOISE_STRENGTH_DEFAULT as HIRES_FIX_DENOISE_STRENGTH_DEFAULT,
        AuxModelEntry as AuxModelEntry,
        BasicImageGenerationParameters as BasicImageGenerationParameters,
        ControlnetFeatureFlags as ControlnetFeatureFlags,
        ControlnetGenerationParameters as ControlnetGenerationParameters,
        CustomWorkflowGenerationParameters as CustomWorkflowGenerationParameters,
        ExtraTextEntry as ExtraTextEntry,
        HiresFixGenerationParameters as HiresFixGenerationParameters,
        Image2ImageGenerationParameters as Image2ImageGenerationParameters,
        ImageGenerationFeatureFlags as ImageGenerationFeatureFlags,
        ImageGenerationParameters as ImageGenerationParameters,
        LoRaEntry as LoRaEntry,
        RemixGenerationParameters as RemixGenerationParameters,
        RemixImageEntry as RemixImageEntry,
        TIEntry as TIEntry,
        default_basic_image_generation_parameters as default_basic_image_generation_parameters,
        image_parameters_to_feature_flags as image_parameters_to_feature_flags,
    )

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "horde_sdk.generation_parameters.image.object_models": (
            "DEFAULT_BASELINE_RESOLUTION",
            "HIRES_FIX_DENOISE_STRENGTH_DEFAULT",
            "AuxModelEntry",
            "BasicImageGenerationParameters",
            "ControlnetFeatureFlags",
            "ControlnetGenerationParameters",
            "CustomWorkflowGenerationParameters",
            "ExtraTextEntry",
            "HiresFixGenerationParameters",
            "Image2ImageGenerationParameters",
            "ImageGenerationFeatureFlags",
            "ImageGenerationParameters",
            "LoRaEntry",
            "RemixGenerationParameters",
            "RemixImageEntry",
            "TIEntry",
            "default_basic_image_generation_parameters",
            "image_parameters_to_feature_flags",
        ),
    },
)
