"""OpenAI's shape of refusals (gateway.md §1.4)."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.responses import Response

from horde_server.errors import HordeError
from horde_server.gateway.openai.refused import not_supported
from horde_server.http.body import JSON_TYPE
from horde_server.http.dialects import Refusal
from horde_server.kudos.spending import KudosUpfront

encode = msgspec.json.Encoder().encode
_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}
_CODES: Final = {
    400: "invalid_value",
    401: "invalid_api_key",
    404: "not_found",
    405: "method_not_allowed",
    413: "payload_too_large",
    429: "rate_limit_exceeded",
    500: "internal_error",
    503: "unavailable",
}
_NAMED_BY_STATUS: Final = frozenset((401, 404))
"""Programs know these by OpenAI's own code; all other codes are the horde's, unchanged."""
_OURS: Final = 500


def error_object(refusal: Refusal) -> dict[str, Any]:
    """What stands beside `error`, in answers and in streams."""
    usual = _CODES.get(refusal.status, "error")
    is_ours = refusal.code is not None and (refusal.status not in _NAMED_BY_STATUS or refusal.code.islower())
    return {
        "message": refusal.message,
        "type": _type(refusal),
        "param": refusal.param,
        "code": refusal.code if is_ours else usual,
    }


class OpenAIDialect:
    """A `Dialect`."""

    name = "openai"

    def refuses(self, path: str) -> HordeError | None:
        """Addresses of what a horde does not do."""
        return not_supported(path)

    def error(self, refusal: Refusal) -> Response:
        """`{"error": {message, type, param, code}}`."""
        return Response(encode({"error": error_object(refusal)}), refusal.status, media_type=JSON_TYPE)


def _type(refusal: Refusal) -> str:
    if refusal.code == KudosUpfront.rc:
        return "insufficient_quota"
    if refusal.status >= _OURS:
        return "server_error"
    return _TYPES.get(refusal.status, "invalid_request_error")
