"""Webhooks: deliveries that come instead of answers, and the secret that they are signed with."""

from typing import TYPE_CHECKING

from horde_sdk._lazy_exports import lazy_exports

if TYPE_CHECKING:
    from horde_sdk.webhooks.secret import (
        RenewWebhookSecretRequest as RenewWebhookSecretRequest,
        WebhookSecretRequest as WebhookSecretRequest,
        WebhookSecretResponse as WebhookSecretResponse,
    )
    from horde_sdk.webhooks.verification import (
        WebhookVerificationError as WebhookVerificationError,
        verified as verified,
    )

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "horde_sdk.webhooks.secret": ("RenewWebhookSecretRequest", "WebhookSecretRequest", "WebhookSecretResponse"),
        "horde_sdk.webhooks.verification": ("WebhookVerificationError", "verified"),
    },
)
