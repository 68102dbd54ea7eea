"""GET /v2/find_user: whose key is this."""

from __future__ import annotations

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.ai_horde_api.apimodels.user_details import UserDetailsResponse
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import APIKeyAllowedInRequestMixin


class FindUserRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_find_user,
):
    """Ask about the owner of the key: GET /v2/find_user."""

    @classmethod
    def get_default_success_response_type(cls) -> type[UserDetailsResponse]:
        return UserDetailsResponse
