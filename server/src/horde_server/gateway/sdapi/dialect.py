"""AUTOMATIC1111's shape of refusals (gateway-sdapi.md §4.1)."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from horde_server.http.body import JSON_TYPE
from horde_server.http.dialects import Refusal

encode = msgspec.json.Encoder().encode
_UNPROCESSABLE = 422
_KEY_NEEDED = 401
_NOT_FOUND = 404


class SdapiDialect:
    """A `Dialect`."""

    name = "sdapi"

    def error(self, refusal: Refusal) -> Response:
        """`{error, detail, body, errors}`; of a wrong field a list of one, as its own framework has it."""
        headers = {"WWW-Authenticate": 'Basic realm="openhorde"'} if refusal.status == _KEY_NEEDED else {}
        if refusal.status == _UNPROCESSABLE and refusal.param:
            told: object = {"detail": [{"loc": ["body", refusal.param], "msg": refusal.message, "type": "value_error"}]}
        elif refusal.status == _NOT_FOUND and refusal.code in (None, "not_found", "NotFound"):
            told = {"detail": "Not Found"}
        elif refusal.status == _NOT_FOUND:
            told = {"detail": refusal.message}
        else:
            told = {"error": "HordeError", "detail": refusal.message, "body": "", "errors": refusal.code or ""}
        return Response(encode(told), refusal.status, headers=headers, media_type=JSON_TYPE)
