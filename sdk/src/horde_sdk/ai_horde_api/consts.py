"""The words of the AI Horde API. Imports nothing heavy; server and worker use it too."""

from enum import auto

from horde_sdk._text_enum import TextEnum
from horde_sdk.ai_horde_api.return_codes import RC
from horde_sdk.consts import WORKER_TYPE
from horde_sdk.generation_parameters.alchemy.consts import (
    KNOWN_ALCHEMY_FORMS,
    KNOWN_ALCHEMY_TYPES,
    KNOWN_CLIP_BLIP_TYPES,
    KNOWN_FACEFIXERS,
    KNOWN_INTERROGATORS,
    KNOWN_MISC_POST_PROCESSORS,
    KNOWN_UPSCALERS,
)
from horde_sdk.generation_parameters.image.consts import (
    HIRES_FIX_DENOISE_STRENGTH_DEFAULT,
    KNOWN_IMAGE_CONTROLNETS,
    KNOWN_IMAGE_SAMPLERS,
    KNOWN_IMAGE_SOURCE_PROCESSING,
    KNOWN_IMAGE_WORKFLOWS,
)

__all__ = [
    "AI_HORDE_WORKER_TYPES",
    "ALCHEMY_FORMS",
    "DEFAULT_HIRES_DENOISE_STRENGTH",
    "DEFAULT_POST_PROCESSOR_ORDER",
    "GENERATION_MAX_LIFE",
    "GENERATION_STATE",
    "KNOWN_ALCHEMY_TYPES",
    "KNOWN_CLIP_BLIP_TYPES",
    "KNOWN_CONTROLNETS",
    "KNOWN_FACEFIXERS",
    "KNOWN_INTERROGATORS",
    "KNOWN_MISC_POST_PROCESSORS",
    "KNOWN_SAMPLERS",
    "KNOWN_SOURCE_PROCESSING",
    "KNOWN_UPSCALERS",
    "KNOWN_WORKFLOWS",
    "METADATA_TYPE",
    "METADATA_VALUE",
    "MODEL_STATE",
    "MODEL_TYPE",
    "POST_PROCESSOR_ORDER_TYPE",
    "PROGRESS_STATE",
    "RC",
    "WORKER_TYPE",
    "WarningCode",
]

# Names that clients written for releases 0.17 and 0.18 import from here.
ALCHEMY_FORMS = KNOWN_ALCHEMY_FORMS
KNOWN_CONTROLNETS = KNOWN_IMAGE_CONTROLNETS
KNOWN_SAMPLERS = KNOWN_IMAGE_SAMPLERS
KNOWN_SOURCE_PROCESSING = KNOWN_IMAGE_SOURCE_PROCESSING
KNOWN_WORKFLOWS = KNOWN_IMAGE_WORKFLOWS

GENERATION_MAX_LIFE = 1170
"""Seconds that a client waits for a generation at most: the server keeps it 20 minutes, less half a minute."""

DEFAULT_HIRES_DENOISE_STRENGTH = HIRES_FIX_DENOISE_STRENGTH_DEFAULT


class GENERATION_STATE(TextEnum):
    """States of a generation or form."""

    _NONE = ""
    ok = auto()
    censored = auto()
    faulted = auto()
    csam = auto()
    waiting = auto()
    processing = auto()
    partial = auto()
    cancelled = auto()
    done = auto()


class PROGRESS_STATE(TextEnum):
    """How a client's wait for a generation stands."""

    waiting = auto()
    finished = auto()
    timed_out = auto()


class METADATA_TYPE(TextEnum):
    """What a metadata entry of a generation is about."""

    lora = auto()
    ti = auto()
    censorship = auto()
    source_image = auto()
    source_mask = auto()
    extra_source_images = auto()
    batch_index = auto()
    information = auto()
    aesthetic_score = auto()


class METADATA_VALUE(TextEnum):
    """What a metadata entry says; `see_ref` when its `ref` holds the answer."""

    download_failed = auto()
    parse_failed = auto()
    baseline_mismatch = auto()
    csam = auto()
    nsfw = auto()
    see_ref = auto()


class AI_HORDE_WORKER_TYPES(TextEnum):
    """Kinds of worker that a list of workers can be limited to."""

    all = ""
    image = auto()
    text = auto()
    interrogation = auto()
    alchemist = "interrogation"


class MODEL_STATE(TextEnum):
    """Which models a statistic covers."""

    all = auto()
    known = auto()
    custom = auto()


class MODEL_TYPE(TextEnum):
    """Kinds of model."""

    text = auto()
    image = auto()


class POST_PROCESSOR_ORDER_TYPE(TextEnum):
    """In which order post-processors run."""

    facefixers_first = auto()
    upscalers_first = auto()
    custom = auto()


DEFAULT_POST_PROCESSOR_ORDER = POST_PROCESSOR_ORDER_TYPE.facefixers_first


class WarningCode(TextEnum):
    """Warnings that may come with an accepted request."""

    NoAvailableWorker = auto()
    ClipSkipMismatch = auto()
    StepsTooFew = auto()
    StepsTooMany = auto()
    CfgScaleMismatch = auto()
    CfgScaleTooSmall = auto()
    CfgScaleTooLarge = auto()
    SamplerMismatch = auto()
    SchedulerMismatch = auto()
