"""/v2/generate/embedding…: texts as vectors. OpenHorde only.

Not among the models of the AI Horde API: tools of the published library take those for what every AI Horde has.
"""

from __future__ import annotations

import base64
import struct
from typing import Any

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import (
    BaseAIHordeRequest,
    JobRequestMixin,
    JobResponseMixin,
    SingleWarningEntry,
)
from horde_sdk.ai_horde_api.apimodels.generate.progress import ResponseGenerationProgressCombinedMixin
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod, HTTPStatusCode
from horde_sdk.exceptions import HordeException
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
    HordeResponseTypes,
    ResponseRequiringFollowUpMixin,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.generic_api.endpoints import GENERIC_API_ENDPOINT_SUBPATH

MOST_INPUTS = 256
"""Texts of one request."""


class EMBEDDING_ENDPOINT_SUBPATH(GENERIC_API_ENDPOINT_SUBPATH):
    """Paths that OpenHorde has and other AI Hordes lack."""

    v2_generate_embedding_async = "/v2/generate/embedding/async"
    v2_generate_embedding_status = "/v2/generate/embedding/status/{id}"


@Unhashable
@Unequatable
class EmbeddingGeneration(HordeAPIObjectBaseModel, api_name="EmbeddingGeneration"):
    """The vectors of all texts of a request."""

    vectors: list[str] = Field(default_factory=list)
    """In the order of the texts: base64 of 32-bit floats, the lowest byte first.

    None in an event: the status has them.
    """
    dimensions: int
    """How many numbers each has."""
    model: str
    """That made them."""
    id_: str = Field(alias="id")
    """Of the result."""
    worker_id: str
    """Of the worker that made them."""
    worker_name: str
    """Its name."""
    tokens: int | None = None
    """Of all texts, as the worker counted them."""

    @property
    def floats(self) -> list[tuple[float, ...]]:
        """The vectors as numbers.

        Raises:
            HordeException: They are not what they are said to be.
        """
        try:
            return [struct.unpack(f"<{self.dimensions}f", base64.b64decode(vector)) for vector in self.vectors]
        except (ValueError, struct.error) as error:
            raise HordeException("The horde's vectors cannot be read.") from error


@Unhashable
@Unequatable
class EmbeddingStatusResponse(
    HordeResponseBaseModel, ResponseGenerationProgressCombinedMixin, api_name="EmbeddingRequestStatus"
):
    """Progress of a request, and its vectors once they are there.

    200 of GET /v2/generate/embedding/status/{id}, 200 of DELETE /v2/generate/embedding/status/{id}.
    """

    generations: list[EmbeddingGeneration] = Field(default_factory=list)
    """The one result, once it is there."""

    def is_job_complete(self, number_of_result_expected: int) -> bool:
        """Tell whether the vectors are there."""
        return len(self.generations) == number_of_result_expected

    @classmethod
    def is_final_follow_up(cls) -> bool:
        return True

    @classmethod
    def get_finalize_success_request_type(cls) -> None:
        return None


class EmbeddingStatusRequest(
    BaseAIHordeRequest,
    JobRequestMixin,
    method=HTTPMethod.GET,
    endpoint=EMBEDDING_ENDPOINT_SUBPATH.v2_generate_embedding_status,
):
    """Ask how far a request is, and for its vectors: GET /v2/generate/embedding/status/{id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[EmbeddingStatusResponse]:
        return EmbeddingStatusResponse


class DeleteEmbeddingRequest(
    BaseAIHordeRequest,
    JobRequestMixin,
    method=HTTPMethod.DELETE,
    endpoint=EMBEDDING_ENDPOINT_SUBPATH.v2_generate_embedding_status,
):
    """Cancel a request: DELETE /v2/generate/embedding/status/{id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[EmbeddingStatusResponse]:
        return EmbeddingStatusResponse


@Unhashable
@Unequatable
class EmbeddingAsyncResponse(
    HordeResponseBaseModel,
    JobResponseMixin,
    ResponseRequiringFollowUpMixin,
    ContainsMessageResponseMixin,
    api_name="RequestAsync",
):
    """A request was accepted: 202 of POST /v2/generate/embedding/async."""

    kudos: float | None = None
    """The price."""
    warnings: list[SingleWarningEntry] | None = None
    """What may not turn out as meant."""

    def get_follow_up_returned_params(self, *, as_python_field_name: bool = False) -> list[dict[str, Any]]:
        return [{"id_" if as_python_field_name else "id": self.id_}]

    @classmethod
    def get_follow_up_default_request_type(cls) -> type[EmbeddingStatusRequest]:
        return EmbeddingStatusRequest

    @classmethod
    def get_follow_up_failure_cleanup_request_type(cls) -> type[DeleteEmbeddingRequest]:
        return DeleteEmbeddingRequest


class EmbeddingDryRunResponse(HordeResponseBaseModel, api_name=_ANONYMOUS_MODEL):
    """What a request would cost: 200 of POST /v2/generate/embedding/async."""

    kudos: float
    """What it would cost."""


@Unhashable
@Unequatable
class EmbeddingAsyncRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.POST,
    endpoint=EMBEDDING_ENDPOINT_SUBPATH.v2_generate_embedding_async,
    api_name="EmbeddingRequest",
):
    """Ask for texts as vectors: POST /v2/generate/embedding/async."""

    input_: list[str] = Field(alias="input", min_length=1, max_length=MOST_INPUTS)
    """The texts, of 32 KiB each and 1 MiB together."""
    models: list[str] = Field(default_factory=list)
    """Any of which may make them; none: all."""
    dimensions: int | None = Field(default=None, ge=1, le=8192)
    """How many numbers a vector is to have; None: as the model makes them."""
    trusted_workers: bool = False
    """Only workers of trusted users."""
    slow_workers: bool = True
    """Slow workers too."""
    extra_slow_workers: bool = False
    """Very slow workers too."""
    workers: list[str] = Field(default_factory=list)
    """Only these; with `worker_blacklist` none of these."""
    worker_blacklist: bool = False
    """Whether `workers` are those that must not serve it."""
    dry_run: bool = False
    """Only say what it would cost."""
    proxied_account: str | None = None
    """For whom a service account asks."""

    def get_number_of_results_expected(self) -> int:
        """Of a request all vectors are one result."""
        return 1

    def get_extra_fields_to_exclude_from_log(self) -> set[str]:
        return {"input_"}

    @classmethod
    def get_default_success_response_type(cls) -> type[EmbeddingAsyncResponse]:
        return EmbeddingAsyncResponse

    @classmethod
    def get_success_status_response_pairs(cls) -> dict[HTTPStatusCode, type[HordeResponseTypes]]:
        return {HTTPStatusCode.OK: EmbeddingDryRunResponse, HTTPStatusCode.ACCEPTED: EmbeddingAsyncResponse}
