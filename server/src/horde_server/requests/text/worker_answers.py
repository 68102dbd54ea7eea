"""What text workers are told (workers.md §7.6)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from horde_server.http.answers import Answer
from horde_server.workers.messages.answers import ResponseModelMessagePop


class ModelPayloadKobold(Answer):
    """What to write; samplers that were not asked for are absent."""

    prompt: str = ""
    n: int = 1
    max_context_length: int = 2048
    max_length: int = 80
    min_p: float = 0.0
    smoothing_factor: float = 0.0
    dynatemp_range: float = 0.0
    dynatemp_exponent: float = 1.0
    rep_pen: float = 1.0
    rep_pen_range: int = 0
    rep_pen_slope: float = 0.0
    temperature: float = 1.0
    tfs: float = 1.0
    top_a: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    typical: float = 1.0
    sampler_order: list[int] = Field(default_factory=list)
    stop_sequence: list[str] = Field(default_factory=list)
    singleline: bool = False
    frmtadsnsp: bool = False
    frmtrmblln: bool = False
    frmtrmspch: bool = False
    frmttriminc: bool = False
    use_default_badwordsids: bool = False
    # beyond the original API, for workers that take messages
    messages: list[dict[str, Any]] = Field(default_factory=list)
    continue_: bool = Field(False, alias="continue")
    tools: list[dict[str, Any]] = Field(default_factory=list)
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    response_format: dict[str, str] | None = None
    json_schema: dict[str, Any] | None = None
    logprobs: int | None = None
    images: list[str] = Field(default_factory=list)
    seed: int | None = None


class NoValidRequestFoundKobold(Answer):
    """Why waiting jobs were not given to this worker, each counted once under its first reason; others are absent."""

    worker_id: int = 0
    models: int = 0
    untrusted: int = 0
    performance: int = 0
    bridge_version: int = 0
    kudos: int = 0
    max_context_length: int = 0
    max_length: int = 0
    matching_softprompt: int = 0
    recent_fault: int = 0
    tools: int = 0
    vision: int = 0
    grammar: int = 0
    logprobs: int = 0


class GenerationPayloadKobold(Answer):
    """Jobs of one request for one worker; `id` is null where there are none."""

    payload: ModelPayloadKobold
    id: str | None
    ids: list[str]
    skipped: NoValidRequestFoundKobold
    model: str | None
    ttl: int | None
    softprompt: str | None
    extra_source_images: list[Any] | None
    messages: list[ResponseModelMessagePop]
