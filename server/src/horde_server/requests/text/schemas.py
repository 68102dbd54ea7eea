"""The wire shape of `POST /generate/text/async`, strict as the original's schema (basics.md §3, requests.md §8).

Names, limits and titles are the API's own. Every default is the *effective* one; samplers that are not asked for are
left to the worker's backend, and their defaults here are those that change nothing.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from horde_server.dispatch.schemas import INT32_MAX, Wire
from horde_server.http.examples import shown_as
from horde_server.http.wire_types import Items, Line, Text, Whole, WireFloat, empty
from horde_server.requests.image.schemas import MOST_EXTRA_SOURCE_IMAGES, MOST_WORKERS, ExtraSourceImage
from horde_server.requests.text.order import DEFAULT_MAX_CONTEXT_LENGTH, DEFAULT_MAX_LENGTH
from horde_server.styles.schemas import MOST_TEMPLATE_CHARACTERS, NewStyle, StyleChange

MAX_SOFTPROMPT_CHARACTERS = 100
"""As many as are kept of a worker's."""
_MOST_MODELS = 500
_MOST_PROMPT_CHARACTERS = 2_097_152  # half of it is allowed: beyond, the rule refuses by its own code
_MOST_SEQUENCES = 2000  # beyond 128 distinct ones they are refused by the rule's own code
StopSequence = Annotated[str, Text(20_000)]


class StyleParams(Wire):
    """`params` of a style: of a request's those that are not its own."""

    model_config = ConfigDict(title="ModelStyleInputParamsKobold")

    max_length: Annotated[int, Whole(16, 4096)] = DEFAULT_MAX_LENGTH
    max_context_length: Annotated[int, Whole(80, 1_048_576)] = DEFAULT_MAX_CONTEXT_LENGTH
    rep_pen: Annotated[WireFloat, Field(ge=1, le=3)] = 1.0
    rep_pen_range: Annotated[int, Whole(0, 4096)] = 0
    rep_pen_slope: Annotated[WireFloat, Field(ge=0, le=10)] = 0.0
    temperature: Annotated[WireFloat, Field(ge=0, le=5)] = 1.0
    tfs: Annotated[WireFloat, Field(ge=0, le=1)] = 1.0
    top_a: Annotated[WireFloat, Field(ge=0, le=1)] = 0.0
    top_k: Annotated[int, Whole(0, 200)] = 0
    top_p: Annotated[WireFloat, Field(ge=0.001, le=1)] = 1.0
    typical: Annotated[WireFloat, Field(ge=0, le=1)] = 1.0
    min_p: Annotated[WireFloat, Field(ge=0, le=1)] = 0.0
    smoothing_factor: Annotated[WireFloat, Field(ge=0, le=10)] = 0.0
    dynatemp_range: Annotated[WireFloat, Field(ge=0, le=5)] = 0.0
    dynatemp_exponent: Annotated[WireFloat, Field(ge=0, le=5)] = 1.0
    sampler_order: Annotated[list[Annotated[int, Whole(-INT32_MAX, INT32_MAX)]], Items(100)] = empty(list)
    stop_sequence: Annotated[list[StopSequence], Items(_MOST_SEQUENCES)] = empty(list)
    singleline: bool = False
    frmtadsnsp: bool = False
    frmtrmblln: bool = False
    frmtrmspch: bool = False
    frmttriminc: bool = False
    use_default_badwordsids: bool = False


class TextParams(StyleParams):
    """`params` of a text request."""

    model_config = ConfigDict(title="ModelGenerationInputKobold", extra="allow")

    n: Annotated[int, Whole(1, 20)] = 1


class TextRequest(Wire):
    """The body of `POST /generate/text/async`."""

    model_config = ConfigDict(
        title="GenerationInputKobold",
        extra="allow",
        json_schema_extra={
            "example": {
                "prompt": "Once upon a time",
                "params": {"max_length": 80, "max_context_length": 1024},
                "models": [],
            }
        },
    )

    prompt: Annotated[str, Text(_MOST_PROMPT_CHARACTERS), shown_as("Once upon a time")]
    params: TextParams = TextParams()
    softprompt: Annotated[str, Text(MAX_SOFTPROMPT_CHARACTERS, least=1)] = ""
    models: Annotated[list[Annotated[str, Line(255)]], Items(_MOST_MODELS)] = empty(list)
    trusted_workers: bool = False
    validated_backends: bool = False
    slow_workers: bool = True
    extra_slow_workers: bool = False
    workers: Annotated[list[Annotated[str, Text(255)]], Items(MOST_WORKERS)] = empty(list)
    worker_blacklist: bool = False
    dry_run: bool = False
    proxied_account: Annotated[str, Text(255)] = ""
    disable_batching: bool = False
    allow_downgrade: bool = False
    webhook: Annotated[str, Text(1024)] = ""
    style: Annotated[str, Text(1024, least=3)] = ""
    extra_source_images: Annotated[list[ExtraSourceImage], Items(MOST_EXTRA_SOURCE_IMAGES)] = empty(list)


class NewTextStyle(NewStyle):
    """The body of `POST /styles/text`."""

    model_config = ConfigDict(
        title="ModelStyleInputKobold",
        json_schema_extra={
            "example": {
                "name": "rhymes",
                "prompt": "A poem about {p}:",
                "params": {"temperature": 0.9},
                "models": ["koboldcpp/Mistral-7B-Instruct-v0.2"],
            }
        },
    )

    prompt: Annotated[str, Text(MOST_TEMPLATE_CHARACTERS, least=3)] = "{p}"
    params: StyleParams = StyleParams()


class TextStyleChange(StyleChange):
    """The body of `PATCH /styles/text/{id}`."""

    model_config = ConfigDict(title="ModelStylePatchKobold", json_schema_extra={"example": {"tags": ["poetry"]}})

    prompt: Annotated[str, Text(MOST_TEMPLATE_CHARACTERS, least=3)] = "{p}"
    params: StyleParams = StyleParams()
