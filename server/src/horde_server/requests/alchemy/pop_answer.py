"""The body of a pop's answer (alchemy.md §6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from horde_server.dispatch.dispatcher import HandOut
from horde_server.requests.alchemy.order import FormOrder

REPORTED = ("worker_id", "untrusted", "bridge_version")

_encode = msgspec.json.Encoder().encode


def empty_answer(skipped: dict[str, int]) -> bytes:
    """Nothing for this alchemist, and why, as far as the API has words for it."""
    return _encode({"forms": None, "skipped": {reason: skipped[reason] for reason in REPORTED if reason in skipped}})


def forms_answer(forms: Sequence[dict[str, Any]]) -> bytes:
    """Forms for this alchemist."""
    return _encode({"forms": forms, "skipped": {}})


def form_body(hand_out: HandOut[FormOrder], source: str, upload: str | None) -> dict[str, Any]:
    """One form: keys without a value are absent. `upload`: where its picture goes, if it makes one."""
    body: dict[str, Any] = {
        "id": str(hand_out.job_ids[0]),
        "form": hand_out.order.form,
        "source_image": source,
    }
    if bytes(hand_out.order.payload) != b"{}":
        body["payload"] = hand_out.order.payload
    if upload is not None:
        body["r2_upload"] = upload
    return body
