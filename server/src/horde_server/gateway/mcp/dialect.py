"""MCP's shape of refusals: a JSON-RPC error that answers no request of its own (gateway-mcp.md §1.3)."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from horde_server.http.body import JSON_TYPE
from horde_server.http.dialects import Refusal

encode = msgspec.json.Encoder().encode
_KEY_NEEDED = 401
_INVALID_REQUEST = -32600


class McpDialect:
    """A `Dialect`."""

    name = "mcp"

    def error(self, refusal: Refusal) -> Response:
        """`{"jsonrpc", "id": null, "error": {code, message, data}}`."""
        headers = {"WWW-Authenticate": "Bearer"} if refusal.status == _KEY_NEEDED else {}
        error = {"code": _INVALID_REQUEST, "message": refusal.message, "data": {"rc": refusal.code}}
        body = encode({"jsonrpc": "2.0", "id": None, "error": error})
        return Response(body, refusal.status, headers=headers, media_type=JSON_TYPE)
