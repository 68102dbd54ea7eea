"""All models of image generation, under the path that programs import them from."""

from horde_sdk.generation_parameters.image.basic_parameters import (
    DEFAULT_BASELINE_RESOLUTION,
    BasicImageGenerationParameters,
    BasicImageGenerationParametersTemplate,
    default_basic_image_generation_parameters,
)
from horde_sdk.generation_parameters.image.components import (
    AuxModelEntry,
    ControlnetGenerationParameters,
    CustomWorkflowGenerationParameters,
    ExtraTextEntry,
    HiresFixGenerationParameters,
    Image2ImageGenerationParameters,
    ImageGenerationComponentContainer,
    LoRaEntry,
    RemixGenerationParameters,
    RemixImageEntry,
    TIEntry,
)
from horde_sdk.generation_parameters.image.consts import HIRES_FIX_DENOISE_STRENGTH_DEFAULT
from horde_sdk.generation_parameters.image.feature_flags import (
    ControlnetFeatureFlags,
    ImageGenerationFeatureFlags,
    image_parameters_to_feature_flags,
)
from horde_sdk.generation_parameters.image.parameters import (
    ImageGenerationParameters,
    ImageGenerationParametersTemplate,
)

__all__ = [
    "DEFAULT_BASELINE_RESOLUTION",
    "HIRES_FIX_DENOISE_STRENGTH_DEFAULT",
    "AuxModelEntry",
    "BasicImageGenerationParameters",
    "BasicImageGenerationParametersTemplate",
    "ControlnetFeatureFlags",
    "ControlnetGenerationParameters",
    "CustomWorkflowGenerationParameters",
    "ExtraTextEntry",
    "HiresFixGenerationParameters",
    "Image2ImageGenerationParameters",
    "ImageGenerationComponentContainer",
    "ImageGenerationFeatureFlags",
    "ImageGenerationParameters",
    "ImageGenerationParametersTemplate",
    "LoRaEntry",
    "RemixGenerationParameters",
    "RemixImageEntry",
    "TIEntry",
    "default_basic_image_generation_parameters",
    "image_parameters_to_feature_flags",
]
