"""From a pop's answer to an alchemy job: one total, pure function, whatever the horde sends (worker.md §1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from horde_worker.backends.interface import AlchemyForm, AlchemyJob
from horde_worker.popped import finite_number, text_of

LEASE_S = 180.0
"""A form goes to another worker three minutes after its pop, where the answer says nothing else."""

MAX_FORMS = 256


def read_alchemy_pop(answer: Mapping[str, Any]) -> AlchemyJob | None:
    """The job in a pop's answer, or None when there is none. What has no id cannot even be given back."""
    found = answer.get("forms")
    forms = [form for form in map(_form, found[:MAX_FORMS]) if form is not None] if isinstance(found, list) else []
    if not forms:
        return None
    return AlchemyJob(tuple(forms), max(finite_number(answer.get("ttl"), LEASE_S), 1.0))


def _form(sent: object) -> AlchemyForm | None:
    if not isinstance(sent, Mapping) or not text_of(sent.get("id")):
        return None
    payload = sent.get("payload")
    return AlchemyForm(
        id=sent["id"],
        name=text_of(sent.get("form")),
        where=text_of(sent.get("source_image")),
        payload=payload if isinstance(payload, Mapping) else {},
        upload_url=text_of(sent.get("r2_upload")),
    )
