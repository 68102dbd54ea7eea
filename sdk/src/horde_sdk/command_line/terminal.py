"""What others wrote, on this terminal."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(text: str) -> str:
    """Return text without control characters but line ends and tabs: a stranger's words must not steer a terminal.

    Nor may half a character, which JSON can hold and no terminal can show, end the program.
    """
    return _CONTROL.sub("", text)


def printable_json(text: str) -> str:
    """Return JSON with the control characters that `json.dumps` leaves as they are written as escapes."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
