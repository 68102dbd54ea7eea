"""Signatures by the Standard Webhooks specification, so that receivers may use any of its libraries."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

SECRET_BYTES = 32
_PREFIX = "whsec_"


def new_secret() -> bytes:
    """A secret that nobody can guess."""
    return secrets.token_bytes(SECRET_BYTES)


def shown(secret: bytes) -> str:
    """A secret as its owner sees it, and as libraries want it."""
    return _PREFIX + base64.b64encode(secret).decode()


def signature_headers(delivery_id: str, timestamp_s: int, body: bytes, signing: Sequence[bytes]) -> dict[str, str]:
    """`webhook-id`, the same at every attempt, `webhook-timestamp` of this one, `webhook-signature` by each secret."""
    headers = {"webhook-id": delivery_id, "webhook-timestamp": str(timestamp_s)}
    if signing:
        signed = f"{delivery_id}.{timestamp_s}.".encode() + body
        headers["webhook-signature"] = " ".join(
            "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode() for secret in signing
        )
    return headers
