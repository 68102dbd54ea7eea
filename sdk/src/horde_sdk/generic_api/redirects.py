"""Redirects that are followed: within a horde, of questions that carry neither a key nor a body.

Both HTTP libraries would carry the key and the prompt to whichever host is named. A horde that has moved is told to the
program's user, who may name its new address; where only http:// became https://, the key was sent in clear until then.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urldefrag, urljoin, urlsplit

from horde_sdk.generic_api.steps import Answer, Exchange

MOST_REDIRECTS = 5

STATUSES = frozenset({301, 302, 303, 307, 308})
_SECRETS = frozenset({"apikey", "authorization", "cookie"})
_PORTS = {"http": 80, "https": 443}


def redirected(exchange: Exchange, answer: Answer) -> Exchange | None:
    """Return what to send where the answer points to the same horde, `None` if it does not, or if that would tell."""
    if exchange.body is not None or any(name.lower() in _SECRETS for name in exchange.headers):
        return None
    target = answer.header("Location")
    if answer.status not in STATUSES or not target:
        return None
    try:
        url = urldefrag(urljoin(exchange.url, target)).url
        if not _is_same_horde(exchange.url, url):
            return None
    except ValueError:
        return None
    return replace(exchange, method="GET" if answer.status == 303 else exchange.method, url=url, query={})


def _is_same_horde(old: str, new: str) -> bool:
    before, after = _origin(old), _origin(new)
    if before[1] != after[1]:
        return False
    return before == after or (before[0::2], after[0::2]) == (("http", 80), ("https", 443))


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
