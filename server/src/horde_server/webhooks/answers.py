"""What owners of webhooks are told."""

from __future__ import annotations

from horde_server.http.answers import Answer


class WebhookSecret(Answer):
    """What your webhooks are signed with (Standard Webhooks: HMAC-SHA256 over id, timestamp and body)."""

    secret: str
    renewed_at: str
