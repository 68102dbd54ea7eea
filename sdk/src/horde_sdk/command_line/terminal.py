"""What others wrote, on this terminal."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """Return text without control characters but line ends and tabs: a stranger's words must not steer a terminal."""
    return _CONTROL.sub("", text)
