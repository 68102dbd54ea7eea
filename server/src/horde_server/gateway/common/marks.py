"""Looking for marks in a text that comes in pieces."""

from __future__ import annotations

from collections.abc import Iterable


def first_of(marks: Iterable[str], text: str) -> tuple[int, str] | None:
    """Where the mark begins that is complete first, and which; of two at once the longer. O(marks · text).

    So it does not matter in which pieces the text came.
    """
    found = [(at + len(mark), at, mark) for mark in marks if mark and (at := text.find(mark)) >= 0]
    if not found:
        return None
    _, at, mark = min(found)
    return at, mark


def possible_beginning(marks: Iterable[str], text: str) -> int:
    """How many characters at the end of the text may be the beginning of a mark. O(characters of the marks)."""
    most = 0
    for mark in marks:
        for length in range(min(len(mark) - 1, len(text)), most, -1):
            if text.endswith(mark[:length]):
                most = length
                break
    return most
