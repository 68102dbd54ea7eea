"""POST /v2/generate/pop: a worker asks for a job."""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, Field, model_validator

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, ImageGenerateParamMixin
from horde_sdk.ai_horde_api.apimodels.generate.pop_downloads import ExtraSourceImageMixin, SourceImagesDownloadMixin
from horde_sdk.ai_horde_api.apimodels.generate.submit import ImageGenerationJobSubmitRequest
from horde_sdk.ai_horde_api.apimodels.workers.message_parts import PopResponseModelMessage as PopResponseModelMessage
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


class NoValidRequestFound(HordeAPIObjectBaseModel, api_name="NoValidRequestFound"):
    """How many waiting requests a worker was not given, by reason."""

    blacklist: int | None = Field(default=None, ge=0)
    """With words that it refuses."""
    bridge_version: int | None = Field(default=None, ge=0)
    """Wanting more than its program can do."""
    kudos: int | None = None
    """By users with fewer kudos than it asks for."""
    models: int | None = Field(default=None, ge=0)
    """For other models."""
    nsfw: int | None = Field(default=None, ge=0)
    """Not safe for work."""
    performance: int | None = Field(default=None, ge=0)
    """Wanting a faster worker."""
    untrusted: int | None = Field(default=None, ge=0)
    """For trusted workers only."""
    worker_id: int | None = Field(default=None, ge=0)
    """For other workers."""

    def is_empty(self) -> bool:
        """Tell whether nothing was skipped."""
        return not any(self.model_dump().values())


class ImageGenerateJobPopSkippedStatus(NoValidRequestFound, api_name="NoValidRequestFoundStable"):
    """How many waiting image requests a worker was not given, by reason."""

    max_pixels: int = Field(default=0, ge=0)
    """Too large."""
    unsafe_ip: int = Field(default=0, ge=0)
    """From an unsafe address."""
    img2img: int = Field(default=0, ge=0)
    """With a source image."""
    painting: int = Field(default=0, ge=0)
    """With a mask."""
    post_processing: int = Field(default=0, alias="post-processing", ge=0)
    """With post-processing that it cannot do."""
    lora: int = Field(default=0, ge=0)
    """With LoRAs."""
    controlnet: int = Field(default=0, ge=0)
    """With a control type that it does not know."""
    step_count: int = Field(default=0, ge=0)
    """With too many steps."""


class ImageGenerateJobPopPayload(ImageGenerateParamMixin, api_name="ModelPayloadStable"):
    """What the worker is to make."""

    prompt: str | None = None
    """What to show."""
    ddim_steps: int = Field(default=25, validation_alias=AliasChoices("ddim_steps", "steps"), ge=1)
    """Sampling steps."""
    n_iter: int = Field(default=1, validation_alias=AliasChoices("n_iter", "n"), ge=1, le=20)
    """How many images."""


class ImageGenerateJobPopResponse(
    HordeResponseBaseModel,
    ResponseRequiringFollowUpMixin,
    SourceImagesDownloadMixin,
    ExtraSourceImageMixin,
    api_name="GenerationPayloadStable",
):
    """A job, or why there is none: 200 of POST /v2/generate/pop. Two answers are equal if they hold the same job."""

    id_: GenerationID | None = Field(default=None, alias="id")
    """The job; with several, the first of them."""
    ids: list[GenerationID] = Field(default_factory=list)
    """All jobs of the batch."""
    payload: ImageGenerateJobPopPayload = Field(default_factory=ImageGenerateJobPopPayload)
    """What to make."""
    skipped: ImageGenerateJobPopSkippedStatus = Field(default_factory=ImageGenerateJobPopSkippedStatus)
    """Why other requests were not given."""
    model: str | None = None
    """The model to make it with."""
    source_image: str | None = None
    """Base64 or URL of the image to start from."""
    source_processing: str | KNOWN_IMAGE_SOURCE_PROCESSING = KNOWN_IMAGE_SOURCE_PROCESSING.txt2img
    """What is done with the source image."""
    source_mask: str | None = None
    """Base64 or URL of the mask."""
    r2_upload: str | None = Field(default=None, repr=False)
    """A signed URL to PUT the image to."""
    r2_uploads: list[str] | None = Field(default=None, repr=False)
    """Signed URLs to PUT the images to, in the order of `ids`."""
    ttl: int | None = None
    """Seconds until the server gives the job to somebody else."""
    messages: list[PopResponseModelMessage] | None = None
    """Messages to the worker."""
    stream: dict[str, Any] | None = None
    """How the horde wants to hear of the job while it is made. OpenHorde only."""

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


class PopInput(HordeAPIObjectBaseModel, api_name="PopInput"):
    """Who asks for a job, and what the worker can do."""

    amount: int | None = Field(default=1, ge=1, le=20)
    """How many jobs it takes at once."""
    bridge_agent: str | None = Field(default="unknown:0:unknown", max_length=1000)
    """The worker's program, as `name:version:contact`."""
    models: list[str]
    """Models that it serves."""
    name: str
    """The worker's name."""
    nsfw: bool | None = False
    """Whether it makes what is not safe for work."""
    priority_usernames: list[str] | None = None
    """Users whose requests it serves first."""
    require_upfront_kudos: bool | None = False
    """Only requests by users who can pay."""
    threads: int | None = Field(default=1, ge=1, le=50)
    """How many jobs it works on at once."""
    streams: bool | None = None
    """Whether it tells of a job while it makes it, where the horde wants to hear. OpenHorde only."""
    loaded: list[str] | None = Field(default=None, max_length=20)
    """Models that lie in its memory now. OpenHorde only."""


@Unhashable
@Unequatable
class ImageGenerateJobPopRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    PopInput,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_pop,
    api_name="PopInputStable",
):
    """Ask for an image job: POST /v2/generate/pop."""

    bridge_version: int | None = None
    """The old way to say how new the worker's program is."""
    max_pixels: int
    """How large images it can make."""
    blacklist: list[str] = Field(default_factory=list)
    """Words that it makes no images of."""
    allow_img2img: bool = True
    """Whether it can start from images."""
    allow_painting: bool = False
    """Whether it can fill masks."""
    allow_unsafe_ipaddr: bool = True
    """Whether it serves requests from unsafe addresses."""
    allow_post_processing: bool = True
    """Whether it can post-process."""
    allow_controlnet: bool = False
    """Whether it knows control types."""
    allow_extended_controlnet: bool | None = None
    """Whether it knows the newer control types too."""
    allow_sdxl_controlnet: bool = False
    """Whether it knows control types for SDXL models."""
    allow_lora: bool = False
    """Whether it can fetch LoRAs."""
    extra_slow_worker: bool = False
    """Whether it is very slow."""
    limit_max_steps: bool = False
    """Whether it takes jobs with many steps only for fast models."""
    previews: bool | None = None
    """Whether it can show pictures half made. OpenHorde only."""
    previews_checked: bool | None = None
    """Whether its judge sees those too. OpenHorde only."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ImageGenerateJobPopResponse]:
        return ImageGenerateJobPopResponse
