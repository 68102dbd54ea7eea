"""The body of a pop's answer (alchemy.md §6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from horde_server.dispatch.dispatcher import HandOut
from horde_server.requests.alchemy.order import FormOrder

REPORTED = ("worker_id", "untrusted", "bridge_version", "recent_fault")

_encode = msgspec.json.Encoder().encode


def empty_answer(skipped: dict[str, int], messages: Sequence[msgspec.Raw] = ()) -> bytes:
    """Nothing for this alchemist, and why, as far as the API has words for it."""
    told = {reason: skipped[reason] for reason in REPORTED if reason in skipped}
    return _encode(_with_messages({"forms": None, "skipped": told}, messages))


class HandedForm(msgspec.Struct, omit_defaults=True):
    """A form for an alchemist, by the names of the API. `r2_upload`: where its picture goes, if it makes one."""

    id: str
    form: str
    source_image: str
    payload: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    r2_upload: str | None = None


def forms_answer(forms: Sequence[HandedForm], messages: Sequence[msgspec.Raw] = ()) -> bytes:
    """Forms for this alchemist."""
    return _encode(_with_messages({"forms": forms, "skipped": {}}, messages))


def _with_messages(answer: dict[str, Any], messages: Sequence[msgspec.Raw]) -> dict[str, Any]:
    """The original tells alchemists none, so the key is there only with some."""
    return {**answer, "messages": messages} if messages else answer


def handed_form(hand_out: HandOut[FormOrder], source: str, upload: str | None) -> HandedForm:
    """One form: keys without a value are absent."""
    payload = hand_out.order.payload
    return HandedForm(
        id=str(hand_out.job_ids[0]),
        form=hand_out.order.form,
        source_image=source,
        payload=payload if bytes(payload) != b"{}" else msgspec.UNSET,
        r2_upload=upload,
    )
