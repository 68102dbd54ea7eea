"""From a pop's answer to a text job: one total, pure function, whatever the horde sends (generation.md §4.2, §4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from horde_worker.backends.interface import TextJob
from horde_worker.popped import (
    DEFAULT_TTL_S,
    MAX_MODEL_CHARACTERS,
    UnusableJob,
    finite_number,
    job_ids,
    seed_of,
    text_of,
    ttl_of,
)
from horde_worker.text_format import TextFormat
from horde_worker.text_sampling import DEFAULT_ORDER, TextSampling

MAX_PROMPT_CHARACTERS = 5_000_000
MAX_STOP_SEQUENCES = 128
MAX_STOP_CHARACTERS = 2000
_ORDER_LIMIT = 64


def read_text_pop(answer: Mapping[str, Any]) -> TextJob | None:
    """The job in a pop's answer, or None when there is none. Raises `UnusableJob`."""
    ids = job_ids(answer)
    if not ids:
        return None
    payload = answer.get("payload")
    if not isinstance(payload, Mapping):
        raise UnusableJob("the job has no payload", ids)
    prompt = text_of(payload.get("prompt"))
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        raise UnusableJob(f"a prompt of {len(prompt)} characters is out of bounds", ids)
    max_length = int(_within(payload, "max_length", 1, 4096, 80))
    return TextJob(
        ids=ids,
        model=text_of(answer.get("model"), MAX_MODEL_CHARACTERS),
        prompt=prompt,
        max_length=max_length,
        max_context_length=max(int(_within(payload, "max_context_length", 1, 1_048_576, 2048)), max_length),
        seeds=tuple(map(seed_of, ids)),
        ttl_s=ttl_of(answer, DEFAULT_TTL_S),
        sampling=_sampling(payload),
        stop_sequences=_stop_sequences(payload.get("stop_sequence")),
        format=TextFormat(
            single_line=payload.get("singleline") is True,
            adds_space=payload.get("frmtadsnsp") is True,
            trims_blank_lines=payload.get("frmtrmblln") is True,
            removes_special=payload.get("frmtrmspch") is True,
            trims_incomplete=payload.get("frmttriminc") is True,
        ),
        may_end=payload.get("use_default_badwordsids") is not True,
    )


def _sampling(payload: Mapping[str, Any]) -> TextSampling:
    reach = payload.get("rep_pen_range")
    return TextSampling(
        temperature=_within(payload, "temperature", 0, 5, 1),
        top_k=int(_within(payload, "top_k", 0, 1000, 0)),
        top_a=_within(payload, "top_a", 0, 1, 0),
        top_p=_within(payload, "top_p", 0.001, 1, 1),
        min_p=_within(payload, "min_p", 0, 1, 0),
        tfs=_within(payload, "tfs", 0, 1, 1),
        typical=_within(payload, "typical", 0, 1, 1),
        rep_pen=_within(payload, "rep_pen", 1, 3, 1),
        rep_pen_range=None if reach is None else int(_within(payload, "rep_pen_range", 0, 4096, 4096)),
        rep_pen_slope=_within(payload, "rep_pen_slope", 0, 10, 0),
        smoothing_factor=_within(payload, "smoothing_factor", 0, 10, 0),
        dynatemp_range=_within(payload, "dynatemp_range", 0, 5, 0),
        dynatemp_exponent=_within(payload, "dynatemp_exponent", 0, 5, 1),
        sampler_order=_order(payload.get("sampler_order")),
    )


def _within(payload: Mapping[str, Any], name: str, least: float, most: float, default: float) -> float:
    return min(max(finite_number(payload.get(name), default), least), most)


def _order(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        return DEFAULT_ORDER
    return tuple(int(finite_number(number, -1)) for number in value[:_ORDER_LIMIT])


def _stop_sequences(value: Any) -> tuple[str, ...]:
    found = tuple(filter(None, map(text_of, value[:MAX_STOP_SEQUENCES]))) if isinstance(value, list) else ()
    return tuple(stop for stop in found if len(stop) <= MAX_STOP_CHARACTERS)
