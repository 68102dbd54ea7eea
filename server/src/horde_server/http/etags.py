"""Validators of answers (`ETag`, `If-None-Match`): who has the present state already is told so, without a body.

All are weak: they tell what the body means, not its bytes. A tag is 16 hexadecimal digits.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from fastapi import Request, Response
from starlette.types import Scope

from horde_server.http.body import json_response

NO_CACHE: Final = (b"cache-control", b"no-cache")
"""What has a tag may be kept, and is asked for each time."""
_MOST_TAGS: Final = 50
"""Of one header; more than that nobody has kept of one answer."""


def _opaque(tag: bytes) -> bytes:
    """A tag without the mark of a weak one."""
    return tag.strip().removeprefix(b"W/")


class KnownTags:
    """What a client says it has. Falsy: it names nothing."""

    __slots__ = ("_is_any", "_tags")

    def __init__(self, header: bytes) -> None:
        told = header.strip()
        self._is_any = told == b"*"
        self._tags = frozenset(_opaque(tag) for tag in told.split(b",", _MOST_TAGS)[:_MOST_TAGS]) - {b""}

    def __bool__(self) -> bool:
        return self._is_any or bool(self._tags)

    def __contains__(self, tag: object) -> bool:
        """Whether it has what this tag stands for: compared weakly (RFC 9110, 8.8.3.2)."""
        return self._is_any or (isinstance(tag, bytes) and _opaque(tag) in self._tags)


NOTHING_KNOWN: Final = KnownTags(b"")


def known_tags(scope: Scope) -> KnownTags:
    """What stands in `If-None-Match`."""
    told = [value for name, value in scope["headers"] if name == b"if-none-match"]
    return KnownTags(b",".join(told)) if told else NOTHING_KNOWN


def tag_of(body: bytes) -> bytes:
    """The tag of a body that has one meaning only."""
    return b'W/"%b"' % blake2b(body, digest_size=8).hexdigest().encode()


def tagged(response: Response, tag: bytes, known: KnownTags) -> Response:
    """The answer with its tag; a 304 where the client has it."""
    if known and tag in known:
        kept = [header for header in response.raw_headers if header[0] not in (b"content-length", b"content-type")]
        response = Response(status_code=304)
        response.raw_headers[:0] = kept
    response.raw_headers += [(b"etag", tag), NO_CACHE]
    return response


def tagged_json(request: Request, body: bytes) -> Response:
    """A ready JSON body with the tag of its bytes."""
    return tagged(json_response(body), tag_of(body), known_tags(request.scope))
