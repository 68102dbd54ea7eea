"""The wire shape of `POST /generate/text/async`, strict as the original's schema (generation.md §1.3, §4.1–4.2).

Names, limits and titles are the API's own. Every default is the *effective* one; samplers that are not asked for are
left to the worker's backend, and their defaults here are those that change nothing.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from horde_server.dispatch.schemas import INT32_MAX, Wire
from horde_server.http.wire_types import WireFloat, WireInt, WireStr
from horde_server.requests.image.schemas import ExtraSourceImage
from horde_server.requests.text.order import DEFAULT_MAX_CONTEXT_LENGTH, DEFAULT_MAX_LENGTH

MAX_SOFTPROMPT_CHARACTERS = 100
"""As many as are kept of a worker's."""
_MOST_NAMES = 1000
_MOST_SEQUENCES = 2000  # beyond 128 distinct ones they are refused by the rule's own code


class TextParams(Wire):
    """`params` of a text request."""

    model_config = ConfigDict(title="ModelGenerationInputKobold")

    n: Annotated[WireInt, Field(ge=1, le=20)] = 1
    max_length: Annotated[WireInt, Field(ge=16, le=4096)] = DEFAULT_MAX_LENGTH
    max_context_length: Annotated[WireInt, Field(ge=80, le=1_048_576)] = DEFAULT_MAX_CONTEXT_LENGTH
    rep_pen: Annotated[WireFloat, Field(ge=1, le=3)] = 1.0
    rep_pen_range: Annotated[WireInt, Field(ge=0, le=4096)] = 0
    rep_pen_slope: Annotated[WireFloat, Field(ge=0, le=10)] = 0.0
    temperature: Annotated[WireFloat, Field(ge=0, le=5)] = 1.0
    tfs: Annotated[WireFloat, Field(ge=0, le=1)] = 1.0
    top_a: Annotated[WireFloat, Field(ge=0, le=1)] = 0.0
    top_k: Annotated[WireInt, Field(ge=0, le=200)] = 0
    top_p: Annotated[WireFloat, Field(ge=0.001, le=1)] = 1.0
    typical: Annotated[WireFloat, Field(ge=0, le=1)] = 1.0
    min_p: Annotated[WireFloat, Field(ge=0, le=1)] = 0.0
    smoothing_factor: Annotated[WireFloat, Field(ge=0, le=10)] = 0.0
    dynatemp_range: Annotated[WireFloat, Field(ge=0, le=5)] = 0.0
    dynatemp_exponent: Annotated[WireFloat, Field(ge=0, le=5)] = 1.0
    sampler_order: list[Annotated[WireInt, Field(ge=-INT32_MAX, le=INT32_MAX)]] = Field(
        default_factory=list, max_length=100
    )
    stop_sequence: list[WireStr] = Field(default_factory=list, max_length=_MOST_SEQUENCES)
    singleline: bool = False
    frmtadsnsp: bool = False
    frmtrmblln: bool = False
    frmtrmspch: bool = False
    frmttriminc: bool = False
    use_default_badwordsids: bool = False


class TextRequest(Wire):
    """The body of `POST /generate/text/async`."""

    model_config = ConfigDict(title="GenerationInputKobold")

    prompt: WireStr
    params: TextParams = TextParams()
    softprompt: Annotated[WireStr, Field(min_length=1, max_length=MAX_SOFTPROMPT_CHARACTERS)] = ""
    models: Annotated[
        list[Annotated[WireStr, Field(max_length=255)]], Field(max_length=_MOST_NAMES, default_factory=list)
    ]
    trusted_workers: bool = False
    validated_backends: bool = False
    slow_workers: bool = True
    extra_slow_workers: bool = False
    workers: Annotated[
        list[Annotated[WireStr, Field(max_length=255)]], Field(max_length=_MOST_NAMES, default_factory=list)
    ]
    worker_blacklist: bool = False
    dry_run: bool = False
    proxied_account: Annotated[WireStr, Field(max_length=255)] = ""
    disable_batching: bool = False
    allow_downgrade: bool = False
    webhook: Annotated[WireStr, Field(max_length=1024)] = ""
    style: Annotated[WireStr, Field(min_length=3, max_length=1024)] = ""
    extra_source_images: Annotated[list[ExtraSourceImage], Field(default_factory=list)]
