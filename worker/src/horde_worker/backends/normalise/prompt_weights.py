"""Weights in prompts, as ComfyUI and AUTOMATIC1111 write them: for makers that do not read them themselves.

`(words)` counts 1.1 times as much, `(words:1.3)` 1.3 times, `[words]` a tenth less (AUTOMATIC1111 only), `\\(` is a
bracket; `BREAK` begins a new chunk of the text encoder's 75 tokens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

STRONGER: Final = 1.1
MAX_WEIGHT: Final = 10.0
"""Beyond this, either way, every model paints noise; and products of nested weights stay finite."""

_TOKEN: Final = re.compile(
    r"""(?P<escaped> \\ [()\[\]\\] )
      | (?P<weight> : \s{0,9} [+-]? (?: \d{1,9} (?: \. \d{0,9} )? | \. \d{1,9} ) \s{0,9} \) )
      | (?P<bracket> [()\[\]] )
      | (?P<break> \b BREAK \b )
      | (?P<text> [^\\()\[\]:B]+ | . )""",
    re.VERBOSE | re.DOTALL,
)
_CLOSES: Final = {")": "(", "]": "["}


@dataclass(frozen=True, slots=True)
class Weighted:
    """Words that count the same; `chunk` says after how many `BREAK`s they stand."""

    text: str
    weight: float = 1.0
    chunk: int = 0


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def weighted_parts(prompt: str, *, has_square_brackets: bool = True) -> tuple[Weighted, ...]:
    """The prompt in parts of equal weight, in order; none for an empty prompt.

    A bracket that is never closed counts to the end, one that was never opened is text.
    """
    tokens = [_Token(found.lastgroup or "text", found[0]) for found in _TOKEN.finditer(prompt)]
    factors = _factors(tokens, has_square_brackets=has_square_brackets)
    parts: list[Weighted] = []
    weights, text, chunk = [1.0], "", 0

    def end_of_part() -> None:
        nonlocal text
        if text:
            parts.append(Weighted(text, min(max(weights[-1], -MAX_WEIGHT), MAX_WEIGHT), chunk))
        text = ""

    for place, token in enumerate(tokens):
        factor = factors.get(place)
        if factor is not None:
            end_of_part()
            if token.text[-1] in _CLOSES:
                weights.pop()
            else:
                weights.append(min(max(weights[-1] * factor, -1e6), 1e6))
        elif token.kind == "break":
            end_of_part()
            chunk += 1
        else:
            text += token.text[1:] if token.kind == "escaped" else token.text
    end_of_part()
    return _joined(parts)


def without_weights(prompt: str, *, has_square_brackets: bool = True) -> str:
    """The words alone, for makers that have no weights."""
    return "".join(part.text for part in weighted_parts(prompt, has_square_brackets=has_square_brackets))


def _factors(tokens: list[_Token], *, has_square_brackets: bool) -> dict[int, float]:
    """For the place of every bracket that counts: by how much it multiplies; where it closes, nothing."""
    factors: dict[int, float] = {}
    open_at: list[int] = []
    for place, token in enumerate(tokens):
        if token.kind not in ("bracket", "weight") or (token.text in ("[", "]") and not has_square_brackets):
            continue
        if token.text in ("(", "["):
            open_at.append(place)
            factors[place] = STRONGER if token.text == "(" else 1 / STRONGER
        elif open_at and tokens[open_at[-1]].text == _CLOSES[token.text[-1]]:
            opened = open_at.pop()
            factors[place] = 1.0
            if token.kind == "weight":
                factors[opened] = float(token.text[1:-1])
    return factors


def _joined(parts: list[Weighted]) -> tuple[Weighted, ...]:
    """Neighbours of the same weight are one part."""
    joined: list[Weighted] = []
    for part in parts:
        if joined and (joined[-1].weight, joined[-1].chunk) == (part.weight, part.chunk):
            joined[-1] = Weighted(joined[-1].text + part.text, part.weight, part.chunk)
        else:
            joined.append(part)
    return tuple(joined)
