"""GET and DELETE /v2/generate/text/status/{id}: progress and texts of a request, or its cancellation.

Text has no check endpoint: this one is polled, 60 times a minute at most.
"""

from __future__ import annotations

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, GenMetadataEntry, JobRequestMixin
from horde_sdk.ai_horde_api.apimodels.generate.progress import ResponseGenerationProgressCombinedMixin
from horde_sdk.ai_horde_api.apimodels.generate.status import Generation
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import HordeResponseBaseModel


class GenerationKobold(Generation):
    """One text. Two of them are equal if they have the same id, or, where the server sent none, the same words."""

    id_: str | None = Field(default=None, alias="id")
    text: str | None = None
    seed: int | None = 0
    gen_metadata: list[GenMetadataEntry] | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GenerationKobold) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> object:
        return self.id_ if self.id_ is not None else (self.text, self.seed, str(self.worker_id))

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "GenerationKobold"


class TextGenerateStatusResponse(HordeResponseBaseModel, ResponseGenerationProgressCombinedMixin):
    """Progress of a text request, and the texts that are finished."""

    generations: list[GenerationKobold] = Field(default_factory=list)

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

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "RequestStatusKobold"


class TextGenerateStatusRequest(BaseAIHordeRequest, JobRequestMixin):
    """Ask how far a text request is, and for its texts."""

    @classmethod
    def get_http_method(cls) -> HTTPMethod:
        return HTTPMethod.GET

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_text_status

    @classmethod
    def get_default_success_response_type(cls) -> type[TextGenerateStatusResponse]:
        return TextGenerateStatusResponse

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextGenerateStatusRequest) and self.id_ == other.id_

    def __hash__(self) -> int:
        return hash((TextGenerateStatusRequest, self.id_))


class DeleteTextGenerateRequest(BaseAIHordeRequest, JobRequestMixin):
    """Cancel a text request; the answer holds what was finished."""

    @classmethod
    def get_http_method(cls) -> HTTPMethod:
        return HTTPMethod.DELETE

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_text_status

    @classmethod
    def get_default_success_response_type(cls) -> type[TextGenerateStatusResponse]:
        return TextGenerateStatusResponse

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeleteTextGenerateRequest) and self.id_ == other.id_

    def __hash__(self) -> int:
        return hash((DeleteTextGenerateRequest, self.id_))
