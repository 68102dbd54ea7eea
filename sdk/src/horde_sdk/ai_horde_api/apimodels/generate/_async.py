"""POST /v2/generate/async: ask for images."""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, Field, field_validator, model_validator

from horde_sdk.ai_horde_api.apimodels.base import (
    BaseAIHordeRequest,
    ExtraSourceImageEntry,
    ImageGenerateParamMixin,
    JobResponseMixin,
    SingleWarningEntry,
)
from horde_sdk.ai_horde_api.apimodels.generate.check import ImageGenerateCheckRequest
from horde_sdk.ai_horde_api.apimodels.generate.status import DeleteImageGenerateRequest, ImageGenerateStatusRequest
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod, HTTPStatusCode
from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SOURCE_PROCESSING
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    HordeRequest,
    HordeResponseBaseModel,
    HordeResponseTypes,
    RequestUsesWorkerMixin,
    ResponseRequiringFollowUpMixin,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable


class ImageGenerateAsyncResponse(
    HordeResponseBaseModel,
    JobResponseMixin,
    ResponseRequiringFollowUpMixin,
    ContainsMessageResponseMixin,
):
    """An image request was accepted. Two answers are equal if they have the same id."""

    kudos: float
    """The price."""
    warnings: list[SingleWarningEntry] | None = None

    def get_follow_up_returned_params(self, *, as_python_field_name: bool = False) -> list[dict[str, Any]]:
        return [{"id_" if as_python_field_name else "id": self.id_}]

    @classmethod
    def get_follow_up_default_request_type(cls) -> type[ImageGenerateCheckRequest]:
        return ImageGenerateCheckRequest

    @classmethod
    def get_follow_up_request_types(cls) -> list[type[HordeRequest]]:
        return [ImageGenerateCheckRequest, ImageGenerateStatusRequest]

    @classmethod
    def get_follow_up_failure_cleanup_request_type(cls) -> type[DeleteImageGenerateRequest]:
        return DeleteImageGenerateRequest

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "RequestAsync"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ImageGenerateAsyncResponse) and self.id_ == other.id_

    def __hash__(self) -> int:
        return hash(self.id_)


class ImageGenerateAsyncDryRunResponse(HordeResponseBaseModel):
    """What an image request would cost."""

    kudos: float

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "RequestAsync"


class ImageGenerationInputPayload(ImageGenerateParamMixin):
    """Parameters of the images asked for."""

    steps: int = Field(default=25, validation_alias=AliasChoices("steps", "ddim_steps"), ge=1)
    n: int = Field(default=1, validation_alias=AliasChoices("n", "n_iter"), ge=1, le=20)
    """How many images."""

    @field_validator("n", mode="before")
    @classmethod
    def _at_least_one(cls, n: object) -> object:
        return n or 1 if isinstance(n, int) else n

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "ModelGenerationInputStable"


@Unhashable
@Unequatable
class ImageGenerateAsyncRequest(BaseAIHordeRequest, APIKeyAllowedInRequestMixin, RequestUsesWorkerMixin):
    """Ask for images. The text behind `###` in the prompt is the negative prompt."""

    prompt: str
    params: ImageGenerationInputPayload | None = None
    nsfw: bool | None = True
    censor_nsfw: bool = False
    r2: bool = True
    """Get URLs of the images; false: get the images themselves as base64."""
    shared: bool = False
    replacement_filter: bool = True
    source_image: str | None = None
    source_processing: KNOWN_IMAGE_SOURCE_PROCESSING = KNOWN_IMAGE_SOURCE_PROCESSING.txt2img
    source_mask: str | None = None
    extra_source_images: list[ExtraSourceImageEntry] | None = None

    @model_validator(mode="after")
    def _either_nsfw_or_censored(self) -> ImageGenerateAsyncRequest:
        if self.nsfw and self.censor_nsfw:
            raise ValueError("nsfw and censor_nsfw exclude each other; nsfw is true unless you say otherwise")
        return self

    def get_number_of_results_expected(self) -> int:
        return self.params.n if self.params else 1

    def get_extra_fields_to_exclude_from_log(self) -> set[str]:
        return {"source_image", "source_mask", "extra_source_images"}

    @classmethod
    def get_http_method(cls) -> HTTPMethod:
        return HTTPMethod.POST

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_async

    @classmethod
    def get_default_success_response_type(cls) -> type[ImageGenerateAsyncResponse]:
        return ImageGenerateAsyncResponse

    @classmethod
    def get_success_status_response_pairs(cls) -> dict[HTTPStatusCode, type[HordeResponseTypes]]:
        return {
            HTTPStatusCode.OK: ImageGenerateAsyncDryRunResponse,
            HTTPStatusCode.ACCEPTED: ImageGenerateAsyncResponse,
        }

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "GenerationInputStable"
