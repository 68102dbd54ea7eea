"""A small OpenID Connect provider on loopback, as a test wants it: real HTTP, real keys, real signatures."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "the horde", "s3cret: and more"


@dataclass
class Grant:
    """What a code stands for."""

    subject: str
    redirect_uri: str
    nonce: str | None
    challenge: str


@dataclass
class Provider:
    """A provider; `claims`, `header` and `sign` change its tokens, `respond` replaces its answers by path."""

    issuer: str = ""
    claims: Callable[[dict[str, Any]], dict[str, Any]] = field(default=lambda claims: claims)
    key: RSAKey | ECKey | OctKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    published: list[Any] | None = None
    """The keys that it names, where they are not its own."""
    forge: Callable[[dict[str, Any]], str] | None = None
    respond: dict[str, Callable[[web.Request], Any]] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)
    codes_are_good_again: bool = False
    asked: list[str] = field(default_factory=list)
    redirects: list[str] = field(default_factory=list)
    _grants: dict[str, Grant] = field(default_factory=dict)

    def consent(self, location: str, subject: str = "4711", *, state: str | None = None) -> dict[str, str]:
        """What the browser brings back once somebody has agreed at the address that the horde sent it to."""
        url = urlsplit(location)
        assert f"{url.scheme}://{url.netloc}{url.path}" == f"{self.issuer}/authorize"
        asked = dict(parse_qsl(url.query))
        assert (asked["client_id"], asked["response_type"]) == (CLIENT_ID, "code")
        assert asked["code_challenge_method"] == "S256"
        self.redirects.append(asked["redirect_uri"])
        code = secrets.token_urlsafe(8)
        self._grants[code] = Grant(subject, asked["redirect_uri"], asked.get("nonce"), asked["code_challenge"])
        return {"code": code, "state": state or asked["state"]}

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        """A token."""
        return str(jwt.encode({"alg": "RS256", "kid": "one", **header}, claims, self.key))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call of the horde."""
        self.asked.append(request.path)
        if request.path in self.respond:
            answer = self.respond[request.path](request)
            if asyncio.iscoroutine(answer):
                answer = await answer
            return answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)
        match request.path:
            case "/.well-known/openid-configuration":
                return web.json_response(self.document())
            case "/keys":
                own = [self.key.as_dict(private=False)] if not isinstance(self.key, OctKey) else []
                return web.json_response({"keys": own if self.published is None else self.published})
            case "/token":
                return await self._token(request)
            case "/user":
                return web.json_response({"id": 4711, "login": "octo-ada"})
        return web.Response(status=404)

    def document(self) -> dict[str, Any]:
        """What it says of itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        basic = request.headers.get("Authorization", "").removeprefix("Basic ")
        client = tuple(map(unquote, base64.b64decode(basic).decode().split(":", 1))) if basic else None
        posted = (form.get("client_id"), form.get("client_secret"))
        assert (CLIENT_ID, CLIENT_SECRET) in (client, posted), "it is the horde that asks"
        code = str(form["code"])
        grant = self._grants.get(code) if self.codes_are_good_again else self._grants.pop(code, None)
        verifier = str(form["code_verifier"])
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if grant is None or grant.challenge != challenge or grant.redirect_uri != form["redirect_uri"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": grant.subject,
            "iat": now,
            "exp": now + 300,
            "nonce": grant.nonce,
            **self.names,
        }
        claims = self.claims(claims)
        token = self.forge(claims) if self.forge is not None else self.signed(claims)
        return web.json_response({"access_token": "an access token", "token_type": "Bearer", "id_token": token})


@asynccontextmanager
async def running_provider() -> AsyncIterator[Provider]:
    """A provider for the time of a block."""
    provider = Provider()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    provider.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield provider
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await runner.cleanup()


def query_of(location: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(location).query))


def callback(name: str, back: dict[str, str]) -> str:
    """Where the provider sends the browser."""
    return f"/sign-in/{name}/callback?{urlencode(back)}"
