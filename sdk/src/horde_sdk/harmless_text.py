"""Strangers' words made harmless before they are printed: `one_line` for a name or a sentence, `printable` for texts.

A stranger's words must neither steer a terminal, nor make a line that looks like ours, nor turn the rest of theirs
round or hide in it. Half a character, which JSON can hold and no terminal can show, must not end the program.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

MAX_FIELD_CHARACTERS = 1000

_STEERING = r"\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufff9-\ufffb"
_LINE_ENDS = r"\t\n\u2028\u2029"
_TURNING = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNSEEN = (
    r"\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u2800\u3164\ufeff\uffa0"
    r"\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_JOINING = r"\u200c\u200d\ufe00-\ufe0f"
"""Unseen too, but in words of Persian and Hindi, and in faces of more than one sign, they say how the others look."""

_NOT_IN_TEXTS = re.compile(f"[{_STEERING}{_TURNING}{_UNSEEN}\u2028\u2029]")
_NOT_IN_LINES = re.compile(f"[{_STEERING}{_LINE_ENDS}{_TURNING}{_UNSEEN}{_JOINING}]")
_NOT_IN_JSON = re.compile(f"[{_STEERING}\u2028\u2029{_TURNING}{_UNSEEN}{_JOINING}]")


def printable(text: str) -> str:
    """Return a text of several lines with nothing unseen in it but line ends, tabs, and what joins letters."""
    return _NOT_IN_TEXTS.sub("", text)


def one_line(text: str) -> str:
    r"""Return a name, or a sentence, with everything that is not seen as an escape: two that look alike are alike.

    A line end becomes `\n`, a zero-width space `\u200b`. Text that is plain comes back as it is.
    """
    return _NOT_IN_LINES.sub(_escape, text)


def harmless(value: object) -> object:
    """Return a field of a log line with its texts, however deep, each in one line and of bounded length."""
    match value:
        case str():
            return one_line(value if len(value) <= MAX_FIELD_CHARACTERS else f"{value[:MAX_FIELD_CHARACTERS]}…")
        case Mapping():
            return {harmless(str(key)): harmless(one) for key, one in value.items()}
        case list() | tuple():
            return [harmless(one) for one in value]
        case _:
            return value


def printable_json(text: str) -> str:
    """Return JSON with the unseen characters that `json.dumps` leaves as they are written as escapes."""
    return _NOT_IN_JSON.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    """Write a character as JSON does."""
    return "\\u007f" if found[0] == "\x7f" else json.dumps(found[0])[1:-1]
