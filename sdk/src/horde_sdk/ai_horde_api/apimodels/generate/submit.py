"""POST /v2/generate/submit: a worker hands in a job."""

from __future__ import annotations

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import (
    BaseAIHordeRequest,
    GenMetadataEntry,
    JobRequestMixin,
    JobSubmitResponse,
)
from horde_sdk.ai_horde_api.consts import GENERATION_STATE
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import APIKeyAllowedInRequestMixin
from horde_sdk.generic_api.decoration import Unequatable, Unhashable


@Unhashable
@Unequatable
class ImageGenerationJobSubmitRequest(
    BaseAIHordeRequest,
    JobRequestMixin,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_submit,
    api_name="SubmitInputStable",
):
    """Hand in an image, or say why there is none: POST /v2/generate/submit."""

    generation: str = ""
    """`R2` where the image was uploaded, else the image as base64."""
    state: GENERATION_STATE
    """How it went."""
    seed: int = 0
    """What it was drawn with."""
    censored: bool = False
    """Whether it was blackened."""
    gen_metadata: list[GenMetadataEntry] | None = Field(default=None)
    """Remarks about it."""

    def get_extra_fields_to_exclude_from_log(self) -> set[str]:
        return {"generation"}

    @classmethod
    def get_default_success_response_type(cls) -> type[JobSubmitResponse]:
        return JobSubmitResponse
