"""POST /v2/generate/pop: a worker asks for a job."""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, Field, model_validator

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, ImageGenerateParamMixin
from horde_sdk.ai_horde_api.apimodels.generate.pop_downloads import ExtraSourceImageMixin, SourceImagesDownloadMixin
from horde_sdk.ai_horde_api.apimodels.generate.submit import ImageGenerationJobSubmitRequest
from horde_sdk.ai_horde_api.consts import GENERATION_STATE
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.consts import HTTPMethod
from horde_sdk.generation_parameters.alchemy.consts import is_facefixer_form, is_upscaler_form
from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SOURCE_PROCESSING
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
    ResponseRequiringFollowUpMixin,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable


class NoValidRequestFound(HordeAPIObjectBaseModel):
    """How many waiting requests a worker was not given, by reason."""

    blacklist: int | None = Field(default=None, ge=0)
    bridge_version: int | None = Field(default=None, ge=0)
    kudos: int | None = None
    models: int | None = Field(default=None, ge=0)
    nsfw: int | None = Field(default=None, ge=0)
    performance: int | None = Field(default=None, ge=0)
    untrusted: int | None = Field(default=None, ge=0)
    worker_id: int | None = Field(default=None, ge=0)

    def is_empty(self) -> bool:
        """Tell whether nothing was skipped."""
        return not any(self.model_dump().values())

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "NoValidRequestFound"


class ImageGenerateJobPopSkippedStatus(NoValidRequestFound):
    """How many waiting image requests a worker was not given, by reason."""

    max_pixels: int = Field(default=0, ge=0)
    unsafe_ip: int = Field(default=0, ge=0)
    img2img: int = Field(default=0, ge=0)
    painting: int = Field(default=0, ge=0)
    post_processing: int = Field(default=0, alias="post-processing", ge=0)
    lora: int = Field(default=0, ge=0)
    controlnet: int = Field(default=0, ge=0)
    step_count: int = Field(default=0, ge=0)

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "NoValidRequestFoundStable"


class PopResponseModelMessage(HordeAPIObjectBaseModel):
    """A message to the worker."""

    id_: str | None = Field(default=None, alias="id")
    worker_id: str | None = None
    message: str | None = None
    origin: str | None = None
    expiry: str | None = None


class ImageGenerateJobPopPayload(ImageGenerateParamMixin):
    """What the worker is to make."""

    prompt: str | None = None
    ddim_steps: int = Field(default=25, validation_alias=AliasChoices("ddim_steps", "steps"), ge=1)
    n_iter: int = Field(default=1, validation_alias=AliasChoices("n_iter", "n"), ge=1, le=20)

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "ModelPayloadStable"


class ImageGenerateJobPopResponse(
    HordeResponseBaseModel,
    ResponseRequiringFollowUpMixin,
    SourceImagesDownloadMixin,
    ExtraSourceImageMixin,
):
    """A job, or why there is none. Two answers are equal if they hold the same job."""

    id_: GenerationID | None = Field(default=None, alias="id")
    ids: list[GenerationID] = Field(default_factory=list)
    payload: ImageGenerateJobPopPayload = Field(default_factory=ImageGenerateJobPopPayload)
    skipped: ImageGenerateJobPopSkippedStatus = Field(default_factory=ImageGenerateJobPopSkippedStatus)
    model: str | None = None
    source_image: str | None = None
    source_processing: str | KNOWN_IMAGE_SOURCE_PROCESSING = KNOWN_IMAGE_SOURCE_PROCESSING.txt2img
    source_mask: str | None = None
    r2_upload: str | None = Field(default=None, repr=False)
    r2_uploads: list[str] | None = Field(default=None, repr=False)
    """Signed URLs to PUT the images to, in the order of `ids`."""
    ttl: int | None = None
    """Seconds until the server gives the job to somebody else."""
    messages: list[PopResponseModelMessage] | None = None

    @model_validator(mode="after")
    def _job_has_an_id(self) -> ImageGenerateJobPopResponse:
        if self.model is not None and self.id_ is None and not self.ids:
            raise ValueError("the server sent a job without an id")
        return self

    @property
    def ids_present(self) -> bool:
        """Whether there is a job."""
        return bool(self.ids) or self.id_ is not None

    @property
    def has_upscaler(self) -> bool:
        """Whether the job ends in an upscaler."""
        return any(is_upscaler_form(form) for form in self.payload.post_processing)

    @property
    def has_facefixer(self) -> bool:
        """Whether the job ends in a face fixer."""
        return any(is_facefixer_form(form) for form in self.payload.post_processing)

    def get_extra_fields_to_exclude_from_log(self) -> set[str]:
        return {"source_image", "source_mask", "extra_source_images", "r2_upload", "r2_uploads"}

    def get_follow_up_returned_params(self, *, as_python_field_name: bool = False) -> list[dict[str, Any]]:
        ids = self.ids or ([] if self.id_ is None else [self.id_])
        return [{"id_" if as_python_field_name else "id": job_id} for job_id in ids]

    @classmethod
    def get_follow_up_default_request_type(cls) -> type[ImageGenerationJobSubmitRequest]:
        return ImageGenerationJobSubmitRequest

    @classmethod
    def get_follow_up_failure_cleanup_request_type(cls) -> type[ImageGenerationJobSubmitRequest]:
        return ImageGenerationJobSubmitRequest

    def get_follow_up_failure_cleanup_params(self) -> dict[str, object]:
        seed = self.payload.seed or ""
        return {
            "state": GENERATION_STATE.faulted,
            "generation": "Faulted",
            "seed": int(seed) if seed.isdigit() else 0,
        }

    def ignore_failure(self) -> bool:
        return not self.ids_present

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ImageGenerateJobPopResponse):
            return False
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> object:
        return self.id_ if self.id_ is not None else frozenset(self.ids)

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "GenerationPayloadStable"


class PopInput(HordeAPIObjectBaseModel):
    """Who asks for a job, and what the worker can do."""

    amount: int | None = Field(default=1, ge=1, le=20)
    bridge_agent: str | None = Field(default="unknown:0:unknown", max_length=1000)
    models: list[str]
    name: str
    nsfw: bool | None = False
    priority_usernames: list[str] | None = None
    require_upfront_kudos: bool | None = False
    threads: int | None = Field(default=1, ge=1, le=50)

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "PopInput"


@Unhashable
@Unequatable
class ImageGenerateJobPopRequest(BaseAIHordeRequest, APIKeyAllowedInRequestMixin, PopInput):
    """Ask for an image job."""

    bridge_version: int | None = None
    max_pixels: int
    blacklist: list[str] = Field(default_factory=list)
    allow_img2img: bool = True
    allow_painting: bool = False
    allow_unsafe_ipaddr: bool = True
    allow_post_processing: bool = True
    allow_controlnet: bool = False
    allow_extended_controlnet: bool | None = None
    allow_sdxl_controlnet: bool = False
    allow_lora: bool = False
    extra_slow_worker: bool = False
    limit_max_steps: bool = False

    @classmethod
    def get_http_method(cls) -> HTTPMethod:
        return HTTPMethod.POST

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_pop

    @classmethod
    def get_default_success_response_type(cls) -> type[ImageGenerateJobPopResponse]:
        return ImageGenerateJobPopResponse

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "PopInputStable"
