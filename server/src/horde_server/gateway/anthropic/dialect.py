"""Anthropic's shape of refusals (gateway-anthropic.md §1)."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.responses import Response

from horde_server.http.body import JSON_TYPE
from horde_server.http.dialects import Refusal
from horde_server.kudos.spending import KudosUpfront

encode = msgspec.json.Encoder().encode
_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}


def error_object(refusal: Refusal) -> dict[str, Any]:
    """What an answer or an event tells of a failure. `code` is the horde's, which Anthropic's API has not."""
    kind = "billing_error" if refusal.code == KudosUpfront.rc else _TYPES.get(refusal.status, "api_error")
    error = {"type": kind, "message": refusal.message}
    if refusal.code is not None:
        error["code"] = refusal.code
    return {"type": "error", "error": error}


class AnthropicDialect:
    """A `Dialect`."""

    name = "anthropic"

    def error(self, refusal: Refusal) -> Response:
        """`{"type": "error", "error": {type, message}, "request_id"}`."""
        return Response(
            encode({**error_object(refusal), "request_id": refusal.request_id}), refusal.status, media_type=JSON_TYPE
        )
