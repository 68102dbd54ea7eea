"""Which characters may stand in names: those that people see, so that no name looks like another or moves the text.

Refused are controls (a newline makes two lines of one, ESC colours a terminal), marks that turn the direction of
writing, characters without width, and fillers that look like nothing. What joins letters or emoji is part of how some
people write, and stays where it joins something.
"""

from __future__ import annotations

import re
import unicodedata

_JOINER, _NON_JOINER = "\u200d", "\u200c"
_VIRAMA = 9
"""The combining class of the signs after which scripts of India join with or without a mark (RFC 5892, A.1 and A.2)."""
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Letters and marks by their category that show nothing."""
_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_OTHER_EMOJI = frozenset("\u203c\u2049\u2139\u2194\u2195\u25fb\u25fc\u25fd\u25fe\u3030")
"""Emoji that are letters, punctuation or mathematics by their category."""
_EMOJI_SELECTOR = "\ufe0f"


def invisible_character(text: str) -> str | None:
    """The first character that has no place in a name, or None."""
    for place, character in enumerate(text):
        if not _is_seen(text, place, character):
            return character
    return None


def _is_seen(text: str, place: int, character: str) -> bool:
    before = text[place - 1] if place else ""
    after = text[place + 1 : place + 2]
    if character in _FILLERS:
        return False
    if _VARIATION.match(character):
        return before != "" and (_is_pictorial(before) or before in "0123456789#*" or _is_ideograph(before))
    if character == _JOINER:
        return _joins_emoji(before, after) or (before != "" and unicodedata.combining(before) == _VIRAMA)
    if character == _NON_JOINER:
        return before != "" and after != "" and (unicodedata.combining(before) == _VIRAMA or _is_cursive(before, after))
    category = unicodedata.category(character)
    return category not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _joins_emoji(before: str, after: str) -> bool:
    return before != "" and (_is_pictorial(before) or before == _EMOJI_SELECTOR) and _is_pictorial(after)


def _is_pictorial(character: str) -> bool:
    """An emoji or another symbol, or the tone of its skin."""
    if character == "":
        return False
    is_symbol = unicodedata.category(character) == "So"
    return is_symbol or character in _OTHER_EMOJI or ord(character) in _SKIN_TONES


def _is_ideograph(character: str) -> bool:
    return unicodedata.name(character, "").startswith("CJK ")


def _is_cursive(before: str, after: str) -> bool:
    """Between letters of a script that joins them, as Persian is written."""
    return all(unicodedata.bidirectional(each) == "AL" for each in (before, after))


def named(character: str) -> str:
    """A character that cannot be shown, in words: `U+200B ZERO WIDTH SPACE`."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '(control character)')}"


def without_invisible(text: str) -> str:
    """The text without what nobody sees of it; a text of plain letters is returned as it is."""
    if text.isascii() and text.isprintable():
        return text
    kept: list[str] = []
    for place, character in enumerate(text):
        if _is_seen(text, place, character):
            kept.append(character)
    return "".join(kept)
