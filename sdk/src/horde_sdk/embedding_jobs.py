"""POST /v2/generate/embedding/pop and /submit: a worker takes texts and hands in vectors. OpenHorde only.

Not among the models of the AI Horde API: tools of the published library take those for what every AI Horde has.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, JobRequestMixin, JobSubmitResponse
from horde_sdk.ai_horde_api.apimodels.generate.pop import PopInput
from horde_sdk.ai_horde_api.consts import GENERATION_STATE
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import APIKeyAllowedInRequestMixin, HordeAPIObjectBaseModel, HordeResponseBaseModel
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.generic_api.endpoints import GENERIC_API_ENDPOINT_SUBPATH


class EMBEDDING_JOB_ENDPOINT_SUBPATH(GENERIC_API_ENDPOINT_SUBPATH):
    """Paths of workers that embed, which OpenHorde has and other AI Hordes lack."""

    v2_generate_embedding_pop = "/v2/generate/embedding/pop"
    v2_generate_embedding_submit = "/v2/generate/embedding/submit"


class EmbeddingPayload(HordeAPIObjectBaseModel, api_name="EmbeddingPayload"):
    """What the worker is to embed."""

    input: list[str] = Field(default_factory=list)
    """The texts."""
    dimensions: int | None = None
    """How long each vector is to be; as the model makes them where nothing is said."""


@Unhashable
@Unequatable
class EmbeddingPopResponse(HordeResponseBaseModel, api_name="EmbeddingJob"):
    """A job, or why there is none: 200 of POST /v2/generate/embedding/pop."""

    id_: str | None = Field(default=None, alias="id")
    """The job."""
    model: str | None = None
    """The model to make the vectors with."""
    ttl: int | None = None
    """Seconds until the server gives the job to somebody else."""
    payload: EmbeddingPayload = Field(default_factory=EmbeddingPayload)
    """What to embed."""
    skipped: dict[str, int] = Field(default_factory=dict)
    """Why other requests were not given."""
    messages: list[dict[str, Any]] = Field(default_factory=list)
    """Messages to the worker."""


@Unhashable
@Unequatable
class EmbeddingPopRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    PopInput,
    method=HTTPMethod.POST,
    endpoint=EMBEDDING_JOB_ENDPOINT_SUBPATH.v2_generate_embedding_pop,
    api_name="EmbeddingPop",
):
    """Ask for texts to embed: POST /v2/generate/embedding/pop."""

    max_context_length: int | None = None
    """Tokens of the longest text that the worker takes."""

    @classmethod
    def get_default_success_response_type(cls) -> type[EmbeddingPopResponse]:
        return EmbeddingPopResponse


@Unhashable
@Unequatable
class EmbeddingSubmitRequest(
    BaseAIHordeRequest,
    JobRequestMixin,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.POST,
    endpoint=EMBEDDING_JOB_ENDPOINT_SUBPATH.v2_generate_embedding_submit,
    api_name="EmbeddingSubmit",
):
    """Hand in vectors, or say that there are none: POST /v2/generate/embedding/submit."""

    vectors: list[str] = Field(default_factory=list)
    """One for each text, in their order: base64 of 32-bit floats, the lowest byte first."""
    tokens: int | None = None
    """How many the texts had."""
    state: GENERATION_STATE = GENERATION_STATE.ok
    """How it went."""

    def get_extra_fields_to_exclude_from_log(self) -> set[str]:
        return {"vectors"}

    @classmethod
    def get_default_success_response_type(cls) -> type[JobSubmitResponse]:
        return JobSubmitResponse
