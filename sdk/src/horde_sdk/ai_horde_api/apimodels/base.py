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

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JobRequestMixin) and self.id_ == other.id_

    def __hash__(self) -> int:
        return hash(self.id_)


class JobResponseMixin(HordeAPIData):
    """An answer about one generation."""

    id_: GenerationID = Field(alias="id")


class WorkerRequestMixin(HordeAPIData):
    """A request about one worker."""

    worker_id: str | WorkerID


class WorkerRequestNameMixin(HordeAPIData):
    """A request about one worker, by name."""

    worker_name: str


class MessageSpecifiesSharedKeyMixin(HordeAPIData):
    """A message about one shared key."""

    sharedkey_id: SharedKeyID = Field(alias="id")


class JobSubmitResponse(HordeResponseBaseModel):
    """What a worker got for a job."""

    reward: float
    """Kudos."""

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "GenerationSubmitted"


class GenMetadataEntry(HordeAPIObjectBaseModel):
    """A remark about a generation."""

    type_: METADATA_TYPE | str = Field(alias="type")
    value: METADATA_VALUE | str
    ref: str | None = Field(default=None, max_length=255)

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "GenerationMetadataStable"


class LorasPayloadEntry(HordeAPIObjectBaseModel):
    """A LoRA to apply."""

    name: str = Field(min_length=1, max_length=255)
    model: float = Field(default=1, ge=-5, le=5)
    """Strength on the image model."""
    clip: float = Field(default=1, ge=-5, le=5)
    """Strength on the text encoder."""
    inject_trigger: str | None = Field(default=None, min_length=1, max_length=30)
    is_version: bool = False
    """Read `name` as the id of a version."""

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "ModelPayloadLorasStable"


class TIPayloadEntry(HordeAPIObjectBaseModel):
    """A textual inversion to apply."""

    name: str = Field(min_length=1, max_length=255)
    inject_ti: str | None = None
    """Where to: `prompt` or `negprompt`; left out, the prompt names it itself."""
    strength: float = Field(default=1, ge=-5, le=5)

    @field_validator("inject_ti")
    @classmethod
    def _known_place(cls, place: str | None) -> str | None:
        if place not in (None, "prompt", "negprompt"):
            raise ValueError("inject_ti must be 'prompt' or 'negprompt'")
        return place

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "ModelPayloadTextualInversionsStable"


class ExtraSourceImageEntry(HordeAPIObjectBaseModel):
    """A further source image."""

    original_url: str | None = None
    image: str = Field(min_length=1)
    """Base64 or URL."""
    strength: float = Field(default=1, ge=-5, le=5)

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "ExtraSourceImage"


class ExtraTextEntry(HordeAPIObjectBaseModel):
    """A further text, as some workflows want."""

    text: str = Field(min_length=1)
    reference: str = Field(min_length=3)

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "ExtraText"


class SingleWarningEntry(HordeAPIObjectBaseModel):
    """A warning about an accepted request."""

    code: WarningCode | str = Field(min_length=1)
    message: str = Field(min_length=1)

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "RequestSingleWarning"


class ActiveModelLite(HordeAPIObjectBaseModel):
    """A model and how many threads serve it."""

    count: int | None = None
    name: str | None = None

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "ActiveModelLite"


class ActiveModel(ActiveModelLite):
    """A model and its queue."""

    eta: int | None = None
    """Seconds until its queue is done."""
    jobs: float | None = None
    performance: float | None = None
    queued: float | None = None
    type_: MODEL_TYPE | str | None = Field(default=None, alias="type")

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "ActiveModel"


class _BaseImageGenerateParamMixin(HordeAPIObjectBaseModel):
    """Parameters of an image that users and styles may set."""

    height: int = Field(default=512, ge=64, le=3072, multiple_of=64)
    """Pixels."""
    width: int = Field(default=512, ge=64, le=3072, multiple_of=64)
    """Pixels."""
    sampler_name: KNOWN_IMAGE_SAMPLERS | str = KNOWN_IMAGE_SAMPLERS.k_euler
    karras: bool = True
    cfg_scale: float = Field(default=7.5, ge=0)
    denoising_strength: float | None = Field(default=1, ge=0, le=1)
    clip_skip: int = Field(default=1, ge=1, le=12)
    post_processing: list[str | KNOWN_UPSCALERS | KNOWN_FACEFIXERS | KNOWN_MISC_POST_PROCESSORS] = Field(
        default_factory=list
    )
    post_processing_order: POST_PROCESSOR_ORDER_TYPE = POST_PROCESSOR_ORDER_TYPE.facefixers_first
    facefixer_strength: float | None = Field(default=None, ge=0, le=1)
    hires_fix: bool = False
    hires_fix_denoising_strength: float | None = Field(default=None, ge=0, le=1)
    loras: list[LorasPayloadEntry] | None = None
    tis: list[TIPayloadEntry] | None = None
    workflow: str | KNOWN_IMAGE_WORKFLOWS | None = None
    transparent: bool | None = None
    tiling: bool = False
    special: dict[Any, Any] | None = None


class ImageGenerateParamMixin(_BaseImageGenerateParamMixin):
    """Parameters of an image, as asked for and as handed to a worker."""

    seed: str | None = None
    """Text: digits are a number, anything else is hashed by the server. An explicit `None` draws one at random."""
    seed_variation: int | None = Field(default=None, ge=1, le=1000)
    control_type: str | KNOWN_IMAGE_CONTROLNETS | None = None
    image_is_control: bool | None = None
    return_control_map: bool | None = None
    extra_texts: list[ExtraTextEntry] | None = None
    use_nsfw_censor: bool = False

    @field_validator("seed")
    @classmethod
    def _random_if_none(cls, seed: str | None) -> str:
        return str(random.randint(1, 1_000_000_000)) if seed is None else seed
