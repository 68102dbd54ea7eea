"""KoboldCpp's shape of refusals (gateway-kobold.md §4)."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from horde_server.http.body import JSON_TYPE
from horde_server.http.dialects import Refusal

encode = msgspec.json.Encoder().encode
_TYPES = {401: "unauthorized", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 429: "too_many_requests"}


class KoboldDialect:
    """A `Dialect`."""

    name = "kobold"

    def error(self, refusal: Refusal) -> Response:
        """`{"detail": {"msg", "type"}}`: SillyTavern shows `msg`."""
        return Response(encode({"detail": detail(refusal)}), refusal.status, media_type=JSON_TYPE)


def detail(refusal: Refusal) -> dict[str, Any]:
    """The sentence, and the horde's code for it, or a word for the status."""
    usual = _TYPES.get(refusal.status, "server_error" if refusal.status >= 500 else "bad_request")
    return {"msg": refusal.message, "type": refusal.code or usual}
