"""The composition root: builds the app from settings; what is not part of a slice."""

from __future__ import annotations

import platform
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from fastapi import FastAPI
from starlette.types import Scope

from horde_server import VERSION
from horde_server.errors import InvalidAPIKey, InvalidWorkerKey
from horde_server.http import error_responses
from horde_server.http.body import required_apikey
from horde_server.http.body_limits import KEYLESS
from horde_server.http.client_address import ClientAddresses
from horde_server.http.documentation import routes as documentation_routes
from horde_server.http.hot_routes import HotRoutes
from horde_server.http.incoming_body import Doorkeeper
from horde_server.http.openapi import describe
from horde_server.http.rim import Rim
from horde_server.identity.rate_limits import rate_limits
from horde_server.node import Node
from horde_server.running import running_node
from horde_server.settings import Settings

_CHECK = "/api/v2/generate/check/"
_encode = msgspec.json.Encoder().encode


def create_app(settings: Settings, dsn: str) -> Rim:
    """The ASGI app of one server process on the database `dsn`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running_node(settings, dsn, clients, limits) as node:
            hot_routes = HotRoutes()
            for each in node.slices:
                for router in each.routes(hot_routes):
                    app.include_router(router)
            app.include_router(documentation_routes(app, settings))
            rim.open(node.images.check_from_memory, hot_routes, doorkeeper(node), node.waiting)
            yield
            rim.close()

    app = FastAPI(
        title=settings.title,
        version="2.5",
        contact={"email": settings.email} if settings.email else None,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
    )
    clients = ClientAddresses(settings.trusted_proxies)
    limits = rate_limits(settings)
    error_responses.install(app)
    describe(app)
    rim = Rim(
        app,
        node_name=node_name(settings),
        max_body_bytes=settings.max_body_bytes,
        bodies_in_flight_bytes=settings.bodies_in_flight_bytes,
        client_address=clients,
        rate_limit=limits,
    )
    return rim


def node_name(settings: Settings) -> str:
    """How this process calls itself in its answers (basics.md §8.1)."""
    return f"{platform.node()}:{settings.port}:{VERSION}"


def doorkeeper(node: Node) -> Doorkeeper:
    """Asks for the key before a large body is read, in the words of the route that would ask for it afterwards."""

    async def ask(scope: Scope) -> None:
        path: str = scope["path"]
        if not path.startswith("/api/v2/") or path.startswith(KEYLESS):
            return
        key = next((value for name, value in scope["headers"] if name == b"apikey"), b"")
        if await node.identity.accounts.by_key(required_apikey(key.decode("latin-1"))) is None:
            raise InvalidWorkerKey if path.endswith(("/pop", "/submit")) else InvalidAPIKey

    return ask
