"""POST /v2/generate/text/async: ask for texts."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from horde_sdk.ai_horde_api.apimodels.base import (
    BaseAIHordeRequest,
    ExtraSourceImageEntry,
    JobResponseMixin,
    SingleWarningEntry,
)
from horde_sdk.ai_horde_api.apimodels.generate.text.status import DeleteTextGenerateRequest, TextGenerateStatusRequest
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod, HTTPStatusCode
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
    api_name="RequestAsync",
):
    """A text request was accepted. Two answers are equal if they have the same id.

    202 of POST /v2/generate/text/async.
    """

    kudos: float | None = None
    """The price."""
    warnings: list[SingleWarningEntry] | None = None
    """What may not turn out as meant."""

    def get_follow_up_returned_params(self, *, as_python_field_name: bool = False) -> list[dict[str, Any]]:
        return [{"id_" if as_python_field_name else "id": self.id_}]

    @classmethod
    def get_follow_up_default_request_type(cls) -> type[TextGenerateStatusRequest]:
        return TextGenerateStatusRequest

    @classmethod
    def get_follow_up_failure_cleanup_request_type(cls) -> type[DeleteTextGenerateRequest]:
        return DeleteTextGenerateRequest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextGenerateAsyncResponse) and self.id_ == other.id_

    def __hash__(self) -> int:
        return hash(self.id_)


class TextGenerateAsyncDryRunResponse(HordeResponseBaseModel, api_name=_ANONYMOUS_MODEL):
    """What a text request would cost: 200 of POST /v2/generate/text/async."""

    kudos: float
    """The price."""


class _BasePayloadKoboldMixin(HordeAPIObjectBaseModel):
    """How tokens are drawn and the text is tidied up. What is left out is up to the worker."""

    dynatemp_exponent: float | None = Field(default=1, ge=0, le=5)
    """How the dynamic temperature follows the entropy."""
    dynatemp_range: float | None = Field(default=0, ge=0, le=5)
    """How far the dynamic temperature goes from `temperature`."""
    frmtadsnsp: bool | None = None
    """Begin with a space where the prompt ends in a word."""
    frmtrmblln: bool | None = None
    """Remove blank lines."""
    frmtrmspch: bool | None = None
    """Remove special characters."""
    frmttriminc: bool | None = None
    """Cut an unfinished last sentence."""
    min_p: float | None = Field(default=0, ge=0, le=1)
    """Only tokens at least this likely, relative to the likeliest."""
    rep_pen: float | None = Field(default=None, ge=1, le=3)
    """How much repetition is punished."""
    rep_pen_range: int | None = Field(default=None, ge=0, le=4096)
    """Tokens."""
    rep_pen_slope: float | None = Field(default=None, ge=0, le=10)
    """How much more so for what was just said."""
    sampler_order: list[int] | None = None
    """All seven samplers by number, in the order to apply."""
    singleline: bool | None = None
    """Stop at the first line end."""
    smoothing_factor: float | None = Field(default=0, ge=0, le=10)
    """Strength of quadratic sampling."""
    stop_sequence: list[str] | None = None
    """Texts to stop at."""
    temperature: float | None = Field(default=None, ge=0, le=5)
    """How adventurous the choice of tokens is."""
    tfs: float | None = Field(default=None, ge=0, le=1)
    """Tail-free sampling."""
    top_a: float | None = Field(default=None, ge=0, le=1)
    """Drop tokens by the square of the likeliest's probability."""
    top_k: int | None = Field(default=None, ge=0, le=200)
    """Only so many likeliest tokens."""
    top_p: float | None = Field(default=None, ge=0.001, le=1)
    """Only the likeliest tokens up to this total probability."""
    typical: float | None = Field(default=None, ge=0, le=1)
    """Locally typical sampling."""
    use_default_badwordsids: bool | None = None
    """Avoid the words that the program avoids by default."""


@Unhashable
class ModelPayloadRootKobold(_BasePayloadKoboldMixin, api_name="ModelPayloadRootKobold"):
    """Parameters of a text, as asked for and as handed to a worker."""

    n: int | None = Field(default=None, ge=1, le=20)
    """How many texts."""
    max_length: int | None = Field(default=80, ge=16, le=16384)
    """Tokens to write at most. The horde may allow fewer than this library."""
    max_context_length: int | None = Field(default=2048, ge=80, le=1048576)
    """Tokens of prompt and text together."""


@Unhashable
class ModelGenerationInputKobold(ModelPayloadRootKobold, api_name="ModelGenerationInputKobold"):
    """Parameters of the texts asked for."""

    model_config = ConfigDict(hide_input_in_errors=False)  # figures and names, nobody's secret


@Unhashable
class TextGenerateAsyncRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    RequestUsesWorkerMixin,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_text_async,
    api_name="GenerationInputKobold",
):
    """Ask for texts that go on where the prompt ends: POST /v2/generate/text/async."""

    prompt: str | None = None
    """The text to go on with."""
    params: ModelGenerationInputKobold | None = None
    """How to go on."""
    softprompt: str | None = Field(default=None, min_length=1)
    """A soft prompt that the worker must have."""
    extra_source_images: list[ExtraSourceImageEntry] | None = None
    """Images for models that see."""

    def get_number_of_results_expected(self) -> int:
        return (self.params and self.params.n) or 1

    def get_extra_fields_to_exclude_from_log(self) -> set[str]:
        return {"extra_source_images"}

    @classmethod
    def get_default_success_response_type(cls) -> type[TextGenerateAsyncResponse]:
        return TextGenerateAsyncResponse

    @classmethod
    def get_success_status_response_pairs(cls) -> dict[HTTPStatusCode, type[HordeResponseTypes]]:
        return {
            HTTPStatusCode.OK: TextGenerateAsyncDryRunResponse,
            HTTPStatusCode.ACCEPTED: TextGenerateAsyncResponse,
        }
