"""The API's own pages: Swagger UI from files we ship, and the document it reads."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response

from horde_server.errors import HordeError
from horde_server.http.declared_routes import DeclaredRouter
from horde_server.http.etags import tagged_json
from horde_server.http.rights import Right
from horde_server.http.swagger2 import swagger2
from horde_server.settings import Settings

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "png": "image/png"}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title} API</title>
<link rel="icon" type="image/png" href="/api/static/favicon-32x32.png">
<link rel="stylesheet" href="/api/static/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/api/static/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({{url: "/api/swagger.json", dom_id: "#swagger-ui", deepLinking: true}});</script>
</body>
</html>
"""


class NoSuchFile(HordeError):
    """There is no such file."""

    status, rc = 404, "NotFound"


def routes(app: FastAPI, settings: Settings) -> APIRouter:
    """`/api/` and what it needs."""
    router = DeclaredRouter(include_in_schema=False)
    folder = files("horde_server.http") / "static"

    @cache
    def made() -> bytes:
        return msgspec.json.encode(swagger2(app.openapi()))

    @router.get("/api", right=Right.ANYBODY)
    @router.get("/api/", right=Right.ANYBODY)
    async def page() -> Response:
        title = settings.title.replace("&", "&amp;").replace("<", "&lt;")
        return Response(_PAGE.format(title=title), media_type="text/html; charset=utf-8")

    @router.get("/api/swagger.json", right=Right.ANYBODY)
    async def document(request: Request) -> Response:
        return tagged_json(request, made())

    @router.get("/api/static/{name}", right=Right.ANYBODY)
    async def static(name: str) -> Response:
        kind = _TYPES.get(name.rpartition(".")[2])
        file = folder / name
        if kind is None or "/" in name or not file.is_file():
            raise NoSuchFile
        return Response(file.read_bytes(), media_type=kind, headers={"Cache-Control": "max-age=86400"})

    return router.api
