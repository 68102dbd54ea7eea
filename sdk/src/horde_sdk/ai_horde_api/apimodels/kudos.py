"""POST /v2/kudos/…: give kudos away."""

from __future__ import annotations

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod
from horde_sdk.generic_api.apimodels import APIKeyAllowedInRequestMixin, HordeResponseBaseModel


class _KudosRequest(BaseAIHordeRequest, APIKeyAllowedInRequestMixin, method=HTTPMethod.POST, api_name=_ANONYMOUS_MODEL):
    """Kudos for a user."""

    username: str
    """Who gets them: `alias#number`, the number, or the id of a shared key."""
    amount: int | float
    """Kudos; the horde moves whole ones only."""


class KudosTransferResponse(HordeResponseBaseModel, api_name="KudosTransferred"):
    """Kudos were given to another user: 200 of POST /v2/kudos/transfer."""

    transferred: float | None = None
    """How many."""


class KudosTransferRequest(_KudosRequest, endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_kudos_transfer):
    """Give some of your kudos to another user: POST /v2/kudos/transfer."""

    @classmethod
    def get_default_success_response_type(cls) -> type[KudosTransferResponse]:
        return KudosTransferResponse


class KudosAwardResponse(HordeResponseBaseModel, api_name="KudosAwarded"):
    """Kudos were awarded: 200 of POST /v2/kudos/award."""

    awarded: float | None = None
    """How many."""


class KudosAwardRequest(_KudosRequest, endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_kudos_award):
    """Award a user kudos out of nothing; the horde's first user may: POST /v2/kudos/award."""

    @classmethod
    def get_default_success_response_type(cls) -> type[KudosAwardResponse]:
        return KudosAwardResponse
