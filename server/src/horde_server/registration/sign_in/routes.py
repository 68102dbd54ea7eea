"""`/sign-in/…` for browsers, and where programs take the key: parse, call, answer."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response
from starlette.responses import RedirectResponse

from horde_server.errors import BadRequest, HordeError, InvalidPayload
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.declared_routes import DeclaredRouter
from horde_server.http.rights import Right
from horde_server.registration.invitations.codes import LONGEST
from horde_server.registration.sign_in import attempts
from horde_server.registration.sign_in.answers import SignedInUser
from horde_server.registration.sign_in.attempts import Attempt
from horde_server.registration.sign_in.refusals import SignInFailed
from horde_server.registration.sign_in.schemas import SignInCode
from horde_server.registration.sign_in.service import NewKey, SignIns
from horde_server.registration.usernames import MOST_SENT

HOME = "/register"
"""Where somebody is sent who did not say where to."""
Provider = Annotated[str, Path(max_length=40)]
_MOST_ANSWER = 4000
"""Characters of each parameter that a provider sends back."""
_Told = Annotated[str | None, Query(max_length=_MOST_ANSWER)]
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def routes(sign_ins: SignIns, secret: bytes, base: str, clock: Callable[[], float]) -> Sequence[APIRouter]:
    """Sign-in by providers.

    Args:
        sign_ins: The service.
        secret: What cookies are signed with.
        base: This horde's public address.
        clock: Seconds since the epoch.
    """
    pages = DeclaredRouter()
    router = DeclaredRouter("/api/v2", tags=["v2"])
    is_https = base.startswith("https://")

    @pages.get("/sign-in/{provider}", right=Right.ANYBODY, include_in_schema=False)
    async def begin(
        provider: Provider,
        next: Annotated[str, Query(max_length=attempts.MOST_PATH)] = HOME,  # noqa: A002 the parameter's name
        username: Annotated[str | None, Query(max_length=MOST_SENT)] = None,
        invitation: Annotated[str | None, Query(max_length=LONGEST)] = None,
        challenge: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{43}$")] = None,
    ) -> Response:
        """Send a browser to a provider; it comes back to the path `next`."""
        if not attempts.is_path_of_ours(next):
            raise InvalidPayload({"next": "must be a plain path of this horde, such as /register"})
        attempt = attempts.new_attempt(
            provider, clock(), next, username=username, invitation=invitation, challenge=challenge
        )
        answer = RedirectResponse(await sign_ins.begin(attempt), 303, _PRIVATE)
        answer.headers.append("Set-Cookie", _cookie(attempt.state, attempts.sealed(attempt, secret), attempts.LASTS_S))
        return answer

    @pages.get("/sign-in/{provider}/callback", right=Right.ANYBODY, include_in_schema=False)
    async def finish(
        request: Request,
        provider: Provider,
        state: _Told = None,
        code: _Told = None,
        error: _Told = None,
        iss: _Told = None,
    ) -> Response:
        """Take a browser back from a provider, and send it on with a code that is worth a key."""
        attempt = _attempt(request, provider, state)
        over = _cookie(attempt.state, "", 0)
        try:
            if error is not None or not code:
                raise SignInFailed("The provider says that nothing came of this sign-in: begin anew.")
            our_code = await sign_ins.finish(attempt, code, iss, request.state.client_address)
        except HordeError as refusal:
            refusal.headers |= {"Set-Cookie": over, **_PRIVATE}
            raise
        answer = RedirectResponse(f"{base}{attempt.return_to}?{urlencode({'code': our_code})}", 303, _PRIVATE)
        answer.headers.append("Set-Cookie", over)
        return answer

    def _attempt(request: Request, provider: str, state: str | None) -> Attempt:
        """The attempt that this browser began. Raises `SignInFailed` where it began none like it."""
        sent = request.cookies.get(attempts.cookie_name(state or "", is_https=is_https), "")
        attempt = attempts.opened(sent, secret, clock()) if sent else None
        if attempt is None or attempt.provider != provider:
            raise SignInFailed
        if state is None or not hmac.compare_digest(attempt.state.encode(), state.encode()):
            raise SignInFailed
        return attempt

    def _cookie(state: str, value: str, lasts_s: int) -> str:
        """A `Set-Cookie` that scripts do not see and other sites do not send but by a link."""
        name = attempts.cookie_name(state, is_https=is_https)
        secure = "; Secure" if is_https else ""
        return f"{name}={value}; Max-Age={lasts_s}; Path=/; HttpOnly; SameSite=Lax{secure}"

    def _elsewhere(provider: str, page: str) -> Response:
        """From the original's addresses to ours."""
        path = HOME if page == provider else f"/{page}"
        if not attempts.is_path_of_ours(path):
            raise BadRequest("This is no page of this horde.")
        return RedirectResponse(f"/sign-in/{provider}?{urlencode({'next': path})}", 303)

    for name in ("google", "discord", "github"):
        _old_address(pages, name, _elsewhere)

    @pages.get("/finish_dance", right=Right.ANYBODY, include_in_schema=False)
    async def finish_dance() -> Response:
        """Where the original's providers came back to."""
        return RedirectResponse(HOME, 303)

    @router.post(
        "/sign-in",
        right=Right.ANYBODY,
        operation_id="post_sign_in",
        response_model=SignedInUser,
        responses=refusals(404, 413),
        openapi_extra=body_documentation(SignInCode),
    )
    async def take(body: SignInCode) -> Response:
        """The key for the code that a browser came back with; shown only now, good for thirty days."""
        answer = json_response(msgspec.json.encode(_told(await sign_ins.take(body.code, body.verifier))))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return [pages.api, router.api]


def _old_address(pages: DeclaredRouter, name: str, elsewhere: Callable[[str, str], Response]) -> None:
    @pages.get(f"/{name}/{{page}}", right=Right.ANYBODY, include_in_schema=False)
    async def old(page: Annotated[str, Path(max_length=attempts.MOST_PATH)]) -> Response:
        """The original's address of a sign-in."""
        return elsewhere(name, page)


def _told(made: NewKey) -> dict[str, Any]:
    return {
        "id": made.id,
        "username": made.username,
        "alias": f"{made.username}#{made.id}",
        "api_key": made.api_key,
        "approved": made.is_approved,
        "is_new": made.is_new,
        "expires_at": made.expires_at.isoformat(),
    }
