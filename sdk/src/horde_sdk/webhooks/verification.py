"""Verification of webhook deliveries: whether the horde sent them, and what they tell.

They are signed as the Standard Webhooks specification says: base64 of HMAC-SHA256 over id, time and body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from horde_sdk.exceptions import HordeException

LONGEST_AGE_S = 300
"""How old a delivery may be, and how far the clocks may differ."""

_PREFIX = "whsec_"


class WebhookVerificationError(HordeException):
    """A delivery is not the horde's, or too old: answer it with 401 and do nothing."""


def verified(
    body: bytes,
    headers: Mapping[str, str],
    secret: str,
    *,
    clock: Callable[[], float] = time.time,
) -> dict[str, Any]:
    """Return what a delivery tells, once it is certain that the horde sent it within the last five minutes.

    The same delivery may come twice: its `webhook-id` header is the same then.

    Args:
        body: As it came, before anything read it as JSON.
        headers: Those of the delivery; the case of their names does not matter.
        secret: Yours, as `GET /v2/webhook_secret` returns it: `whsec_…`.
        clock: Seconds since 1970.

    Raises:
        WebhookVerificationError: It is not signed with this secret, too old, or no JSON object.
        ValueError: The secret is none.
    """
    key = _key_of(secret)
    given = {name.lower(): value for name, value in headers.items()}
    delivery_id, sent_at = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    signatures = given.get("webhook-signature", "").split()
    if not (delivery_id and sent_at and signatures):
        raise WebhookVerificationError("The delivery is not signed: webhook-id, -timestamp or -signature is missing.")
    signed = f"{delivery_id}.{sent_at}.".encode() + body
    wanted = b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    if not any(hmac.compare_digest(wanted, one.encode()) for one in signatures):
        raise WebhookVerificationError("The delivery is not signed with this secret.")
    if not (sent_at.isascii() and sent_at.isdigit()) or abs(clock() - int(sent_at)) > LONGEST_AGE_S:
        raise WebhookVerificationError(f"The delivery is older than {LONGEST_AGE_S} s, or a clock is wrong.")
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise WebhookVerificationError("The delivery is no JSON object.")
    return told


def _key_of(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:  # of base64, or not even ASCII
        key = b""
    if not key:
        raise ValueError("A webhook's secret is whsec_ and base64: GET /v2/webhook_secret returns yours.")
    return key
