"""From a pop's answer to an alchemy job: one total, pure function, whatever the horde sends (alchemy.md §6).

By hand: the SDK's model knows neither ids that are no UUIDs nor a time to live, and options are whatever a form has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from horde_worker.backends.alchemy import AlchemyForm, AlchemyJob
from horde_worker.kinds.hand_out import MAX_WORD_CHARACTERS, is_id, text_of, ttl_of

LEASE_S = 180.0
"""A form goes to another worker three minutes after its pop, where the answer says nothing else."""

MAX_FORMS = 256
MAX_OPTIONS = 64
MAX_OPTION_CHARACTERS = 1000


def read_alchemy_pop(answer: Mapping[str, Any]) -> AlchemyJob | None:
    """The job in a pop's answer, or None when there is none. What has no id cannot even be given back."""
    found = answer.get("forms")
    sent = map(_form, found[:MAX_FORMS]) if isinstance(found, list) else ()
    forms = {form.id: form for form in sent if form is not None}
    return AlchemyJob(tuple(forms.values()), ttl_of(answer, LEASE_S)) if forms else None


def _form(sent: object) -> AlchemyForm | None:
    if not isinstance(sent, Mapping) or not is_id(sent.get("id")):
        return None
    payload = sent.get("payload")
    options = payload if isinstance(payload, Mapping) else {}
    return AlchemyForm(
        id=sent["id"],
        name=text_of(sent.get("form"), MAX_WORD_CHARACTERS),
        where=text_of(sent.get("source_image")),
        payload=options if _within_bounds(options) else {},
        upload_url=text_of(sent.get("r2_upload")),
        refusal="" if _within_bounds(options) else "the form's options are out of bounds",
    )


def _within_bounds(options: Mapping[Any, Any]) -> bool:
    """Options are words and numbers, and few."""
    return len(options) <= MAX_OPTIONS and all(
        len(name) <= MAX_WORD_CHARACTERS
        and (value is None or isinstance(value, int | float | str))
        and (not isinstance(value, str) or len(value) <= MAX_OPTION_CHARACTERS)
        for name, value in options.items()
    )
