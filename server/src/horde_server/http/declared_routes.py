"""Routes that declare who may call them: one without a right cannot be registered, so none is open by oversight.

The right stands in the decorator; what the door finds out is handed to the endpoint by the names of its parameters:

    @router.put("/{worker_id}", right=Right.MANAGE_WORKERS, unknown_key=ASKED_LATER)
    async def change(caller: Caller, body: WorkerChange, worker_id: Id) -> Response:

`body` is read first and `caller` found out then, as the original does it: a wrong body is 400 whoever sends it.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, Final, Literal, Required, TypedDict, TypeVar, Unpack

import pydantic
from fastapi import APIRouter, FastAPI, Request, Response
from starlette.routing import BaseRoute

from horde_server.errors import HordeError
from horde_server.http.body import read_body
from horde_server.http.hot_routes import HotRoutes
from horde_server.http.parameters import ApiKey, AuditReason
from horde_server.http.rights import KEYLESS, PRIVILEGED, Right

Endpoint = TypeVar("Endpoint", bound=Callable[..., Awaitable[Response]])


class Later(Enum):
    """The one value of `ASKED_LATER`."""

    ASKED_LATER = "asked later"


ASKED_LATER: Final = Later.ASKED_LATER
"""Instead of a refusal: a key that nobody has is let in, as the contract has the service refuse other things first.
`Caller.user` then raises. On routes of moderators the service also asks for the right, by `Caller.check`."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """Who may call a route, and what others are told there."""

    right: Right
    no_key: type[HordeError] | None = None
    """What is raised where no key was sent; None: the parser's 400 (basics.md §2.1)."""
    unknown_key: type[HordeError] | Literal[Later.ASKED_LATER] | None = None
    """What is raised for a key that nobody has; None: what is usual for the right."""
    shared_keys: bool = False
    """Whether shared keys are good here; elsewhere nobody has them (keys.md §4.2)."""

    @property
    def asks_for_a_key(self) -> bool:
        """Whether the route looks at keys."""
        return self.right not in KEYLESS


Admit = Callable[[Request, Declaration], Awaitable[object]]
"""Who calls, or the refusal."""
Read = Callable[[Request], Awaitable[object]]
"""The body of a request, or the refusal."""

_DECLARED = "__declared_right__"


class _Declared(TypedDict, total=False):
    """What a decorator takes: the right, then what FastAPI documents."""

    right: Required[Right]
    no_key: type[HordeError]
    unknown_key: type[HordeError] | Literal[Later.ASKED_LATER]
    shared_keys: bool
    reads: Read  # gives `body`, where that has no schema
    hot: bool  # called before the framework: documents its parameters itself, takes `request`, `caller` and `body` only
    status_code: int
    operation_id: str
    response_model: Any
    responses: dict[int | str, dict[str, Any]]
    openapi_extra: dict[str, Any]
    include_in_schema: bool


class DeclaredRouter:
    """An `APIRouter` (`self.api`) whose routes cannot be added without their right."""

    def __init__(
        self, prefix: str = "", *, admit: Admit | None = None, hot: HotRoutes | None = None, **options: Any
    ) -> None:
        """`admit`: the door, where keys are looked at. `options` are `APIRouter`'s."""
        self.api = APIRouter(prefix=prefix, **options)
        self._admit = admit
        self._hot = hot

    def get(self, path: str, **declared: Unpack[_Declared]) -> Callable[[Endpoint], Endpoint]:
        """Decorate the endpoint of `GET`."""
        return self._route("GET", path, declared)

    def post(self, path: str, **declared: Unpack[_Declared]) -> Callable[[Endpoint], Endpoint]:
        """Decorate the endpoint of `POST`."""
        return self._route("POST", path, declared)

    def put(self, path: str, **declared: Unpack[_Declared]) -> Callable[[Endpoint], Endpoint]:
        """Decorate the endpoint of `PUT`."""
        return self._route("PUT", path, declared)

    def patch(self, path: str, **declared: Unpack[_Declared]) -> Callable[[Endpoint], Endpoint]:
        """Decorate the endpoint of `PATCH`."""
        return self._route("PATCH", path, declared)

    def delete(self, path: str, **declared: Unpack[_Declared]) -> Callable[[Endpoint], Endpoint]:
        """Decorate the endpoint of `DELETE`."""
        return self._route("DELETE", path, declared)

    def _route(self, method: str, path: str, declared: _Declared) -> Callable[[Endpoint], Endpoint]:
        options: dict[str, Any] = dict(declared)
        if "right" not in options:
            raise UndeclaredRoute(f"{self.api.prefix}{path} declares no right.")
        declaration = Declaration(
            options.pop("right"),
            options.pop("no_key", None),
            options.pop("unknown_key", None),
            options.pop("shared_keys", False),
        )
        reads, is_hot = options.pop("reads", None), options.pop("hot", False)

        def register(endpoint: Endpoint) -> Endpoint:
            takes_reason = method != "GET" and declaration.right in PRIVILEGED
            entrance = _entrance(endpoint, declaration, self._admit, reads, is_hot=is_hot, takes_reason=takes_reason)
            if declaration_of(entrance) not in (None, declaration):
                raise TypeError(f"{path}: its endpoint has another right elsewhere")
            setattr(entrance, _DECLARED, declaration)
            if is_hot:
                if self._hot is None:
                    raise TypeError(f"{path} is hot, but its router knows no hot routes")
                self._hot.add(method, self.api.prefix + path)(entrance)
            self.api.add_api_route(path, entrance, methods=[method], **options)
            return endpoint

        return register


def _entrance(
    endpoint: Callable[..., Awaitable[Response]],
    declaration: Declaration,
    admit: Admit | None,
    reads: Read | None,
    *,
    is_hot: bool,
    takes_reason: bool,
) -> Callable[..., Awaitable[Response]]:
    """What is called instead of the endpoint: reads the body, asks the door, and hands both on."""
    signature = inspect.signature(endpoint, eval_str=True)
    parameters = dict(signature.parameters)
    request, caller, body = (parameters.pop(name, None) for name in ("request", "caller", "body"))
    reads = reads or _reader(endpoint, body)
    if not declaration.asks_for_a_key:
        if caller is not None:
            raise TypeError(
                f"{endpoint.__qualname__}: nobody asks who calls where the right is {declaration.right.name}"
            )
        if reads is None:
            return endpoint
        admit = None
    elif admit is None:
        raise TypeError(f"{endpoint.__qualname__}: its router has no door to ask for {declaration.right.name}")
    takes_request, takes_caller = request is not None, caller is not None

    async def enter(request: Request, **given: Any) -> Response:
        if reads is not None:
            given["body"] = await reads(request)
        if admit is not None:
            caller = await admit(request, declaration)
            if takes_caller:
                given["caller"] = caller
        if takes_request:
            given["request"] = request
        return await endpoint(**given)

    async def enter_with_key(request: Request, apikey: ApiKey = None, **given: Any) -> Response:
        return await enter(request, **given)  # the framework documents the header, and holds it to its limit

    async def enter_with_reason(
        request: Request, apikey: ApiKey = None, audit_reason: AuditReason = None, **given: Any
    ) -> Response:
        return await enter(request, **given)

    entrance: Callable[..., Awaitable[Response]] = enter
    if not is_hot and admit is not None:
        entrance = enter_with_reason if takes_reason else enter_with_key
    own = list(inspect.signature(entrance, eval_str=True).parameters.values())[:-1]
    shown = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*own, *parameters.values())]
    entrance.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined] # FastAPI reads it
    entrance.__name__, entrance.__doc__ = endpoint.__name__, endpoint.__doc__
    return entrance


def _reader(endpoint: Callable[..., object], body: inspect.Parameter | None) -> Read | None:
    """What reads the body that an endpoint takes, by its schema."""
    if body is None:
        return None
    if not (isinstance(body.annotation, type) and issubclass(body.annotation, pydantic.BaseModel)):
        raise TypeError(f"{endpoint.__qualname__}: `body` is no pydantic model, and nothing `reads` it")
    return partial(read_body, model=body.annotation)


class UndeclaredRoute(RuntimeError):
    """A route says not who may call it: the server does not start with it."""


def declaration_of(endpoint: object) -> Declaration | None:
    """What a registered endpoint declares."""
    return getattr(endpoint, _DECLARED, None)


def declare_all(routes: Iterable[BaseRoute], right: Right) -> None:
    """Declare the right of routes that others wrote."""
    for route in routes:
        setattr(getattr(route, "endpoint"), _DECLARED, Declaration(right))  # noqa: B009 `BaseRoute` names none


def include(app: FastAPI, router: APIRouter) -> None:
    """Put the routes of a router into the app. Raises `UndeclaredRoute` where one has no right."""
    refuse_undeclared(
        (getattr(route, "path", repr(route)), getattr(route, "endpoint", None)) for route in router.routes
    )
    app.include_router(router)


def refuse_undeclared(endpoints: Iterable[tuple[str, object]]) -> None:
    """Raise `UndeclaredRoute` when an endpoint, here with its path, has no right."""
    for path, endpoint in endpoints:
        if declaration_of(endpoint) is None:
            raise UndeclaredRoute(f"{path} declares no right: register it by a `DeclaredRouter`.")
