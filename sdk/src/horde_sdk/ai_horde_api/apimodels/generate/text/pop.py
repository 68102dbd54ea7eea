"""POST /v2/generate/text/pop: a worker asks for a text job."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.ai_horde_api.apimodels.generate.pop import NoValidRequestFound, PopInput
from horde_sdk.ai_horde_api.apimodels.generate.pop_downloads import ExtraSourceImageMixin
from horde_sdk.ai_horde_api.apimodels.generate.text.async_ import ModelPayloadRootKobold
from horde_sdk.ai_horde_api.apimodels.generate.text.submit import TextGenerationJobSubmitRequest
from horde_sdk.ai_horde_api.apimodels.workers.message_parts import PopResponseModelMessage
from horde_sdk.ai_horde_api.consts import GENERATION_STATE
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    HordeResponseBaseModel,
    ResponseRequiringFollowUpMixin,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable


class NoValidRequestFoundKobold(NoValidRequestFound, api_name="NoValidRequestFoundKobold"):
    """How many waiting text requests a worker was not given, by reason."""

    max_context_length: int | None = None
    """With more context than it can look at."""
    max_length: int | None = None
    """Longer than it writes."""
    matching_softprompt: int | None = None
    """With a soft prompt that it has not."""


@Unhashable
class ModelPayloadKobold(ModelPayloadRootKobold, api_name="ModelPayloadKobold"):
    """What the worker is to write."""

    prompt: str | None = None
    """The text to go on with."""
    seed: int | None = None
    """What to draw with. OpenHorde only, as all that follow."""
    messages: list[dict[str, Any]] | None = None
    """The conversation that the prompt was made of, as OpenAI's API has it."""
    continue_: bool | None = Field(default=None, alias="continue")
    """Whether the last message is the beginning of the answer."""
    tools: list[dict[str, Any]] | None = None
    """Functions that the model may call."""
    tool_choice: str | dict[str, Any] | None = None
    """Whether it has to call one, and which."""
    parallel_tool_calls: bool | None = None
    """Whether it may call several at once."""
    response_format: dict[str, Any] | None = None
    """`{"type": "json_object"}` for an answer in JSON."""
    json_schema: dict[str, Any] | None = None
    """What the answer has to look like."""
    logprobs: int | None = None
    """To tell the likelihood of each token, and of so many others in its place."""
    images: list[str] | None = None
    """Pictures to look at, as URL or base64."""


class TextGenerateJobPopResponse(
    HordeResponseBaseModel, ResponseRequiringFollowUpMixin, ExtraSourceImageMixin, api_name="GenerationPayloadKobold"
):
    """A job, or why there is none. Two answers are equal if they hold the same job.

    200 of POST /v2/generate/text/pop.
    """

    id_: GenerationID | None = Field(default=None, alias="id")
    """The job; with several, the first of them."""
    ids: list[GenerationID] = Field(default_factory=list)
    """All jobs of the batch."""
    payload: ModelPayloadKobold = Field(default_factory=ModelPayloadKobold)
    """What to write."""
    skipped: NoValidRequestFoundKobold = Field(default_factory=NoValidRequestFoundKobold)
    """Why other requests were not given."""
    softprompt: str | None = None
    """The soft prompt to use."""
    model: str | None = None
    """The model to make it with."""
    ttl: int | None = None
    """Seconds until the server gives the job to somebody else."""
    messages: list[PopResponseModelMessage] | None = None
    """Messages to the worker."""
    stream: dict[str, Any] | None = None
    """How the horde wants to hear of the job while it is made. OpenHorde only."""

    @model_validator(mode="after")
    def _job_has_an_id(self) -> TextGenerateJobPopResponse:
        if self.model is not None and not self.ids_present:
            raise ValueError("the server sent a job without an id")
        return self

    @property
    def ids_present(self) -> bool:
        """Whether there is a job."""
        return bool(self.ids) or self.id_ is not None

    def get_extra_fields_to_exclude_from_log(self) -> set[str]:
        return {"payload", "extra_source_images"}

    def get_follow_up_returned_params(self, *, as_python_field_name: bool = False) -> list[dict[str, Any]]:
        ids = self.ids or ([] if self.id_ is None else [self.id_])
        return [{"id_" if as_python_field_name else "id": job_id} for job_id in ids]

    @classmethod
    def get_follow_up_default_request_type(cls) -> type[TextGenerationJobSubmitRequest]:
        return TextGenerationJobSubmitRequest

    @classmethod
    def get_follow_up_failure_cleanup_request_type(cls) -> type[TextGenerationJobSubmitRequest]:
        return TextGenerationJobSubmitRequest

    def get_follow_up_failure_cleanup_params(self) -> dict[str, object]:
        return {"state": GENERATION_STATE.faulted, "generation": "Faulted"}

    def ignore_failure(self) -> bool:
        return not self.ids_present

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextGenerateJobPopResponse) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> object:
        return frozenset(self.ids) if self.ids else self.id_


class _PopInputKobold(PopInput, api_name="PopInputKobold"):
    """What a text worker can do."""

    max_length: int = 512
    """Tokens that it writes at most."""
    max_context_length: int = 2048
    """Tokens that its model looks at."""
    softprompts: list[str] | None = None
    """Soft prompts that it has."""
    extra_slow_worker: bool = False
    """Whether it is very slow."""
    chat: bool | None = None
    """Whether it makes messages a prompt by the model's own template. OpenHorde only, as all that follow."""
    vision: bool | None = None
    """Whether it sees pictures."""
    grammar: bool | None = None
    """Whether it can bind a text to a JSON schema."""
    tools: bool | None = None
    """Whether its models can call functions."""
    logprobs: bool | None = None
    """Whether it tells how likely tokens were."""
    templates: dict[str, str] | None = None
    """How its models want conversations written, by name."""


@Unhashable
@Unequatable
class TextGenerateJobPopRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    _PopInputKobold,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_text_pop,
    api_name="PopInputKobold",
):
    """Ask for a text job: POST /v2/generate/text/pop."""

    @classmethod
    def get_default_success_response_type(cls) -> type[TextGenerateJobPopResponse]:
        return TextGenerateJobPopResponse
