"""How long a body may be, by route: as long as what its fields may hold, and no longer.

The few with room for pictures take `HORDE_MAX_BODY_BYTES`; a text of the most characters fits also where each is
escaped (`\\uXXXX`); everything else is short.
"""

from __future__ import annotations

_MIB = 1024 * 1024
SMALL_BYTES = 64 * 1024
"""Up to here a body is read without further questions, and counts nowhere."""
USUAL_BYTES = _MIB
TEXT_BYTES = 7 * _MIB
WITH_PICTURES = frozenset(
    {
        "/api/v2/generate/async",
        "/api/v2/generate/submit",
        "/api/v2/interrogate/async",
        "/api/v2/interrogate/submit",
        "/api/v2/generate/embedding/submit",  # vectors, as long as pictures
        "/api/v2/explain/image",
    }
)
WITH_TEXTS = frozenset(
    {
        "/api/v2/generate/text/async",
        "/api/v2/generate/text/submit",
        "/api/v2/generate/embedding/async",
        "/api/v2/explain/text",
    }
)
PIECES = "/api/v2/generate/pieces/"
PIECE_BYTES = 256 * 1024
KEYLESS = (
    "/api/v2/generate/check",
    "/api/v2/generate/rate/",
    "/api/v2/dev/",
    "/api/v2/register",
    "/api/v2/sign-in",
    "/register",
)
"""Nobody is asked for a key there, so nothing but a small body is taken."""
BLOBS = "/api/blobs/"
"""The routes that a signed address leads to: they look at the signature before they read, and write what they read
into a file."""


def most_body_bytes(path: str, max_body_bytes: int) -> int:
    """Of a request to this path."""
    if path in WITH_PICTURES or path.startswith(BLOBS):
        return max_body_bytes
    if path in WITH_TEXTS:
        return min(TEXT_BYTES, max_body_bytes)
    if path.startswith(PIECES):
        return min(PIECE_BYTES, max_body_bytes)
    if path.startswith(KEYLESS):
        return min(SMALL_BYTES, max_body_bytes)
    return min(USUAL_BYTES, max_body_bytes)
