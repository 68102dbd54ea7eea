"""A route says who may call it, or it is none."""

from __future__ import annotations

import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from horde_server.errors import InvalidAPIKey
from horde_server.http.declared_routes import (
    ASKED_LATER,
    Declaration,
    DeclaredRouter,
    UndeclaredRoute,
    declaration_of,
    include,
    refuse_undeclared,
)
from horde_server.http.hot_routes import HotRoutes
from horde_server.http.rights import Right

VERBS = ("get", "post", "put", "patch", "delete")


async def nothing() -> Response:
    """An endpoint that takes nothing."""
    return Response()


@pytest.mark.parametrize("verb", VERBS)
def test_a_route_without_a_right_cannot_be_registered(verb: str) -> None:
    router = DeclaredRouter("/api/v2")
    with pytest.raises(UndeclaredRoute, match="/api/v2/users"):
        getattr(router, verb)("/users")
    assert router.api.routes == []


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_registered_is_declared(verb: str) -> None:
    router = DeclaredRouter()
    getattr(router, verb)("/users", right=Right.ANYBODY)(nothing)
    (route,) = router.api.routes
    assert isinstance(route, APIRoute)
    assert declaration_of(route.endpoint) == Declaration(Right.ANYBODY)


def test_routes_that_were_registered_elsewhere_are_refused() -> None:
    plain, app = APIRouter(), FastAPI()
    plain.add_api_route("/back_door", lambda: None)
    with pytest.raises(UndeclaredRoute, match="/back_door"):
        include(app, plain)
    hot = HotRoutes()

    @hot.add("POST", "/api/v2/back_door")
    async def back_door(request: Request) -> Response:
        return Response()

    with pytest.raises(UndeclaredRoute, match="/api/v2/back_door"):
        refuse_undeclared((path, endpoint) for _, path, endpoint in hot)


@pytest.mark.parametrize("right", [right for right in Right if right not in (Right.ANYBODY, Right.LOCAL, Right.SIGNED)])
def test_without_a_door_nobody_can_be_asked_for_a_key(right: Right) -> None:
    async def endpoint() -> Response:
        return Response()

    with pytest.raises(TypeError, match=right.name):
        DeclaredRouter().get("/users", right=right)(endpoint)


def test_who_calls_is_known_where_somebody_asks_only() -> None:
    async def endpoint(caller: object) -> Response:
        return Response()

    with pytest.raises(TypeError, match="ANYBODY"):
        DeclaredRouter().get("/users", right=Right.ANYBODY)(endpoint)


def test_one_endpoint_has_one_right() -> None:
    async def endpoint() -> Response:
        return Response()

    router = DeclaredRouter()
    router.get("/one", right=Right.ANYBODY)(endpoint)
    router.get("/same", right=Right.ANYBODY)(endpoint)
    with pytest.raises(TypeError, match="/other"):
        router.get("/other", right=Right.SIGNED)(endpoint)


def test_a_body_needs_somebody_who_reads_it() -> None:
    async def endpoint(body: int) -> Response:
        return Response()

    with pytest.raises(TypeError, match="body"):
        DeclaredRouter().post("/users", right=Right.ANYBODY)(endpoint)


class Wish(BaseModel):
    """A body."""

    models: list[str] = []


async def test_the_body_is_read_before_anybody_is_asked_who_he_is() -> None:
    """And both are handed over by the names of the parameters, to hot routes too."""
    asked: list[Declaration] = []

    async def admit(request: Request, declaration: Declaration) -> str:
        asked.append(declaration)
        return "ada"

    hot = HotRoutes()
    router = DeclaredRouter("/api/v2", admit=admit, hot=hot)

    @router.post("/async", right=Right.ASK, unknown_key=ASKED_LATER, hot=True)
    async def ask(request: Request, caller: str, body: Wish) -> Response:
        return Response(f"{request.method} {caller} {body.models}")

    def request(body: bytes) -> Request:
        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        headers = [(b"content-type", b"application/json")]
        return Request({"type": "http", "method": "POST", "path": "/api/v2/async", "headers": headers}, receive)

    found = hot.find("POST", "/api/v2/async")
    assert found is not None
    with pytest.raises(Exception, match="must be a JSON object"):
        await found[0](request(b"[]"))
    assert asked == []
    answer = await found[0](request(b'{"models": ["m"]}'))
    assert answer.body == b"POST ada ['m']"
    assert asked == [Declaration(Right.ASK, unknown_key=ASKED_LATER)]


def test_what_is_told_instead_is_part_of_the_declaration() -> None:
    async def admit(request: Request, declaration: Declaration) -> object:
        return None

    async def endpoint() -> Response:
        return Response()

    router = DeclaredRouter(admit=admit)
    router.get("/find_user", right=Right.ANY_KEY, no_key=InvalidAPIKey)(endpoint)
    (route,) = router.api.routes
    assert isinstance(route, APIRoute)
    assert declaration_of(route.endpoint) == Declaration(Right.ANY_KEY, no_key=InvalidAPIKey)
