"""Headers of a dialect's answers (gateway.md §1.1, §1.5)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from horde_server.http.dialects import Headers

_ALLOWED: Final = (
    "Accept, Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, apikey, Client-Agent, X-Fields, "
    "X-Forwarded-For, Proxied-For, Proxy-Authorization, Audit-Reason, Authorization, api-key, x-api-key, "
    "anthropic-version, anthropic-beta, anthropic-dangerous-direct-browser-access, openai-organization, "
    "openai-project, openai-beta, Prefer, If-None-Match, Idempotency-Key, Mcp-Session-Id, Mcp-Method, Mcp-Name, "
    "MCP-Protocol-Version, Last-Event-ID, x-stainless-arch, x-stainless-lang, x-stainless-os, "
    "x-stainless-package-version, x-stainless-retry-count, x-stainless-runtime, x-stainless-runtime-version, "
    "x-stainless-timeout, x-stainless-read-timeout, x-stainless-helper-method, x-stainless-async"
)
_EXPOSED: Final = (
    b"x-request-id, request-id, Retry-After, retry-after-ms, x-should-retry, X-RateLimit-Limit, X-RateLimit-Remaining, "
    b"X-RateLimit-Reset, x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, "
    b"anthropic-ratelimit-requests-limit, anthropic-ratelimit-requests-remaining, anthropic-ratelimit-requests-reset, "
    b"openai-processing-ms, ETag, Preference-Applied, Horde-Node, Horde-Request, Horde-Model, Horde-Template, "
    b"Horde-Ignored, Horde-Clamped, Horde-Account"
)
ANSWER: Final = ((b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", _EXPOSED))
_METHODS: Final = (b"access-control-allow-methods", b"POST, GET, OPTIONS, PUT, DELETE, PATCH, HEAD")
_NAME: Final = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_MOST_NAMES: Final = 60
MOST_REMARK_BYTES: Final = 500
"""Of `Horde-Ignored` and `Horde-Clamped`."""


def preflight(asked: Iterable[bytes]) -> Headers:
    """What a browser may send: what is known, and what it says that it would (`Access-Control-Request-Headers`)."""
    known = {name.strip().lower() for name in _ALLOWED.split(",")}
    others = [
        name.strip()
        for value in asked
        for name in value.split(b",")[:_MOST_NAMES]
        if _NAME.fullmatch(name.strip()) and name.strip().lower().decode() not in known
    ]
    return [_METHODS, (b"access-control-allow-headers", b", ".join([_ALLOWED.encode(), *others[:_MOST_NAMES]]))]


def rate_headers(told: Headers, *, is_anthropic: bool = False) -> Headers:
    """The horde's own headers of its rate limits, and the same as OpenAI's or Anthropic's programs read them."""
    found = dict(told)
    limit, left, reset = (found.get(b"x-ratelimit-" + name) for name in (b"limit", b"remaining", b"reset"))
    kept = [(name, value) for name, value in told if name != b"retry-after"]  # on good answers it would make them wait
    if limit is None or left is None or reset is None:
        return kept
    if is_anthropic:
        at = datetime.fromtimestamp(int(reset), UTC).isoformat().replace("+00:00", "Z")
        named = ((b"limit", limit), (b"remaining", left), (b"reset", at.encode()))
        return [*kept, *((b"anthropic-ratelimit-requests-" + name, value) for name, value in named)]
    seconds = max(int(reset) - int(time.time()), 0)
    return [
        *kept,
        (b"x-ratelimit-limit-requests", limit),
        (b"x-ratelimit-remaining-requests", left),
        (b"x-ratelimit-reset-requests", duration(seconds).encode()),
    ]


def duration(seconds: int) -> str:
    """`1s`, `6m0s`."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def remark(names: Iterable[str]) -> str:
    """Names for a header: none twice, as many as fit, and no character that a header cannot have."""
    shown, room = [], MOST_REMARK_BYTES
    for name in dict.fromkeys(names):
        plain = "".join(each if each.isascii() and each.isprintable() and each != "," else "?" for each in name)
        room -= len(plain) + 2
        if room < 0:
            break
        shown.append(plain)
    return ", ".join(shown)
