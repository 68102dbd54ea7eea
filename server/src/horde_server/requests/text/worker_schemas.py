"""The wire shapes of `POST /generate/text/pop` and `/submit` (workers.md §1.3, §8.12); defaults are effective."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from annotated_types import MaxLen
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from horde_server.dispatch.schemas import INT32_MAX, MOST_METADATA_READ, Metadata, Wire, WorkerPop
from horde_server.http.examples import EXAMPLE_ID, shown_as
from horde_server.http.wire_types import Items, Line, RawText, Text, Whole, WireFloat, empty

_MOST_GENERATION_CHARACTERS = 4 * 1024 * 1024
"""That are read; the text is cut far shorter."""
MOST_TOKENS = 2_000_000
MOST_MESSAGE_BYTES = 256 * 1024
"""Of a message as JSON, and so of every part of it."""
MOST_LOGPROBS_BYTES = 2 * 1024 * 1024
MOST_COMMAS_OF_LOGPROBS = 200_000
"""A thousand tokens with five others each, and their bytes; with less to each, more tokens."""
MOST_TOOL_CALLS = 128
MOST_TOKEN_CHARACTERS = 256
MOST_TEMPLATES = 200
"""As many models as are kept of a worker's."""


def _from_digits(value: Any) -> Any:
    """The original's parser takes a seed as a string of digits too."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20 else value


class TextPop(WorkerPop):
    """A worker asks for text jobs."""

    model_config = ConfigDict(
        title="PopInputKobold",
        extra="allow",
        json_schema_extra={
            "example": {
                "name": "my first scribe",
                "models": ["koboldcpp/my-model"],
                "bridge_agent": "my program:1.0:https://example.org",
                "max_length": 80,
                "max_context_length": 1024,
            }
        },
    )

    max_length: Annotated[int, Whole(-INT32_MAX, INT32_MAX)] = 512
    max_context_length: Annotated[int, Whole(-INT32_MAX, INT32_MAX)] = 2048
    softprompts: Annotated[list[Annotated[str, Text(1000)]], Items(10_000)] = empty(list)
    streams: bool = Field(
        False, description="Beyond the original API: it tells its text while it writes (`/generate/pieces/{id}`)."
    )
    chat: bool = Field(
        False, description="Beyond the original API: it takes `messages`, and renders them as its model wants them."
    )
    tools: bool = Field(False, description="Beyond the original API: it lets the model call functions. Implies `chat`.")
    vision: bool = Field(False, description="Beyond the original API: it takes pictures. Implies `chat`.")
    grammar: bool = Field(
        False, description="Beyond the original API: it binds the answer to a JSON schema. Implies `chat`."
    )
    logprobs: bool = Field(
        False, description="Beyond the original API: it tells the probabilities of tokens. Implies `chat`."
    )
    templates: Annotated[dict[Annotated[str, Text(255)], Annotated[str, Line(64)]], MaxLen(MOST_TEMPLATES)] = Field(
        default_factory=dict,
        json_schema_extra={"default": {}},
        description="Beyond the original API: the names of the chat templates of its models, as it knows them.",
    )


class TextMetadata(Metadata):
    """A remark of the worker about a text."""

    model_config = ConfigDict(title="GenerationMetadataKobold")

    type: Literal["censorship"]
    value: Literal["csam"]


FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


class Usage(Wire):
    """Tokens, by the tokenizer of the model."""

    prompt_tokens: Annotated[int, Whole(0, MOST_TOKENS)]
    completion_tokens: Annotated[int, Whole(0, MOST_TOKENS)]


class FunctionCall(Wire):
    """Which function, with what: as the model wrote it, mostly JSON."""

    name: Annotated[str, Text(255)]
    arguments: Annotated[str, RawText(MOST_MESSAGE_BYTES)]


class ToolCall(Wire):
    """A function that the model calls."""

    id: Annotated[str, Text(255)]
    type: Literal["function"] = "function"
    function: FunctionCall


class AssistantMessage(Wire):
    """What the model answers, in the shape of chat completions; keys that are not named here are dropped."""

    role: Literal["assistant"] = "assistant"
    content: Annotated[str, RawText(MOST_MESSAGE_BYTES)] | None = None
    reasoning_content: Annotated[str, RawText(MOST_MESSAGE_BYTES)] | None = None
    refusal: Annotated[str, RawText(MOST_MESSAGE_BYTES)] | None = None
    tool_calls: Annotated[list[ToolCall], Items(MOST_TOOL_CALLS)] | None = None


class TopLogprob(Wire):
    """A token that might have stood there."""

    token: Annotated[str, RawText(MOST_TOKEN_CHARACTERS)]
    logprob: Annotated[WireFloat, Field(ge=-1e6, le=1)]
    bytes: Annotated[list[Annotated[int, Whole(0, 255)]], Items(4 * MOST_TOKEN_CHARACTERS)] | None = None


class TokenLogprob(TopLogprob):
    """A token of the text, with what else might have stood there."""

    top_logprobs: Annotated[list[TopLogprob], Items(20)] = empty(list)


class Logprobs(Wire):
    """Token by token, in the shape of chat completions."""

    content: Annotated[list[TokenLogprob], Items(4096)] = empty(list)


def _at_most(most_bytes: int) -> AfterValidator:
    """As JSON; what is within it may have as much, and not all of it together more."""

    def measured(found: BaseModel) -> BaseModel:
        if len(found.model_dump_json(exclude_none=True).encode()) > most_bytes:
            raise ValueError(f"must have at most {most_bytes} bytes as JSON")
        return found

    return AfterValidator(measured)


class TextSubmit(Wire):
    """A worker delivers a text, or reports that it could not."""

    model_config = ConfigDict(
        title="SubmitInputKobold",
        json_schema_extra={"example": {"id": EXAMPLE_ID, "generation": "there was a harbour."}},
    )

    id: Annotated[str, Text(255)]
    generation: Annotated[str, RawText(_MOST_GENERATION_CHARACTERS), shown_as("there was a harbour.")]
    state: Literal["ok", "censored", "faulted", "csam", "cancelled"] = "ok"
    seed: Annotated[int, Whole(-(2**63), 2**63 - 1), BeforeValidator(_from_digits)] = 0
    gen_metadata: Annotated[list[TextMetadata], Items(MOST_METADATA_READ)] = empty(list)
    finish_reason: FinishReason | None = Field(None, description="Beyond the original API: why the text ends.")
    tokens: Annotated[int, Whole(0, MOST_TOKENS)] | None = Field(
        None, description="Beyond the original API: how many tokens the text has."
    )
    usage: Usage | None = Field(None, description="Beyond the original API: tokens of prompt and text.")
    message: Annotated[AssistantMessage, _at_most(MOST_MESSAGE_BYTES)] | None = Field(
        None, description="Beyond the original API: the whole answer of the model, where it calls functions."
    )
    logprobs: Annotated[Logprobs, _at_most(MOST_LOGPROBS_BYTES)] | None = Field(
        None, description="Beyond the original API: how probable the tokens were."
    )
