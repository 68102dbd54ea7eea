"""Bodies that are no JSON: what can be mended is mended, of the others it is told why they could not be read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from horde_server.errors import UnreadableBody

MOST_SURROGATES = 20_000
"""Escaped ones that are looked at one by one, all of them within a twentieth of a second."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SURROGATES = re.compile(rb"\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?|[c-fC-F][0-9a-fA-F]{2})")
_PAIR_BYTES = 12
_WHERE = re.compile(r" at line (\d+) column (\d+)$")
_FORM = re.compile(rb"[\w.%+\[\]-]{1,100}=")
_MOST_TYPE_CHARACTERS = 80
_DEEPEST = 200
"""Levels that the reader of JSON takes."""


def refuse_media_type(headers: Mapping[str, str]) -> None:
    """Raise `UnreadableBody` unless the body is said to be JSON."""
    declared = headers.get("content-type", "")
    media_type = declared.partition(";")[0].strip().lower()
    if media_type.startswith("application/") and media_type.endswith(("/json", "+json")):
        return
    if not media_type:
        raise UnreadableBody("It came without one: send the header `Content-Type: application/json`.")
    if media_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise UnreadableBody(
            f"It came as a form ({media_type}): send JSON, and the header `Content-Type: application/json`."
        )
    shown = "".join(each for each in media_type if each.isascii() and each.isprintable())[:_MOST_TYPE_CHARACTERS]
    raise UnreadableBody(f"It came as {shown}: send the header `Content-Type: application/json`.")


def mended(body: bytes) -> bytes | None:
    """A body that could not be read, made readable where it is clear what was meant; None where it is not.

    A byte order mark in front is dropped. Programs that cut a text in the middle of an emoji leave half of a
    surrogate pair; U+FFFD takes its place, as in every decoder that does not give up.
    """
    found = body.removeprefix(_BYTE_ORDER_MARK)
    if b"\\ud" in found or b"\\uD" in found:
        found = _with_whole_characters(found)
    return found if found != body else None


def _with_whole_characters(body: bytes) -> bytes:
    pieces: list[bytes] = []
    copied = 0
    for count, found in enumerate(_SURROGATES.finditer(body)):
        if count > MOST_SURROGATES:
            return body
        start, end = found.span()
        is_pair = end - start == _PAIR_BYTES
        if _is_escaped(body, start):
            if not is_pair:
                continue
            start += _PAIR_BYTES // 2  # the first is plain text, so that the second stands alone
        elif is_pair:
            continue
        pieces += (body[copied:start], b"\\ufffd")
        copied = end
    return b"".join([*pieces, body[copied:]])


def _is_escaped(body: bytes, place: int) -> bool:
    """Whether the backslash at this place is itself the second of `\\\\`."""
    looked_at = 8
    while True:
        before = body[max(place - looked_at, 0) : place]
        backslashes = len(before) - len(before.rstrip(b"\\"))
        if backslashes < looked_at:
            return backslashes % 2 == 1
        looked_at *= 8


def why_unread(body: bytes, reason: str, content_encoding: str = "") -> str:  # noqa: PLR0911 one return a reason
    """The sentence that says what is wrong with a body that could not be read. `reason`: what the reader said."""
    if not body.strip():
        return "It is empty."
    if body[:2] == b"\x1f\x8b" or content_encoding.strip().lower() not in ("", "identity"):
        return "It is compressed: send it as it is, without `Content-Encoding`."
    if body[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in body[:4]:
        return "It is UTF-16 or UTF-32: send UTF-8."
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return f"It is not UTF-8: see byte {error.start + 1}."
    if "recursion" in reason:
        return f"It is nested deeper than {_DEEPEST} levels."
    if _FORM.match(body):
        return "It looks like a form (name=value): send JSON."
    where = _WHERE.search(reason)
    place = f" (line {where[1]}, column {where[2]})" if where else ""
    if body.lstrip()[:1] == b"{" and body.lstrip()[1:].lstrip()[:1] == b"'":
        return f"It is not JSON: names and texts stand in double quotes{place}."
    return f"It is not JSON: {_WHERE.sub('', reason)}{place}."
