"""Parts that several AI Horde requests and responses share."""

from __future__ import annotations

import random
from typing import Any

from pydantic import Field, field_validator

from horde_sdk.ai_horde_api.consts import (
    METADATA_TYPE,
    METADATA_VALUE,
    MODEL_TYPE,
    POST_PROCESSOR_ORDER_TYPE,
    WarningCode,
)
from horde_sdk.ai_horde_api.endpoints import ai_horde_base_url
from horde_sdk.ai_horde_api.fields import GenerationID, SharedKeyID, WorkerID
from horde_sdk.generation_parameters.alchemy.consts import (
    KNOWN_FACEFIXERS,
    KNOWN_MISC_POST_PROCESSORS,
    KNOWN_UPSCALERS,
)
from horde_sdk.generation_parameters.image.consts import (
    KNOWN_IMAGE_CONTROLNETS,
    KNOWN_IMAGE_SAMPLERS,
    KNOWN_IMAGE_WORKFLOWS,
)
from horde_sdk.generic_api.apimodels import (
    HordeAPIData,
    HordeAPIObjectBaseModel,
    HordeRequest,
    HordeResponseBaseModel,
)


class BaseAIHordeRequest(HordeRequest):
    """A request to an AI Horde."""

    @classmethod
    def get_api_url(cls) -> str:
        """Return the base URL that the environment names."""
        return ai_horde_base_url()


class JobRequestMixin(HordeAPIData):
    """A request about one generation. Two of them are equal if they are about the same one."""

    id_: GenerationID = Field(alias="id")
    """Which one."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JobRequestMixin) and self.id_ == other.id_

    def __hash__(self) -> int:
        return hash(self.id_)


class JobResponseMixin(HordeAPIData):
    """An answer about one generation."""

    id_: GenerationID = Field(alias="id")
    """Which one."""


class WorkerRequestMixin(HordeAPIData):
    """A request about one worker."""

    worker_id: str | WorkerID
    """Which worker."""


class WorkerRequestNameMixin(HordeAPIData):
    """A request about one worker, by name."""

    worker_name: str
    """Which worker."""


class MessageSpecifiesSharedKeyMixin(HordeAPIData):
    """A message about one shared key."""

    sharedkey_id: SharedKeyID = Field(alias="id", repr=False)
    """The shared key."""


class JobSubmitResponse(HordeResponseBaseModel, api_name="GenerationSubmitted"):
    """What a worker got for a job.

    200 of POST /v2/generate/submit, 200 of POST /v2/generate/text/submit.
    """

    reward: float
    """Kudos."""


class GenMetadataEntry(HordeAPIObjectBaseModel, api_name="GenerationMetadataStable"):
    """A remark about a generation."""

    type_: METADATA_TYPE | str = Field(alias="type")
    """What the remark is about."""
    value: METADATA_VALUE | str
    """What happened."""
    ref: str | None = Field(default=None, max_length=255)
    """More about it."""


class LorasPayloadEntry(HordeAPIObjectBaseModel, api_name="ModelPayloadLorasStable"):
    """A LoRA to apply."""

    name: str = Field(min_length=1, max_length=255)
    """Its name, or its id on CivitAI."""
    model: float = Field(default=1, ge=-5, le=5)
    """Strength on the image model."""
    clip: float = Field(default=1, ge=-5, le=5)
    """Strength on the text encoder."""
    inject_trigger: str | None = Field(default=None, min_length=1, max_length=30)
    """One of its trigger words to put into the prompt; `any` lets the worker choose."""
    is_version: bool = False
    """Read `name` as the id of a version."""


class TIPayloadEntry(HordeAPIObjectBaseModel, api_name="ModelPayloadTextualInversionsStable"):
    """A textual inversion to apply."""

    name: str = Field(min_length=1, max_length=255)
    """Its name, or its id on CivitAI."""
    inject_ti: str | None = None
    """Where to: `prompt` or `negprompt`; left out, the prompt names it itself."""
    strength: float = Field(default=1, ge=-5, le=5)
    """How much it counts."""

    @field_validator("inject_ti")
    @classmethod
    def _known_place(cls, place: str | None) -> str | None:
        if place not in (None, "prompt", "negprompt"):
            raise ValueError("inject_ti must be 'prompt' or 'negprompt'")
        return place


class ExtraSourceImageEntry(HordeAPIObjectBaseModel, api_name="ExtraSourceImage"):
    """A further source image."""

    original_url: str | None = None
    """Where it was fetched from; set by downloads."""
    image: str = Field(min_length=1)
    """Base64 or URL."""
    strength: float = Field(default=1, ge=-5, le=5)
    """How much it counts."""


class ExtraTextEntry(HordeAPIObjectBaseModel, api_name="ExtraText"):
    """A further text, as some workflows want."""

    text: str = Field(min_length=1)
    """The text."""
    reference: str = Field(min_length=3)
    """What the workflow uses it for."""


class SingleWarningEntry(HordeAPIObjectBaseModel, api_name="RequestSingleWarning"):
    """A warning about an accepted request."""

    code: WarningCode | str = Field(min_length=1)
    """What is warned of, in one word."""
    message: str = Field(min_length=1)
    """The warning as a sentence."""


class ActiveModelLite(HordeAPIObjectBaseModel, api_name="ActiveModelLite"):
    """A model and how many threads serve it."""

    count: int | None = None
    """How many threads serve it."""
    name: str | None = None
    """Its name."""


class ActiveModel(ActiveModelLite, api_name="ActiveModel"):
    """A model and its queue."""

    eta: int | None = None
    """Seconds until its queue is done."""
    jobs: float | None = None
    """How many jobs wait for it."""
    performance: float | None = None
    """How fast its workers are: pixels or tokens a second."""
    queued: float | None = None
    """How much waits for it: megapixelsteps or tokens."""
    type_: MODEL_TYPE | str | None = Field(default=None, alias="type")
    """What it makes."""


class _BaseImageGenerateParamMixin(HordeAPIObjectBaseModel):
    """Parameters of an image that users and styles may set."""

    height: int = Field(default=512, ge=64, le=3072, multiple_of=64)
    """Pixels."""
    width: int = Field(default=512, ge=64, le=3072, multiple_of=64)
    """Pixels."""
    sampler_name: KNOWN_IMAGE_SAMPLERS | str = KNOWN_IMAGE_SAMPLERS.k_euler
    """The sampler."""
    karras: bool = True
    """Whether noise falls as Karras found best."""
    cfg_scale: float = Field(default=7.5, ge=0)
    """How closely the prompt is followed."""
    denoising_strength: float | None = Field(default=1, ge=0, le=1)
    """How much of a source image is painted anew."""
    clip_skip: int = Field(default=1, ge=1, le=12)
    """How many layers of the text encoder are left out, plus one."""
    post_processing: list[str | KNOWN_UPSCALERS | KNOWN_FACEFIXERS | KNOWN_MISC_POST_PROCESSORS] = Field(
        default_factory=list
    )
    """What is done with the finished image."""
    post_processing_order: POST_PROCESSOR_ORDER_TYPE = POST_PROCESSOR_ORDER_TYPE.facefixers_first
    """The order in which upscalers and face fixers run."""
    facefixer_strength: float | None = Field(default=None, ge=0, le=1)
    """How much faces are mended."""
    hires_fix: bool = False
    """Paint small first, then larger."""
    hires_fix_denoising_strength: float | None = Field(default=None, ge=0, le=1)
    """How much the second pass paints anew."""
    loras: list[LorasPayloadEntry] | None = None
    """LoRAs to apply."""
    tis: list[TIPayloadEntry] | None = None
    """Textual inversions to apply."""
    workflow: str | KNOWN_IMAGE_WORKFLOWS | None = None
    """A workflow beyond plain generation."""
    transparent: bool | None = None
    """Make an image with a transparent background."""
    tiling: bool = False
    """Make an image whose edges fit together."""
    special: dict[Any, Any] | None = None
    """For models that want more; for users with the special role."""


class ImageGenerateParamMixin(_BaseImageGenerateParamMixin, api_name="ModelPayloadRootStable"):
    """Parameters of an image, as asked for and as handed to a worker."""

    seed: str | None = Field(default=None, coerce_numbers_to_str=True)
    """Text or a number: digits are a number, other text is hashed by the server. An explicit `None` draws one."""
    seed_variation: int | None = Field(default=None, ge=1, le=1000)
    """How far apart the seeds of several images are."""
    control_type: str | KNOWN_IMAGE_CONTROLNETS | None = None
    """What of the source image is to be kept."""
    image_is_control: bool | None = None
    """Whether the source image is such a control map already."""
    return_control_map: bool | None = None
    """Get the control map instead of an image."""
    extra_texts: list[ExtraTextEntry] | None = None
    """Texts that a workflow wants."""
    use_nsfw_censor: bool = False
    """Blacken what is not safe for work."""

    @field_validator("seed")
    @classmethod
    def _random_if_none(cls, seed: str | None) -> str:
        return str(random.randint(1, 1_000_000_000)) if seed is None else seed
