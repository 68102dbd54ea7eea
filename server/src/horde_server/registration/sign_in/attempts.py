"""A sign-in under way: kept by the browser that began it, in a cookie that this horde signed.

Nothing is stored here for strangers who only begin. The cookie binds what comes back to the browser that went: whoever
has an address with somebody else's `code` and `state` has no cookie for it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import Final

import msgspec

LASTS_S: Final = 600
MOST_PATH: Final = 200
_STATE_BYTES: Final = 32
_PATH: Final = re.compile(r"/(?:[A-Za-z0-9_~-][A-Za-z0-9_.~-]*(?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*/?)?", re.ASCII)
"""A path of ours: one slash in front, no empty step, none that begins with a dot, nothing that needs to be escaped."""


class Attempt(msgspec.Struct, frozen=True):
    """What a browser carries while its user is at the provider."""

    provider: str
    state: str
    nonce: str
    verifier: str
    """Of PKCE: the provider gives no token without it."""
    ends_at: float
    return_to: str
    username: str | None = None
    invitation: str | None = None
    challenge: str | None = None
    """S256 of what the program that began this will show for its key."""


def new_attempt(
    provider: str,
    now: float,
    return_to: str,
    *,
    username: str | None = None,
    invitation: str | None = None,
    challenge: str | None = None,
) -> Attempt:
    """A fresh one."""
    state, nonce, verifier = (secrets.token_urlsafe(_STATE_BYTES) for _ in range(3))
    return Attempt(provider, state, nonce, verifier, now + LASTS_S, return_to, username, invitation, challenge)


def is_path_of_ours(text: str) -> bool:
    """Whether somebody may be sent there afterwards: a plain path, on this very host whatever a browser makes of it."""
    return len(text) <= MOST_PATH and _PATH.fullmatch(text) is not None


def cookie_name(state: str, *, is_https: bool) -> str:
    """The cookie of one attempt: two at once do not overwrite each other. `__Host-`: no other host can set it."""
    return f"{'__Host-' if is_https else ''}sign-in-{state[:16]}"


def sealed(attempt: Attempt, secret: bytes) -> str:
    """The value of its cookie."""
    packed = msgspec.json.encode(attempt)
    return _text(hmac.new(secret, packed, hashlib.sha256).digest() + packed)


def opened(cookie: str, secret: bytes, now: float) -> Attempt | None:
    """What a cookie carries; None where we did not write it, or too long ago."""
    try:
        both = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
    except ValueError:
        return None
    seal, packed = both[:32], both[32:]
    if not hmac.compare_digest(seal, hmac.new(secret, packed, hashlib.sha256).digest()):
        return None
    attempt = msgspec.json.decode(packed, type=Attempt)
    return attempt if now < attempt.ends_at else None


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
