"""`GET /`: programs look there whether somebody is at home (gateway.md §1.1)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from horde_server.http.declared_routes import DeclaredRouter
from horde_server.http.rights import Right
from horde_server.settings import Settings

_PAGE = "/api/"
_TEXT = "text/plain; charset=utf-8"


def routes(settings: Settings) -> APIRouter:
    """The front door."""
    router = DeclaredRouter(include_in_schema=False)
    ollama_port = settings.dialect_ports.get("ollama")

    @router.get("/", right=Right.ANYBODY)
    async def front(request: Request) -> Response:
        """Who is at home. Browsers are led to the pages of the API."""
        if "text/html" in request.headers.get("accept", ""):
            return Response(status_code=302, headers={"Location": _PAGE})
        server = request.scope.get("server") or (None, None)
        name = "Ollama" if ollama_port is not None and server[1] == ollama_port else "OpenHorde"
        return Response(f"{name} is running", media_type=_TEXT)

    return router.api
