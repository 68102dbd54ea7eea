"""POST /v2/generate/text/async: ask for texts."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import (
    BaseAIHordeRequest,
    ExtraSourceImageEntry,
    JobResponseMixin,
    SingleWarningEntry,
)
from horde_sdk.ai_horde_api.apimodels.generate.text.status import DeleteTextGenerateRequest, TextGenerateStatusRequest
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod, HTTPStatusCode
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
    HordeResponseTypes,
    RequestUsesWorkerMixin,
    ResponseRequiringFollowUpMixin,
)
from horde_sdk.generic_api.decoration import Unhashable


class TextGenerateAsyncResponse(
    HordeResponseBaseModel,
    JobResponseMixin,
    ResponseRequiringFollowUpMixin,
    ContainsMessageResponseMixin,
):
    """A text request was accepted. Two answers are equal if they have the same id."""

    kudos: float | None = None
    """The price."""
    warnings: list[SingleWarningEntry] | None = None

    def get_follow_up_returned_params(self, *, as_python_field_name: bool = False) -> list[dict[str, Any]]:
        return [{"id_" if as_python_field_name else "id": self.id_}]

    @classmethod
    def get_follow_up_default_request_type(cls) -> type[TextGenerateStatusRequest]:
        return TextGenerateStatusRequest

    @classmethod
    def get_follow_up_failure_cleanup_request_type(cls) -> type[DeleteTextGenerateRequest]:
        return DeleteTextGenerateRequest

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "RequestAsync"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextGenerateAsyncResponse) and self.id_ == other.id_

    def __hash__(self) -> int:
        return hash(self.id_)


class TextGenerateAsyncDryRunResponse(HordeResponseBaseModel):
    """What a text request would cost."""

    kudos: float

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "RequestAsync"


class _BasePayloadKoboldMixin(HordeAPIObjectBaseModel):
    """How tokens are drawn and the text is tidied up. What is left out is up to the worker."""

    dynatemp_exponent: float | None = Field(default=1, ge=0, le=5)
    dynatemp_range: float | None = Field(default=0, ge=0, le=5)
    frmtadsnsp: bool | None = None
    """Begin with a space where the prompt ends in a word."""
    frmtrmblln: bool | None = None
    """Remove blank lines."""
    frmtrmspch: bool | None = None
    """Remove special characters."""
    frmttriminc: bool | None = None
    """Cut an unfinished last sentence."""
    min_p: float | None = Field(default=0, ge=0, le=1)
    rep_pen: float | None = Field(default=None, ge=1, le=3)
    rep_pen_range: int | None = Field(default=None, ge=0, le=4096)
    """Tokens."""
    rep_pen_slope: float | None = Field(default=None, ge=0, le=10)
    sampler_order: list[int] | None = None
    """All seven samplers by number, in the order to apply."""
    singleline: bool | None = None
    """Stop at the first line end."""
    smoothing_factor: float | None = Field(default=0, ge=0, le=10)
    stop_sequence: list[str] | None = None
    temperature: float | None = Field(default=None, ge=0, le=5)
    tfs: float | None = Field(default=None, ge=0, le=1)
    top_a: float | None = Field(default=None, ge=0, le=1)
    top_k: int | None = Field(default=None, ge=0, le=200)
    top_p: float | None = Field(default=None, ge=0.001, le=1)
    typical: float | None = Field(default=None, ge=0, le=1)
    use_default_badwordsids: bool | None = None


class ModelPayloadRootKobold(_BasePayloadKoboldMixin):
    """Parameters of a text, as asked for and as handed to a worker."""

    n: int | None = Field(default=None, ge=1, le=20)
    """How many texts."""
    max_length: int | None = Field(default=80, ge=16, le=16384)
    """Tokens to write at most. The horde may allow fewer than this library."""
    max_context_length: int | None = Field(default=2048, ge=80, le=1048576)
    """Tokens of prompt and text together."""

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "ModelPayloadRootKobold"


@Unhashable
class ModelGenerationInputKobold(ModelPayloadRootKobold):
    """Parameters of the texts asked for."""

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "ModelGenerationInputKobold"


@Unhashable
class TextGenerateAsyncRequest(BaseAIHordeRequest, APIKeyAllowedInRequestMixin, RequestUsesWorkerMixin):
    """Ask for texts that go on where the prompt ends."""

    prompt: str | None = None
    params: ModelGenerationInputKobold | None = None
    softprompt: str | None = Field(default=None, min_length=1)
    """A soft prompt that the worker must have."""
    extra_source_images: list[ExtraSourceImageEntry] | None = None

    def get_number_of_results_expected(self) -> int:
        return (self.params and self.params.n) or 1

    def get_extra_fields_to_exclude_from_log(self) -> set[str]:
        return {"extra_source_images"}

    @classmethod
    def get_http_method(cls) -> HTTPMethod:
        return HTTPMethod.POST

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_text_async

    @classmethod
    def get_default_success_response_type(cls) -> type[TextGenerateAsyncResponse]:
        return TextGenerateAsyncResponse

    @classmethod
    def get_success_status_response_pairs(cls) -> dict[HTTPStatusCode, type[HordeResponseTypes]]:
        return {
            HTTPStatusCode.OK: TextGenerateAsyncDryRunResponse,
            HTTPStatusCode.ACCEPTED: TextGenerateAsyncResponse,
        }

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "GenerationInputKobold"
