"""From a pop's answer to a text job, whatever the horde sends (requests.md §8.3, workers.md §7.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field, ValidationError, field_validator

from horde_sdk.ai_horde_api.apimodels.generate.text.pop import ModelPayloadKobold, TextGenerateJobPopResponse
from horde_worker.backends.text import TextJob
from horde_worker.kinds.hand_out import (
    DEFAULT_TTL_S,
    MAX_TTL_S,
    UnusableJob,
    job_ids,
    seed_of,
    without_ids,
)
from horde_worker.kinds.text.conversation import conversation_of
from horde_worker.sampler_settings import DEFAULT_ORDER, TextSampling
from horde_worker.streams.wish import stream_wish
from horde_worker.text_format import TextFormat
from horde_worker.tolerance import MAX_MODEL_CHARACTERS, Tolerant, finite_number

MAX_PROMPT_CHARACTERS: Final = 5_000_000
MAX_STOP_SEQUENCES: Final = 128
MAX_STOP_CHARACTERS: Final = 2000
_ORDER_LIMIT: Final = 64
SEED_SPACE: Final = 2**32


class TextPayload(ModelPayloadKobold, Tolerant):
    """What the SDK knows of a text's parameters, with the bounds and neutral defaults of a worker."""

    max_length: int = Field(default=80, ge=1, le=4096)
    max_context_length: int = Field(default=2048, ge=1, le=1_048_576)
    temperature: float = Field(default=1, ge=0, le=5)
    top_k: int = Field(default=0, ge=0, le=1000)
    top_a: float = Field(default=0, ge=0, le=1)
    top_p: float = Field(default=1, ge=0.001, le=1)
    min_p: float = Field(default=0, ge=0, le=1)
    tfs: float = Field(default=1, ge=0, le=1)
    typical: float = Field(default=1, ge=0, le=1)
    rep_pen: float = Field(default=1, ge=1, le=3)
    rep_pen_range: int | None = Field(default=None, ge=0, le=4096)
    rep_pen_slope: float = Field(default=0, ge=0, le=10)
    smoothing_factor: float = Field(default=0, ge=0, le=10)
    dynatemp_range: float = Field(default=0, ge=0, le=5)
    dynatemp_exponent: float = Field(default=1, ge=0, le=5)
    sampler_order: list[int] = Field(default=list(DEFAULT_ORDER))
    stop_sequence: list[str] = Field(default=[])

    @field_validator("sampler_order", mode="before")
    @classmethod
    def _numbers(cls, value: object) -> list[int]:
        """An order of numbers; what is none of a step stands for none."""
        if not isinstance(value, list) or not value:
            return list(DEFAULT_ORDER)
        return [int(finite_number(number, -1)) for number in value[:_ORDER_LIMIT]]

    @field_validator("stop_sequence", mode="before")
    @classmethod
    def _texts(cls, value: object) -> list[str]:
        """Those that are texts and short, as many as there may be."""
        found = value[:MAX_STOP_SEQUENCES] if isinstance(value, list) else []
        return [stop for stop in found if isinstance(stop, str) and 0 < len(stop) <= MAX_STOP_CHARACTERS]


class TextPopAnswer(TextGenerateJobPopResponse, Tolerant):
    """A hand-out of texts as the SDK knows it. The ids are read apart: they are needed when nothing else fits."""

    payload: TextPayload = Field(default_factory=TextPayload)
    model: str | None = Field(default=None, max_length=MAX_MODEL_CHARACTERS)
    ttl: int = Field(default=int(DEFAULT_TTL_S), ge=1, le=int(MAX_TTL_S))


def read_text_pop(answer: Mapping[str, Any]) -> TextJob | None:
    """The job in a pop's answer, or None when there is none. Raises `UnusableJob`."""
    ids = job_ids(answer)
    if not ids:
        return None
    if not isinstance(answer.get("payload"), Mapping):
        raise UnusableJob("the job has no payload", ids)
    try:
        popped = TextPopAnswer.model_validate(_without_conversation(answer))
    except ValidationError as problem:
        raise UnusableJob(f"{problem.error_count()} fields make no sense", ids) from None
    wished = popped.payload
    prompt = wished.prompt or ""
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        raise UnusableJob(f"a prompt of {len(prompt)} characters is out of bounds", ids)
    return TextJob(
        ids=ids,
        model=popped.model or "",
        prompt=prompt,
        max_length=wished.max_length,
        max_context_length=max(wished.max_context_length, wished.max_length),
        seeds=_seeds(answer["payload"].get("seed"), ids),
        ttl_s=float(popped.ttl),
        sampling=_sampling(wished),
        stop_sequences=tuple(wished.stop_sequence),
        format=TextFormat(
            single_line=wished.singleline is True,
            adds_space=wished.frmtadsnsp is True,
            trims_blank_lines=wished.frmtrmblln is True,
            removes_special=wished.frmtrmspch is True,
            trims_incomplete=wished.frmttriminc is True,
        ),
        may_end=wished.use_default_badwordsids is not True,
        conversation=conversation_of(answer["payload"], ids),
        stream=stream_wish(answer),
    )


_READ_APART: Final = frozenset(
    [
        *("seed", "messages", "continue", "tools", "tool_choice", "parallel_tool_calls", "response_format"),
        *("json_schema", "logprobs", "images"),
    ]
)
"""What is no text's own, and may be large."""


def _without_conversation(answer: Mapping[str, Any]) -> dict[str, Any]:
    kept = without_ids(answer)
    kept.pop("stream", None)
    kept["payload"] = {name: value for name, value in answer["payload"].items() if name not in _READ_APART}
    return kept


def _seeds(said: object, ids: tuple[str, ...]) -> tuple[int, ...]:
    """From the one that was asked for on; without one, the same for the same job."""
    first = finite_number(said, None)
    if first is None:
        return tuple(map(seed_of, ids))
    return tuple((int(first) + place) % SEED_SPACE for place in range(len(ids)))


def _sampling(wished: TextPayload) -> TextSampling:
    return TextSampling(
        temperature=wished.temperature,
        top_k=wished.top_k,
        top_a=wished.top_a,
        top_p=wished.top_p,
        min_p=wished.min_p,
        tfs=wished.tfs,
        typical=wished.typical,
        rep_pen=wished.rep_pen,
        rep_pen_range=wished.rep_pen_range,
        rep_pen_slope=wished.rep_pen_slope,
        smoothing_factor=wished.smoothing_factor,
        dynatemp_range=wished.dynatemp_range,
        dynatemp_exponent=wished.dynatemp_exponent,
        sampler_order=tuple(wished.sampler_order),
    )
