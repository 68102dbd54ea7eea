"""POST /v2/generate/async: ask for images."""

from __future__ import annotations

import sys
from typing import Any

from pydantic import AliasChoices, ConfigDict, Field, field_validator, model_validator

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
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod, HTTPStatusCode
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
    api_name="RequestAsync",
):
    """An image request was accepted. Two answers are equal if they have the same id.

    202 of POST /v2/generate/async.
    """

    kudos: float
    """The price."""
    warnings: list[SingleWarningEntry] | None = None
    """What may not turn out as meant."""

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

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ImageGenerateAsyncResponse) and self.id_ == other.id_

    def __hash__(self) -> int:
        return hash(self.id_)


# Programs show this type by the path that it had in releases 0.17 and 0.18, and compare what is shown. That path is
# this very module, so that `inspect` and `pickle` find the class there.
ImageGenerateAsyncResponse.__module__ = "horde_sdk.ai_horde_api.apimodels.generate._async"
sys.modules[ImageGenerateAsyncResponse.__module__] = sys.modules[__name__]


class ImageGenerateAsyncDryRunResponse(HordeResponseBaseModel, api_name=_ANONYMOUS_MODEL):
    """What an image request would cost: 200 of POST /v2/generate/async."""

    kudos: float
    """The price."""


class ImageGenerationInputPayload(ImageGenerateParamMixin, api_name="ModelGenerationInputStable"):
    """Parameters of the images asked for."""

    model_config = ConfigDict(hide_input_in_errors=False)  # figures and names, nobody's secret

    steps: int = Field(default=25, validation_alias=AliasChoices("steps", "ddim_steps"), ge=1)
    """Sampling steps."""
    n: int = Field(default=1, validation_alias=AliasChoices("n", "n_iter"), ge=1, le=20)
    """How many images."""

    @field_validator("n", mode="before")
    @classmethod
    def _at_least_one(cls, n: object) -> object:
        return n or 1 if isinstance(n, int) else n


@Unhashable
@Unequatable
class ImageGenerateAsyncRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    RequestUsesWorkerMixin,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_async,
    api_name="GenerationInputStable",
):
    """Ask for images: POST /v2/generate/async. The text behind `###` in the prompt is the negative prompt."""

    prompt: str
    """What to show; the text behind `###` is what not to show."""
    params: ImageGenerationInputPayload | None = None
    """How to make it."""
    nsfw: bool | None = True
    """Whether the result may be not safe for work."""
    censor_nsfw: bool = False
    """Whether what turns out not safe for work is blackened."""
    r2: bool = True
    """Get URLs of the images; false: get the images themselves as base64."""
    shared: bool = False
    """Give the images to the horde for training."""
    replacement_filter: bool = True
    """Have words replaced that would have the request refused."""
    source_image: str | None = None
    """Base64 or URL of an image to start from."""
    source_processing: KNOWN_IMAGE_SOURCE_PROCESSING = KNOWN_IMAGE_SOURCE_PROCESSING.txt2img
    """What is done with the source image."""
    source_mask: str | None = None
    """Base64 or URL of a mask: white is painted anew."""
    extra_source_images: list[ExtraSourceImageEntry] | None = None
    """Further images, for what uses several."""

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
    def get_default_success_response_type(cls) -> type[ImageGenerateAsyncResponse]:
        return ImageGenerateAsyncResponse

    @classmethod
    def get_success_status_response_pairs(cls) -> dict[HTTPStatusCode, type[HordeResponseTypes]]:
        return {
            HTTPStatusCode.OK: ImageGenerateAsyncDryRunResponse,
            HTTPStatusCode.ACCEPTED: ImageGenerateAsyncResponse,
        }
