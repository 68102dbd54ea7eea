"""POST /v2/kudos/…: give kudos away."""

from __future__ import annotations

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod
from horde_sdk.generic_api.apimodels import APIKeyAllowedInRequestMixin, HordeResponseBaseModel


class _KudosRequest(BaseAIHordeRequest, APIKeyAllowedInRequestMixin):
    username: str
    """Who gets them: `alias#number`, the number, or the id of a shared key."""
    amount: int | float
    """Kudos; the horde moves whole ones only."""

    @classmethod
    def get_http_method(cls) -> HTTPMethod:
        return HTTPMethod.POST

    @classmethod
    def get_api_model_name(cls) -> str:
        return _ANONYMOUS_MODEL


class KudosTransferResponse(HordeResponseBaseModel):
    """Kudos were given to another user."""

    transferred: float | None = None

    @classmethod
    def get_api_model_name(cls) -> str:
        return "KudosTransferred"


class KudosTransferRequest(_KudosRequest):
    """Give some of your kudos to another user."""

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_kudos_transfer

    @classmethod
    def get_default_success_response_type(cls) -> type[KudosTransferResponse]:
        return KudosTransferResponse


class KudosAwardResponse(HordeResponseBaseModel):
    """Kudos were awarded."""

    awarded: float | None = None

    @classmethod
    def get_api_model_name(cls) -> str:
        return "KudosAwarded"


class KudosAwardRequest(_KudosRequest):
    """Award a user kudos out of nothing; the horde's first user may."""

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_kudos_award

    @classmethod
    def get_default_success_response_type(cls) -> type[KudosAwardResponse]:
        return KudosAwardResponse
