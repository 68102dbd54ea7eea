"""What lets web pages of any origin call this API and read its answers (basics.md §8.1)."""

from __future__ import annotations

import re
from typing import Final

from starlette.types import Scope

_ALLOWED: Final = (
    b"Accept, Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, apikey, Client-Agent, X-Fields, "
    b"X-Forwarded-For, Proxied-For, Proxy-Authorization, Audit-Reason"
)
_ALLOWED_TOO: Final = (
    b"Authorization, x-api-key, anthropic-version, anthropic-beta, anthropic-dangerous-direct-browser-access, "
    b"openai-organization, openai-project, openai-beta, Prefer, If-None-Match, Idempotency-Key, Mcp-Session-Id, "
    b"Mcp-Method, Mcp-Name, MCP-Protocol-Version, Last-Event-ID"
)
"""Told to those who ask, so that no other answer carries it."""
CORS: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST, GET, OPTIONS, PUT, DELETE, PATCH"),
    (b"access-control-allow-headers", _ALLOWED),
    # all of them: whoever sends cookies along is let in nowhere, and for all others the star is every header
    (b"access-control-expose-headers", b"*"),
)
_MOST_ASKED_BYTES: Final = 2048
_NAME: Final = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z")


def preflight_headers(headers: list[tuple[bytes, bytes]], scope: Scope) -> list[tuple[bytes, bytes]]:
    """Those of an answer to a browser that asks first: each header that it names is allowed (an SDK has dozens)."""
    asked = next((value for name, value in scope["headers"] if name == b"access-control-request-headers"), b"")
    names = [name.strip() for name in asked.split(b",")] if len(asked) <= _MOST_ASKED_BYTES else []
    known = {name.strip().lower() for name in b", ".join((_ALLOWED, _ALLOWED_TOO)).split(b",")}
    new = [name for name in names if _NAME.match(name) and name.lower() not in known]
    allowed = b", ".join((_ALLOWED, _ALLOWED_TOO, *new))
    return [(name, allowed if name == b"access-control-allow-headers" else value) for name, value in headers]
