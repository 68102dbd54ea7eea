"""How long a client would have an answer held back until there is news: `Prefer: wait=N` (RFC 7240), or `?wait=N`."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

from starlette.types import Scope

_WAIT_DIGITS: Final = 6
_MOST_QUERY_BYTES: Final = 4096


def wait_asked_s(scope: Scope, most_s: int) -> int:
    """Whole seconds, at most so many; of both ways the smaller. 0: it does not ask, or in no usable way."""
    asked = _of_headers(scope)
    if scope["query_string"]:
        asked.append(_of_query(scope["query_string"]))
    return _least(asked, most_s)


def wait_preferred_s(scope: Scope, most_s: int) -> int:
    """The same, where only the header counts."""
    return _least(_of_headers(scope), most_s)


def _of_headers(scope: Scope) -> list[int]:
    return [_of_header(value) for name, value in scope["headers"] if name == b"prefer"]


def _least(asked: list[int], most_s: int) -> int:
    usable = [seconds for seconds in asked if seconds]
    return min(*usable, most_s) if usable else 0


def _of_header(value: bytes) -> int:
    for preference in value.decode("latin-1").split(","):
        name, _, told = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "wait":
            return _seconds(told.strip().strip('"'))
    return 0


def _of_query(query: bytes) -> int:
    if b"wait" not in query or len(query) > _MOST_QUERY_BYTES:
        return 0
    return _seconds(parse_qs(query.decode("latin-1"), max_num_fields=100).get("wait", [""])[0])


def _seconds(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _WAIT_DIGITS else 0
