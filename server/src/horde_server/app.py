"""The composition root: builds the app from settings; the only place that knows all."""

from __future__ import annotations

import platform
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec
from fastapi import FastAPI
from starlette.types import ASGIApp, Scope

from horde_server import VERSION
from horde_server.accounts.routes import routes as account_routes
from horde_server.accounts.trial_accounts import routes as test_user_routes
from horde_server.blobs.routes import routes as blob_routes
from horde_server.errors import InvalidAPIKey, InvalidWorkerKey
from horde_server.http import error_responses
from horde_server.http.body import required_apikey
from horde_server.http.body_limits import KEYLESS
from horde_server.http.client_address import ClientAddresses
from horde_server.http.client_agent import names_no_program
from horde_server.http.documentation import routes as documentation_routes
from horde_server.http.hot_routes import HotRoutes
from horde_server.http.incoming_body import Doorkeeper
from horde_server.http.openapi import describe
from horde_server.http.rim import FastAnswer, Rim
from horde_server.identity.rate_limits import RateLimits, rate_limits
from horde_server.insight.health import routes as health_routes
from horde_server.insight.proxies import routes as proxy_routes
from horde_server.insight.status_routes import routes as status_routes
from horde_server.kudos.routes import routes as kudos_routes
from horde_server.moderation.addresses.routes import routes as operations_routes
from horde_server.moderation.prompt_filters.routes import routes as filter_routes
from horde_server.moderation.rights import Moderators
from horde_server.moderation.routes import routes as modes_routes
from horde_server.node import Node
from horde_server.requests.alchemy.routes import routes as alchemy_routes
from horde_server.requests.alchemy.worker_routes import routes as alchemist_routes
from horde_server.requests.image.rating_routes import routes as rating_routes
from horde_server.requests.image.routes import routes as image_routes
from horde_server.requests.image.sharing.routes import routes as shared_image_routes
from horde_server.requests.image.worker_routes import routes as image_worker_routes
from horde_server.requests.progress import progress
from horde_server.requests.text.routes import routes as text_routes
from horde_server.requests.text.worker_routes import routes as text_dispatch_routes
from horde_server.running import running_node
from horde_server.settings import Settings
from horde_server.webhooks.routes import routes as webhook_routes
from horde_server.workers.address_routes import routes as worker_address_routes
from horde_server.workers.routes import routes as worker_routes

_CHECK = "/api/v2/generate/check/"
_encode = msgspec.json.Encoder().encode


def create_app(settings: Settings, dsn: str) -> ASGIApp:
    """The ASGI app of one server process on the database `dsn`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running_node(settings, dsn, clients) as node:
            hot_routes = HotRoutes()
            include_routes(app, node, limits, hot_routes)
            rim.open(fast_check(node), hot_routes, doorkeeper(node))
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
    """How this process calls itself in its answers (generation.md §1.8)."""
    return f"{platform.node()}:{settings.port}:{VERSION}"


def include_routes(app: FastAPI, node: Node, limits: RateLimits | None, hot: HotRoutes) -> None:
    """Hand every route the services it needs."""
    settings = node.settings
    images, texts = node.images, node.texts
    app.include_router(rating_routes(images.dispatcher))
    app.include_router(shared_image_routes(node.shared_images, node.accounts, settings.admin_ids))
    app.include_router(
        image_routes(
            images.intake,
            images.dispatcher,
            node.accounts,
            node.blobs.results,
            node.links,
            node.addresses,
            limits,
            hot,
        )
    )
    app.include_router(
        image_worker_routes(
            images.dispatcher,
            node.accounts,
            node.check_in,
            images.submissions,
            node.links,
            images.missed_uploads,
            node.source_links,
            hot,
        )
    )
    app.include_router(text_routes(texts.intake, texts.dispatcher, node.accounts, limits, hot))
    app.include_router(text_dispatch_routes(texts.dispatcher, node.accounts, node.check_in, texts.submissions, hot))
    alchemy = node.alchemy
    app.include_router(alchemy_routes(alchemy.intake, alchemy.interrogations, node.accounts, node.links, hot))
    app.include_router(
        alchemist_routes(
            alchemy.dispatcher,
            node.accounts,
            node.check_in,
            alchemy.submissions,
            node.links,
            node.source_links,
            hot,
        )
    )
    app.include_router(
        account_routes(
            settings, node.pool, node.accounts, node.notices.publish, node.queues, node.workers, node.profanity
        )
    )
    if settings.test_apikeys:
        app.include_router(test_user_routes(node.pool, node.accounts, node.notices.publish))
    app.include_router(worker_routes(node.pool, node.accounts, node.worker_management))
    app.include_router(kudos_routes(node.pool, node.accounts))
    app.include_router(webhook_routes(node.pool, node.accounts))
    app.include_router(modes_routes(node.modes, node.accounts, settings.admin_ids, node.mirror.cancel_waiting))
    moderators = Moderators(node.accounts, settings.admin_ids)
    app.include_router(filter_routes(node.prompt_filters, moderators))
    app.include_router(operations_routes(node.addresses, moderators))
    app.include_router(worker_address_routes(node.pool, node.addresses, moderators))
    app.include_router(status_routes(node.pool, node.queues, node.workers))
    app.include_router(health_routes(settings, node.pool, node.queues, node.workers))
    app.include_router(proxy_routes(node.clients))
    app.include_router(documentation_routes(app, settings))
    for store in node.blobs.served:
        app.include_router(blob_routes(store))


def fast_check(node: Node) -> FastAnswer:
    """`GET /generate/check/{id}` for mirrored requests, from memory and before the framework: it is called most."""
    queue, addresses, clients = node.images.dispatcher.queue, node.addresses, node.clients

    def answer(scope: Scope) -> bytes | None:
        path: str = scope["path"]
        if not path.startswith(_CHECK):
            return None
        try:
            request_id = UUID(path[len(_CHECK) :])
        except ValueError:
            return None
        if addresses.holds_any and names_no_program(scope):
            addresses.refuse_nameless(clients(scope))
        entry = queue.entries.get(request_id)
        return _encode(progress(entry, queue)) if entry is not None else None

    return answer


def doorkeeper(node: Node) -> Doorkeeper:
    """Asks for the key before a large body is read, in the words of the route that would ask for it afterwards."""

    async def ask(scope: Scope) -> None:
        path: str = scope["path"]
        if not path.startswith("/api/v2/") or path.startswith(KEYLESS):
            return
        key = next((value for name, value in scope["headers"] if name == b"apikey"), b"")
        if await node.accounts.by_key(required_apikey(key.decode("latin-1"))) is None:
            raise InvalidWorkerKey if path.endswith(("/pop", "/submit")) else InvalidAPIKey

    return ask
