"""GET and POST /v2/webhook_secret: the secret that a user's webhooks are signed with. OpenHorde only.

Not among the models of the AI Horde API: tools of the published library take those for what every AI Horde has.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import APIKeyAllowedInRequestMixin, HordeResponseBaseModel
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.generic_api.endpoints import GENERIC_API_ENDPOINT_SUBPATH


class OPENHORDE_ENDPOINT_SUBPATH(GENERIC_API_ENDPOINT_SUBPATH):
    """Paths that OpenHorde has and other AI Hordes lack."""

    v2_webhook_secret = "/v2/webhook_secret"  # noqa: S105 the path, not the secret


@Unhashable
@Unequatable
class WebhookSecretResponse(HordeResponseBaseModel, api_name="WebhookSecret"):
    """Your secret: 200 of GET /v2/webhook_secret, 200 of POST /v2/webhook_secret."""

    secret: str = Field(repr=False)
    """For `horde_sdk.webhooks.verified`: `whsec_` and base64."""
    renewed_at: datetime
    """Since when it is this one."""

    @classmethod
    def get_sensitive_fields(cls) -> set[str]:
        return {"secret"}


class _AboutWebhookSecret(BaseAIHordeRequest, APIKeyAllowedInRequestMixin):
    @classmethod
    def get_default_success_response_type(cls) -> type[WebhookSecretResponse]:
        return WebhookSecretResponse


@Unhashable
@Unequatable
class WebhookSecretRequest(
    _AboutWebhookSecret, method=HTTPMethod.GET, endpoint=OPENHORDE_ENDPOINT_SUBPATH.v2_webhook_secret
):
    """Ask for your secret; it is made when first asked for: GET /v2/webhook_secret."""


@Unhashable
@Unequatable
class RenewWebhookSecretRequest(
    _AboutWebhookSecret, method=HTTPMethod.POST, endpoint=OPENHORDE_ENDPOINT_SUBPATH.v2_webhook_secret
):
    """Replace your secret; for a day the old one signs too: POST /v2/webhook_secret."""
