"""The body of a pop's answer (embeddings.md §2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from horde_server.dispatch.dispatcher import HandOut
from horde_server.dispatch.refusal import UNREPORTED
from horde_server.requests.embedding.order import EmbeddingOrder

_encode = msgspec.json.Encoder().encode


def empty_answer(skipped: dict[str, int], messages: Sequence[msgspec.Raw] = ()) -> bytes:
    """Nothing for this worker, and why."""
    counts = {reason: count for reason, count in skipped.items() if reason not in UNREPORTED}
    return _encode(_answer(skipped=counts, messages=messages))


def job_answer(hand_out: HandOut[EmbeddingOrder], messages: Sequence[msgspec.Raw] = ()) -> bytes:
    """A job for this worker."""
    order = hand_out.order
    payload: dict[str, Any] = {"input": order.inputs}
    if order.dimensions is not None:
        payload["dimensions"] = order.dimensions
    return _encode(
        _answer(
            id=str(hand_out.job_ids[0]),
            model=hand_out.model,
            ttl=hand_out.ttl_s,
            payload=payload,
            messages=messages,
        )
    )


def _answer(**given: Any) -> dict[str, Any]:
    return {"id": None, "model": None, "ttl": None, "payload": {}, "skipped": {}, "messages": [], **given}
