"""Fields that nobody knows: ignored, as the contract has it, but not without a word where one is a slip of the pen."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice

import msgspec
from pydantic import BaseModel

from horde_server.http.answers import add_warnings

UNKNOWN_FIELD_CODE = "UnknownField"
_MOST_LOOKED_AT = 20
_MOST_NAMED = 5
_MOST_NAME_CHARACTERS = 40
_LIKENESS = 0.78
"""Of `stepz` and `steps` it is 0.8; of `sampler_seed`, which a program sends, and `sampler_name` 0.75."""


def unknown_field_warning(body: BaseModel, params: BaseModel | None = None) -> str | None:
    """A sentence about fields that were meant to be others; None where there are none, which costs nothing.

    The models keep what they do not know (`extra="allow"`). `params`: the part of the body of that name, if it has one.
    """
    if not body.model_extra and (params is None or not params.model_extra):
        return None
    found = list(islice(_slips(body, params), _MOST_NAMED))
    return " ".join(found) if found else None


def slips(body: BaseModel, params: BaseModel | None = None) -> dict[str, str]:
    """The same as a warning by its code, if there is one."""
    warning = unknown_field_warning(body, params)
    return {} if warning is None else {UNKNOWN_FIELD_CODE: warning}


def told(answer: bytes, body: BaseModel) -> bytes:
    """A ready JSON object, with a warning in it where fields of the body were meant to be others."""
    warning = unknown_field_warning(body)
    if warning is None:
        return answer
    found = msgspec.json.decode(answer)
    add_warnings(found, {UNKNOWN_FIELD_CODE: warning})
    return msgspec.json.encode(found)


def _slips(body: BaseModel, params: BaseModel | None) -> Iterator[str]:
    beside = dict.fromkeys(type(body).model_fields, "")
    within = dict.fromkeys(type(params).model_fields, "params.") if params is not None else {}
    for prefix, model, own, other in (("", body, beside, within), ("params.", params, within, beside)):
        for name in islice((model.model_extra or {}) if model is not None else {}, _MOST_LOOKED_AT):
            if len(name) > _MOST_NAME_CHARACTERS:
                continue
            if name in other:
                place = "belongs into `params`" if not prefix else "stands beside `params`, not in it"
                yield f"`{name}` {place}: here it has no effect."
            elif meant := _meant(name.lower(), (*own, *other)):
                shown = (own if meant in own else other)[meant] + meant
                yield f"`{prefix}{name}` is not known here and has no effect: you may mean `{shown}`."


@lru_cache(maxsize=1000)
def _meant(name: str, known: tuple[str, ...]) -> str:
    """The field that is most like a name; "": none is. Programs send the same name again and again: 35 µs less each."""
    return next(iter(get_close_matches(name, known, 1, _LIKENESS)), "")
