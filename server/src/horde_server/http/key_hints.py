"""Keys that were sent where nobody looks for them: what to do instead is part of the refusal."""

from __future__ import annotations

from fastapi import Request

from horde_server.errors import HordeError, InvalidAPIKey, InvalidPayload

_ELSEWHERE = ("authorization", "x-api-key", "api-key", "api_key", "x-apikey")
"""Headers that other APIs take keys in."""


def with_key_told(error: HordeError, request: Request) -> HordeError:
    """The refusal, which says more where it is for want of the header `apikey`."""
    if request.headers.get("apikey"):
        return error
    if isinstance(error, InvalidPayload) and "apikey" in error.errors:
        error.errors["apikey"] += f": {_advice(request)}"
    elif isinstance(error, InvalidAPIKey):
        error.message = f"No API key was sent: {_advice(request)}."
    return error


def _advice(request: Request) -> str:
    used = next((name for name in _ELSEWHERE if name in request.headers), None)
    if used is not None:
        return f"send it as the header `apikey`, alone and not in `{used.title()}`"
    if "apikey" in request.query_params:
        return "send it as the header `apikey`, not in the address"
    return "send it as the header `apikey`"
