"""A wider net for what needs backtracking: a pattern without look-arounds that matches at least as much.

What it does not catch, the exact pattern does not match either; so the exact one, which is slow, is rarely asked.
"""

from __future__ import annotations

import re

_ANYTHING = "(?s:.*)"
_NOTHING = "(?:)"
_TOKEN = re.compile(
    r"(?P<look>\(\?<?[=!])"
    r"|(?P<comment>\(\?#[^)]*\))"
    r"|(?P<atomic>\(\?>)"
    r"|(?P<again>\(\?P=\w+\)|\\[1-9]\d?)"
    r"|(?P<end>\\Z)"
    r"|(?P<literal>\\.)"
    r"|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])"
    r"|(?P<quantifier>[*+?]|\{\d*,?\d*\})(?P<greed>[+?]?)",
    re.DOTALL,
)
_UNSURE = re.compile(r"\{,|\{[^0-9]|\(\?\(")
"""What the engines read differently, or nobody has thought through."""


def wider_pattern(pattern: str) -> str | None:
    """A pattern, valid in Python, without what RE2 lacks; None: better not."""
    if _UNSURE.search(pattern):
        return None
    pieces: list[str] = []
    position = 0
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            pieces.append(pattern[position])
            position += 1
            continue
        position = token.end()
        match token.lastgroup:
            case "look":
                position = _end_of_group(pattern, position)
                pieces.append(_NOTHING)
            case "comment":
                pass
            case "atomic":
                pieces.append("(?:")
            case "again":
                pieces.append(_ANYTHING)
            case "end":
                pieces.append(_NOTHING)
            case "greed":
                pieces.append(token["quantifier"] + token["greed"].replace("+", ""))
            case _:
                pieces.append(token[0])
    return "".join(pieces)


def _end_of_group(pattern: str, position: int) -> int:
    """Behind the parenthesis that closes the group which was opened before `position`."""
    depth = 1
    while depth and position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is not None:
            position = token.end()
            depth += token.lastgroup in ("look", "atomic")
            continue
        depth += {"(": 1, ")": -1}.get(pattern[position], 0)
        position += 1
    return position
