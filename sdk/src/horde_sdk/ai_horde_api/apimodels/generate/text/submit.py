"""POST /v2/generate/text/submit: a worker hands in a text."""

from __future__ import annotations

from typing import Any

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
class TextGenerationJobSubmitRequest(
    BaseAIHordeRequest,
    JobRequestMixin,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_text_submit,
    api_name="SubmitInputKobold",
):
    """Hand in a text, or say why there is none: POST /v2/generate/text/submit."""

    generation: str = ""
    """The text, without the prompt."""
    state: GENERATION_STATE
    """How it went."""
    seed: int = 0
    """What it was drawn with."""
    gen_metadata: list[GenMetadataEntry] | None = None
    """Remarks about it."""
    finish_reason: str | None = None
    """Why it ended: `stop`, `length`, `tool_calls` or `content_filter`. OpenHorde only, as all that follow."""
    tokens: int | None = None
    """Tokens written."""
    usage: dict[str, Any] | None = None
    """Tokens read and written, as OpenAI's API has them."""
    message: dict[str, Any] | None = None
    """The whole answer as a message, with its calls of functions."""
    logprobs: dict[str, Any] | None = None
    """How likely its tokens were, as OpenAI's API has it."""

    def get_extra_fields_to_exclude_from_log(self) -> set[str]:
        return {"generation", "message", "logprobs"}

    @classmethod
    def get_default_success_response_type(cls) -> type[JobSubmitResponse]:
        return JobSubmitResponse
