"""The gate before the door: a request at a dialect's address gets its key, path and program as the horde has them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from starlette.responses import Response
from starlette.types import Scope

from horde_server.errors import HordeError
from horde_server.gateway.common.errors import Dialect, DialectOff, NothingHere, RefusesAddresses
from horde_server.gateway.common.headers import ANSWER, preflight, rate_headers
from horde_server.gateway.common.keys import KEY_HEADERS, PLACEHOLDERS, key_of
from horde_server.gateway.common.paths import advice, place_of
from horde_server.http.client_agent import UNKNOWN_AGENT
from horde_server.http.dialects import Headers, Refusal, note_visit
from horde_server.identity.anonymous import AnonForbidden
from horde_server.requests.admission import TooManyPrompts
from horde_server.settings import Settings

_ANTHROPIC: Final = "anthropic"
_HORDE: Final = "/api/v2/"
_MOST_PROGRAM_CHARACTERS: Final = 100
_TEXTS: Final = "/api/v2/generate/text/async"
_IMAGES: Final = "/api/v2/generate/async"
_EMBEDDINGS: Final = "/api/v2/generate/embedding/async"
_ASKS_FOR_EMBEDDINGS: Final = frozenset(("/v1/embeddings", "/api/embed", "/api/embeddings"))
_ASKS_FOR_IMAGES: Final = ("/v1/images/", "/sdapi/")
_COUNTED_BY_ITSELF: Final = (
    "/api/extra/generate/check", "/api/extra/abort", "/api/extra/tokencount", "/api/show", "/api/pull", "/api/push",
    "/api/create", "/api/copy", "/api/blobs", "/sdapi/v1/options", "/sdapi/v1/png-info", "/sdapi/v1/interrupt",
    "/sdapi/v1/skip", "/v1/messages/count_tokens", "/mcp",
)  # fmt: skip
"""`POST`s that ask for no work, and what has a limit of its own."""
_OUR_FAULT: Final = 500
_UNLIKE_OURS: Final = KEY_HEADERS | {b"x-fields", b"user-agent", b"client-agent", b"anthropic-version"}


@dataclass(slots=True)
class DialectVisit:
    """A `Visit`."""

    dialect: Dialect
    headers: Headers
    is_strict: bool
    refusal: HordeError | None
    counted_as: str
    request_id: str

    def counted(self, scope: Scope) -> Scope:
        """What asks for work counts with the horde's own route."""
        return {**scope, "path": self.counted_as}

    def limits(self, told: Headers) -> Headers:
        """In all spellings."""
        return rate_headers(told, is_anthropic=self.dialect.name == _ANTHROPIC)

    def refused(self, refusal: Refusal) -> Response:
        """Its status and code are kept, but for what programs would do wrong by them."""
        refusal = replace(_for_programs(refusal), request_id=self.request_id)
        response = self.dialect.error(refusal)
        for name, value in refusal.headers.items():
            response.headers[name] = value
        if refusal.retry is not None:
            response.headers["x-should-retry"] = str(refusal.retry).lower()
        return response

    def allowed(self, scope: Scope) -> Headers:
        """Whatever the browser would send."""
        return preflight(value for name, value in scope["headers"] if name == b"access-control-request-headers")


class Visits:
    """Finds out which requests are visits. Of the horde's own it looks at the path alone: 0.2 µs."""

    def __init__(
        self,
        settings: Settings,
        dialects: Mapping[str, Dialect],
        switched_on: Collection[str],
        base_of: Callable[[Scope], str],
    ) -> None:
        """`dialects`: all that this server has; `base_of`: scheme and host that a request came to."""
        self._dialects = dict(dialects)
        self._refuses = {name: each.refuses for name, each in dialects.items() if isinstance(each, RefusesAddresses)}
        self._switched_on = frozenset(switched_on)
        self._base_of = base_of
        self._takes_key = settings.takes_key_in_path
        self._is_strict = settings.gateway_strict
        given = settings.placeholder_keys
        self._placeholders = PLACEHOLDERS if given is None else frozenset(key.lower() for key in given)

    def __call__(self, scope: Scope) -> DialectVisit | None:
        """The visit that a request is, which is then noted with it."""
        path: str = scope["path"]
        if path.startswith(_HORDE):
            return None
        place = place_of(path, takes_key=self._takes_key)
        if place is None or place.dialect not in self._dialects:
            return None
        headers: Headers = []
        told: dict[bytes, bytes] = {}
        keys: Headers = []
        for name, value in scope["headers"]:
            if name not in _UNLIKE_OURS:
                headers.append((name, value))
            elif name in KEY_HEADERS:
                keys.append((name, value))
            else:
                told.setdefault(name, value)
        name = place.dialect
        if b"anthropic-version" in told and place.path.startswith("/v1/models") and "anthropic" in self._switched_on:
            name, place = _ANTHROPIC, place._replace(path=f"/v1/messages{place.path.removeprefix('/v1')}")
        key = key_of(keys, place.key, self._placeholders)
        headers.append((b"apikey", key.encode("latin-1", "replace")))
        agent = told.get(b"client-agent", b"")
        if not agent or agent == UNKNOWN_AGENT.encode():
            agent = f"{_program(told.get(b'user-agent', b''))}:gateway-{name}:unknown".encode("latin-1", "replace")
        headers.append((b"client-agent", agent))
        headers += [(each, told[each]) for each in (b"user-agent", b"anthropic-version") if each in told]
        scope["headers"] = headers
        if place.path != path:
            scope["path"] = place.path
            scope["raw_path"] = place.path.encode()
        request_id = f"req_{secrets.token_hex(16)}"
        spellings = (b"x-request-id", b"request-id") if name == _ANTHROPIC else (b"x-request-id",)
        visit = DialectVisit(
            self._dialects[name],
            [*ANSWER, *((each, request_id.encode()) for each in spellings)],
            self._is_strict,
            self._refusal(name, place.path, scope),
            _counted_as(scope["method"], place.path),
            request_id,
        )
        note_visit(scope, visit)
        return visit

    def _refusal(self, name: str, path: str, scope: Scope) -> HordeError | None:
        if name not in self._switched_on:
            return DialectOff()
        told = advice(path, lambda: self._base_of(scope))
        if told is not None:
            return NothingHere(told)
        refuses = self._refuses.get(name)
        return refuses(path) if refuses is not None else None


def _program(user_agent: bytes) -> str:
    """A program as the horde writes it: name and version, no comment, no colon."""
    name = user_agent.decode("latin-1").partition("(")[0].strip().replace(":", " ")
    return name[:_MOST_PROGRAM_CHARACTERS] or "unknown"


def _counted_as(method: str, path: str) -> str:
    if method != "POST" or path.startswith(_COUNTED_BY_ITSELF):
        return path
    if path in _ASKS_FOR_EMBEDDINGS:
        return _EMBEDDINGS
    return _IMAGES if path.startswith(_ASKS_FOR_IMAGES) else _TEXTS


def _for_programs(refusal: Refusal) -> Refusal:
    """The refusal, so that programs do what makes sense: they repeat some by themselves."""
    if refusal.code == TooManyPrompts.rc:
        return replace(refusal, headers={"Retry-After": "5", **refusal.headers}, retry=True)
    if refusal.code == AnonForbidden.rc:  # whoever sends no key has yet to
        return replace(refusal, status=401)
    if refusal.status == _OUR_FAULT and refusal.retry is None:
        return replace(refusal, retry=False)
    return refusal
