"""The body of a pop's answer (workers.md §7.6): keys at the top are null without a value, in `payload` absent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from horde_server.dispatch.dispatcher import HandOut
from horde_server.dispatch.refusal import UNREPORTED
from horde_server.dispatch.streamed import tokens_of
from horde_server.requests.text.order import DEFAULT_MAX_CONTEXT_LENGTH, DEFAULT_MAX_LENGTH, TextOrder

_DEFAULT_PAYLOAD = {
    "max_context_length": DEFAULT_MAX_CONTEXT_LENGTH, "max_length": DEFAULT_MAX_LENGTH, "min_p": 0.0,
    "smoothing_factor": 0.0, "dynatemp_range": 0.0, "dynatemp_exponent": 1.0,
}  # fmt: skip

LEAST_LENGTH_LEFT = 16
"""Tokens: as many as can be asked for at least."""
NO_CONVERSATION: Mapping[str, Any] = {}

_encode = msgspec.json.Encoder().encode


def empty_answer(skipped: dict[str, int], messages: Sequence[msgspec.Raw] = ()) -> bytes:
    """Nothing for this worker, and why; unlike those of images, reasons that never applied are not counted as zero."""
    counts = {reason: count for reason, count in skipped.items() if reason not in UNREPORTED}
    return _encode(_answer(payload=_DEFAULT_PAYLOAD, skipped=counts, messages=messages))


def job_answer(
    hand_out: HandOut[TextOrder],
    messages: Sequence[msgspec.Raw] = (),
    conversation: Mapping[str, Any] = NO_CONVERSATION,
    stream: Mapping[str, Any] | None = None,
) -> bytes:
    """Jobs for this worker: all with the same payload, since each is a sample of its own.

    `conversation`: what else is in it for a worker that takes messages; `stream`: what one is told that can stream
    (streams.md §1).
    """
    order = hand_out.order
    ids = [str(job_id) for job_id in hand_out.job_ids]
    payload = {
        **_DEFAULT_PAYLOAD,
        **msgspec.to_builtins(order.sampling),
        "prompt": order.prompt + hand_out.resume_text,
        "n": 1,
        "max_length": length_left(order, hand_out.resume_text),
        "max_context_length": order.max_context_length,
        **conversation,
    }
    answer = _answer(
        id=ids[0],
        ids=ids,
        model=hand_out.model,
        ttl=hand_out.ttl_s,
        payload=payload,
        softprompt=order.softprompt or None,
        messages=messages,
    )
    if stream is not None:
        answer["stream"] = stream
    return _encode(answer)


def length_left(order: TextOrder, resume_text: str) -> int:
    """Tokens that are still to be written of a text that begins so."""
    if not resume_text:
        return order.max_length
    return max(order.max_length - tokens_of(resume_text), LEAST_LENGTH_LEFT)


def _answer(**given: Any) -> dict[str, Any]:
    return {
        "payload": {}, "id": None, "ids": [], "model": None, "ttl": None, "skipped": {}, "softprompt": None,
        "extra_source_images": None, "messages": [], **given,
    }  # fmt: skip
