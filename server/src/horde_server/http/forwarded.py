"""What proxies write of whom they forward for: `X-Forwarded-For`, `Forwarded` (RFC 7239) and `X-Real-IP`.

All are lists that each proxy lengthens at the right, over any number of lines. Only what the last proxy wrote is known
to be well formed: so they are read from the right, and no further than asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from horde_server.http.networks import parse_address

MOST_ENTRY_BYTES = 1000
"""Longer elements are no proxy's, and are not looked at; of the addresses in them, those of more than 100 bytes."""
_MOST_ADDRESS_BYTES = 100
_MOST_ENTRIES = 100

_PAIR = re.compile(
    rb"""[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^ \t";,]*))[ \t]*(?:;|$)""", re.DOTALL
)
_QUOTE = ord('"')
_BACKSLASH = ord("\\")


def x_forwarded_for(lines: list[bytes]) -> Iterator[str | None]:
    """The addresses from the right; None: an entry that is none."""
    for line in reversed(lines[-_MOST_ENTRIES:]):
        end = len(line)
        for _ in range(_MOST_ENTRIES):
            comma = line.rfind(b",", 0, end)
            entry = line[comma + 1 : end].strip()
            if entry:
                yield address_in(entry)
            end = comma
            if end < 0:
                break


def forwarded(lines: list[bytes]) -> Iterator[str | None]:
    """The addresses of `for` from the right; None: a hidden (`_x`, `unknown`) or missing one, or no such entry."""
    for line in reversed(lines):
        for element in _elements_from_the_right(line):
            value = parameter(element, b"for")
            yield None if value is None else address_in(value)


def x_real_ip(lines: list[bytes]) -> Iterator[str | None]:
    """The one address."""
    yield address_in(lines[-1].strip())


def parameter(element: bytes, name: bytes) -> bytes | None:
    """The value of a parameter of an element of `Forwarded`; None: it has none, or makes no sense.

    A value in quotes may hold anything that a client sent (`host`), also what looks like parameters.
    """
    found: bytes | None = None
    position = 0
    while position < len(element):
        pair = _PAIR.match(element, position)
        if pair is None:
            return None
        if pair[1].lower() == name:
            if found is not None:  # RFC 7239 §4: once at most
                return None
            found = pair[3] if pair[2] is None else re.sub(rb"\\(.)", rb"\1", pair[2])
        position = pair.end()
    return found


def last_element(lines: Iterable[bytes]) -> bytes:
    """The element of `Forwarded` that the last proxy wrote; empty: none."""
    return next((element for line in reversed(list(lines)) for element in _elements_from_the_right(line)), b"")


def _elements_from_the_right(line: bytes) -> Iterator[bytes]:
    """Split at commas outside quotes, beginning at the end: a quote that a client left open swallows nothing there."""
    end = position = len(line)
    is_quoted = False
    for _ in range(_MOST_ENTRIES):
        start = max(end - MOST_ENTRY_BYTES, 0)
        quote = line.rfind(b'"', start, position)
        position = quote if is_quoted else max(quote, line.rfind(b",", start, position))
        if position < 0:
            break
        if line[position] == _QUOTE:
            is_quoted = is_quoted == _is_escaped(line, position)
            continue
        if element := line[position + 1 : end].strip():
            yield element
        end = position
    if element := line[max(end - MOST_ENTRY_BYTES, 0) : end].strip():
        yield element


def _is_escaped(line: bytes, position: int) -> bool:
    before = position
    while before and line[before - 1] == _BACKSLASH:
        before -= 1
    return (position - before) % 2 == 1


def address_in(entry: bytes) -> str | None:
    """The address of an entry, in its one spelling, however it is written: with a port, in brackets, in quotes.

    None: there is none (`unknown`, an obfuscated name, anything else).
    """
    return _address_in(entry) if len(entry) <= _MOST_ADDRESS_BYTES else None  # nothing long is remembered


@lru_cache(maxsize=16_384)
def _address_in(entry: bytes) -> str | None:
    text = entry.strip(b'" \t').decode("latin-1")
    if text.startswith("["):
        text, bracket, port = text[1:].partition("]")
        if not bracket or (port and not _is_port(port)):
            return None
        if ":" not in text:
            return None
    elif text.count(":") == 1:
        text, colon, port = text.partition(":")
        if not _is_port(colon + port):
            return None
    found = parse_address(text)
    return None if found is None else str(found)


def _is_port(text: str) -> bool:
    """`:4711`, or `:_hidden`."""
    return len(text) > 1 and text[0] == ":" and (text[1] == "_" or (text[1:].isascii() and text[1:].isdigit()))
