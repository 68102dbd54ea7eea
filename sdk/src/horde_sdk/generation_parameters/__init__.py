"""Descriptions of generations that know neither horde nor backend: vocabulary, parameters, templates."""

from typing import TYPE_CHECKING

from horde_sdk._lazy_exports import lazy_exports

if TYPE_CHECKING:
    from horde_sdk.consts import (
        KNOWN_NSFW_DETECTOR as KNOWN_NSFW_DETECTOR,
    )
    from horde_sdk.generation_parameters.alchemy.consts import (
        KNOWN_ALCHEMY_FORMS as KNOWN_ALCHEMY_FORMS,
        KNOWN_ALCHEMY_TYPES as KNOWN_ALCHEMY_TYPES,
        KNOWN_ANNOTATION_CONTROL_TYPES as KNOWN_ANNOTATION_CONTROL_TYPES,
        KNOWN_CAPTION_MODELS as KNOWN_CAPTION_MODELS,
        KNOWN_CLIP_BLIP_TYPES as KNOWN_CLIP_BLIP_TYPES,
        KNOWN_FACEFIXERS as KNOWN_FACEFIXERS,
        KNOWN_INTERROGATORS as KNOWN_INTERROGATORS,
        KNOWN_MISC_POST_PROCESSORS as KNOWN_MISC_POST_PROCESSORS,
        KNOWN_UPSCALERS as KNOWN_UPSCALERS,
        is_annotation_form as is_annotation_form,
        is_caption_form as is_caption_form,
        is_facefixer_form as is_facefixer_form,
        is_image_vectorizer_form as is_image_vectorizer_form,
        is_interrogator_form as is_interrogator_form,
        is_nsfw_detector_form as is_nsfw_detector_form,
        is_strip_background_form as is_strip_background_form,
        is_upscaler_form as is_upscaler_form,
    )
    from horde_sdk.generation_parameters.alchemy.object_models import (
        AlchemyParameters as AlchemyParameters,
        AnnotationAlchemyParameters as AnnotationAlchemyParameters,
        SingleAlchemyParameters as SingleAlchemyParameters,
    )
    from horde_sdk.generation_parameters.generic import (
        CompositeParametersBase as CompositeParametersBase,
        GenerationParameterBaseModel as GenerationParameterBaseModel,
        GenerationParameterList as GenerationParameterList,
        GenerationWithModelParameters as GenerationWithModelParameters,
    )
    from horde_sdk.generation_parameters.generic.consts import (
        KNOWN_AUX_MODEL_SOURCE as KNOWN_AUX_MODEL_SOURCE,
    )
    from horde_sdk.generation_parameters.image.consts import (
        CLIP_SKIP_REPRESENTATION as CLIP_SKIP_REPRESENTATION,
        KNOWN_IMAGE_CONTROLNETS as KNOWN_IMAGE_CONTROLNETS,
        KNOWN_IMAGE_SAMPLERS as KNOWN_IMAGE_SAMPLERS,
        KNOWN_IMAGE_SCHEDULERS as KNOWN_IMAGE_SCHEDULERS,
        KNOWN_IMAGE_SOURCE_PROCESSING as KNOWN_IMAGE_SOURCE_PROCESSING,
        KNOWN_IMAGE_WORKFLOWS as KNOWN_IMAGE_WORKFLOWS,
        LORA_TRIGGER_INJECT_CHOICE as LORA_TRIGGER_INJECT_CHOICE,
        TI_TRIGGER_INJECT_CHOICE as TI_TRIGGER_INJECT_CHOICE,
    )
    from horde_sdk.generation_parameters.image.object_models import (
        BasicImageGenerationParameters as BasicImageGenerationParameters,
        BasicImageGenerationParametersTemplate as BasicImageGenerationParametersTemplate,
        ImageGenerationParameters as ImageGenerationParameters,
        ImageGenerationParametersTemplate as ImageGenerationParametersTemplate,
    )
    from horde_sdk.generation_parameters.text.object_models import (
        BasicTextGenerationFormatParameters as BasicTextGenerationFormatParameters,
        BasicTextGenerationParameters as BasicTextGenerationParameters,
        KoboldAITextGenerationParameters as KoboldAITextGenerationParameters,
        TextGenerationParameters as TextGenerationParameters,
    )

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "horde_sdk.consts": ("KNOWN_NSFW_DETECTOR",),
        "horde_sdk.generation_parameters.alchemy.consts": (
            "KNOWN_ALCHEMY_FORMS",
            "KNOWN_ALCHEMY_TYPES",
            "KNOWN_ANNOTATION_CONTROL_TYPES",
            "KNOWN_CAPTION_MODELS",
            "KNOWN_CLIP_BLIP_TYPES",
            "KNOWN_FACEFIXERS",
            "KNOWN_INTERROGATORS",
            "KNOWN_MISC_POST_PROCESSORS",
            "KNOWN_UPSCALERS",
            "is_annotation_form",
            "is_caption_form",
            "is_facefixer_form",
            "is_image_vectorizer_form",
            "is_interrogator_form",
            "is_nsfw_detector_form",
            "is_strip_background_form",
            "is_upscaler_form",
        ),
        "horde_sdk.generation_parameters.alchemy.object_models": (
            "AlchemyParameters",
            "AnnotationAlchemyParameters",
            "SingleAlchemyParameters",
        ),
        "horde_sdk.generation_parameters.generic": (
            "CompositeParametersBase",
            "GenerationParameterBaseModel",
            "GenerationParameterList",
            "GenerationWithModelParameters",
        ),
        "horde_sdk.generation_parameters.generic.consts": ("KNOWN_AUX_MODEL_SOURCE",),
        "horde_sdk.generation_parameters.image.consts": (
            "CLIP_SKIP_REPRESENTATION",
            "KNOWN_IMAGE_CONTROLNETS",
            "KNOWN_IMAGE_SAMPLERS",
            "KNOWN_IMAGE_SCHEDULERS",
            "KNOWN_IMAGE_SOURCE_PROCESSING",
            "KNOWN_IMAGE_WORKFLOWS",
            "LORA_TRIGGER_INJECT_CHOICE",
            "TI_TRIGGER_INJECT_CHOICE",
        ),
        "horde_sdk.generation_parameters.image.object_models": (
            "BasicImageGenerationParameters",
            "BasicImageGenerationParametersTemplate",
            "ImageGenerationParameters",
            "ImageGenerationParametersTemplate",
        ),
        "horde_sdk.generation_parameters.text.object_models": (
            "BasicTextGenerationFormatParameters",
            "BasicTextGenerationParameters",
            "KoboldAITextGenerationParameters",
            "TextGenerationParameters",
        ),
    },
)
