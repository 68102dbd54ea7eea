"""GET and DELETE /v2/generate/text/status/{id}: progress and texts of a request, or its cancellation.

Text has no check endpoint: this one is polled, 60 times a minute at most.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, GenMetadataEntry, JobRequestMixin
from horde_sdk.ai_horde_api.apimodels.generate.progress import ResponseGenerationProgressCombinedMixin
from horde_sdk.ai_horde_api.apimodels.generate.status import Generation
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import HordeResponseBaseModel


class GenerationKobold(Generation, api_name="GenerationKobold"):
    """One text. Two of them are equal if they have the same id, or, where the server sent none, the same words."""

    id_: str | None = Field(default=None, alias="id")
    """Its id, where the server tells it."""
    text: str | None = None
    """The text, without the prompt."""
    seed: int | None = 0
    """What it was drawn with."""
    gen_metadata: list[GenMetadataEntry] | None = None
    """Remarks about it."""
    finish_reason: str | None = None
    """Why it ends: `stop`, `length`, `tool_calls` or `content_filter`. OpenHorde only, as all that follow."""
    tokens: int | None = None
    """Tokens written, as its worker counted them."""
    usage: dict[str, Any] | None = None
    """Tokens read and written, as OpenAI's API has them."""
    message: dict[str, Any] | None = None
    """The whole answer as a message, with its calls of functions."""
    logprobs: dict[str, Any] | None = None
    """How likely its tokens were, as OpenAI's API has it."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GenerationKobold) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> object:
        return self.id_ if self.id_ is not None else (self.text, self.seed, str(self.worker_id))


class TextGenerateStatusResponse(
    HordeResponseBaseModel, ResponseGenerationProgressCombinedMixin, api_name="RequestStatusKobold"
):
    """Progress of a text request, and the texts that are finished.

    200 of GET /v2/generate/text/status/{id}, 200 of DELETE /v2/generate/text/status/{id}.
    """

    generations: list[GenerationKobold] = Field(default_factory=list)
    """The texts that are finished."""

    def is_job_complete(self, number_of_result_expected: int) -> bool:
        """Tell whether all texts are there."""
        return len(self.generations) == number_of_result_expected

    @classmethod
    def is_final_follow_up(cls) -> bool:
        return True

    @classmethod
    def get_finalize_success_request_type(cls) -> None:
        return None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextGenerateStatusResponse) and all(
            generation in other.generations for generation in self.generations
        )

    def __hash__(self) -> int:
        return hash(frozenset(self.generations))


class TextGenerateStatusRequest(
    BaseAIHordeRequest,
    JobRequestMixin,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_text_status,
):
    """Ask how far a text request is, and for its texts: GET /v2/generate/text/status/{id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[TextGenerateStatusResponse]:
        return TextGenerateStatusResponse

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextGenerateStatusRequest) and self.id_ == other.id_

    def __hash__(self) -> int:
        return hash((TextGenerateStatusRequest, self.id_))


class DeleteTextGenerateRequest(
    BaseAIHordeRequest,
    JobRequestMixin,
    method=HTTPMethod.DELETE,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_text_status,
):
    """Cancel a text request; the answer holds what was finished: DELETE /v2/generate/text/status/{id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[TextGenerateStatusResponse]:
        return TextGenerateStatusResponse

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeleteTextGenerateRequest) and self.id_ == other.id_

    def __hash__(self) -> int:
        return hash((DeleteTextGenerateRequest, self.id_))
