"""The composition root: builds the app from settings; what is not part of a slice."""

from __future__ import annotations

import platform
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from horde_server import VERSION
from horde_server.http import error_responses
from horde_server.http.allowed_methods import AllowedMethods
from horde_server.http.client_address import ClientAddresses
from horde_server.http.declared_routes import declare_all, include, refuse_undeclared
from horde_server.http.documentation import routes as documentation_routes
from horde_server.http.openapi import describe
from horde_server.http.rights import Right
from horde_server.http.rim import Rim
from horde_server.identity.rate_limits import rate_limits
from horde_server.running import running_node
from horde_server.settings import Settings


def create_app(settings: Settings, dsn: str) -> Rim:
    """The ASGI app of one server process on the database `dsn`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running_node(settings, dsn, clients, limits) as node:
            app.state.node = node
            door = node.identity.door
            for each in node.slices:
                for router in each.routes(door.hot):
                    include(app, router)
            include(app, documentation_routes(app, settings))
            refuse_undeclared((path, endpoint) for _, path, endpoint in door.hot)
            rim.open(
                node.images.check_from_memory,
                door.hot,
                door.ask_before_body,
                node.waiting,
                AllowedMethods(app.routes),
                node.identity.proxied_clients,
                node.gateway.visits,
            )
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
    declare_all(app.routes, Right.ANYBODY)  # the document, which FastAPI serves itself
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
