"""Secrets for single purposes, each made from the horde's own one, so that all nodes have the same."""

from __future__ import annotations

import hashlib
import hmac


def secret_for(purpose: str, horde_secret: bytes) -> bytes:
    """A key of its own for a purpose: nothing that is made with it tells anything of the others."""
    return hmac.new(horde_secret, purpose.encode(), hashlib.sha256).digest()
