"""Identities as a provider vouches for them: the ways to ask, OpenID Connect and OAuth 2.

What is checked of a token, and how requests are formed, is authlib's; only the calls are ours, as they are guarded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from horde_server.registration.sign_in.attempts import Attempt
from horde_server.registration.sign_in.provider_calls import ProviderCalls
from horde_server.registration.sign_in.providers import OAuth2, Provider
from horde_server.registration.sign_in.refusals import SignInFailed, SignInProviderAway
from horde_server.sign_in_providers import is_secure

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

log = structlog.get_logger(__name__)

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Of signatures that are believed: by the provider's own key. Neither `none` nor what is made with a shared secret."""
LEEWAY_S: Final = 60
DISCOVERED_S: Final = 3600
"""For so long it is remembered what a provider says of itself."""
KEYS_AGAIN_S: Final = 30
"""Keys are asked for anew at most so often, where a token names one that is not known."""
MOST_KEYS: Final = 100
_SUBJECT: Final = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is at a provider: the id there, unique and never given to others, and what they are called."""

    subject: str
    names: list[str]


class Way(Protocol):
    """How a provider is asked who somebody is."""

    async def authorization_url(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where the browser is sent."""

    def check_issuer(self, issuer: str | None) -> None:
        """Raise `SignInFailed` where what came back says that another provider sent it (RFC 9207)."""

    async def identity(self, attempt: Attempt, code: str, redirect_uri: str) -> Identity:
        """Who came back with this code. Raises `SignInFailed` or `SignInProviderAway`."""


def failed(provider: Provider, reason: str) -> SignInFailed:
    """The refusal; its reason goes to the log."""
    log.warning("sign_in.failed", provider=provider.name, reason=reason)
    return SignInFailed()


def authorization_url(provider: Provider, endpoint: str, attempt: Attempt, redirect_uri: str, **more: str) -> str:
    """The provider's address with what it must know of this sign-in."""
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    return str(
        prepare_grant_uri(
            endpoint,
            client_id=provider.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=provider.scope,
            state=attempt.state,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
            **more,
        )
    )


async def token(
    provider: Provider, calls: ProviderCalls, endpoint: str, attempt: Attempt, code: str, redirect_uri: str, method: str
) -> Mapping[str, Any]:
    """What the provider gives for a code. Raises `SignInFailed` where it gives nothing."""
    from authlib.oauth2.auth import ClientAuth
    from authlib.oauth2.rfc6749.parameters import prepare_token_request

    form = prepare_token_request(
        "authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=attempt.verifier
    )
    client = ClientAuth(provider.client_id, provider.client_secret, method)
    uri, headers, form = client.prepare("POST", endpoint, {}, form)
    given = await calls.post(uri, form, headers)
    if "error" in given or not isinstance(given.get("access_token"), str):
        raise failed(provider, f"no token: {str(given.get('error'))[:100]}")
    return given


class OAuth2Way:
    """A provider whose `user_url` says who somebody is."""

    def __init__(self, provider: Provider, speaks: OAuth2, calls: ProviderCalls) -> None:
        self._provider, self._speaks, self._calls = provider, speaks, calls

    async def authorization_url(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where the browser is sent."""
        return authorization_url(self._provider, self._speaks.authorization_url, attempt, redirect_uri)

    def check_issuer(self, issuer: str | None) -> None:
        """Nothing is known of its issuer."""

    async def identity(self, attempt: Attempt, code: str, redirect_uri: str) -> Identity:
        """Who came back with this code: `id`, a number or text, of `user_url`."""
        given = await token(
            self._provider, self._calls, self._speaks.token_url, attempt, code, redirect_uri, "client_secret_post"
        )
        user = await self._calls.get(self._speaks.user_url, {"Authorization": f"Bearer {given['access_token']}"})
        found = user.get("id")
        if isinstance(found, bool) or not isinstance(found, int | str):
            raise failed(self._provider, "its user has no id")
        return _identity(self._provider, str(found), user, ("global_name", "login", "username", "name"))


@dataclass(frozen=True, slots=True)
class _Discovered:
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    auth_method: str


class OpenIDWay:
    """A provider that signs who somebody is, with keys that its issuer's document names."""

    def __init__(self, provider: Provider, issuer: str, calls: ProviderCalls, clock: Callable[[], float]) -> None:
        """`clock`: seconds since the epoch."""
        self._provider, self._issuer, self._calls, self._clock = provider, issuer, calls, clock
        self._discovered: tuple[float, _Discovered] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def authorization_url(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where the browser is sent."""
        found = await self._discover()
        return authorization_url(
            self._provider, found.authorization_endpoint, attempt, redirect_uri, nonce=attempt.nonce
        )

    def check_issuer(self, issuer: str | None) -> None:
        """Raise `SignInFailed` where another issuer says that it sent this."""
        if issuer is not None and issuer != self._issuer:
            raise failed(self._provider, "sent by another issuer")

    async def identity(self, attempt: Attempt, code: str, redirect_uri: str) -> Identity:
        """Who came back with this code, as the signed token says."""
        found = await self._discover()
        given = await token(
            self._provider, self._calls, found.token_endpoint, attempt, code, redirect_uri, found.auth_method
        )
        id_token = given.get("id_token")
        if not isinstance(id_token, str):
            raise failed(self._provider, "no id_token")
        claims = await self._verified(id_token, attempt, str(given["access_token"]), found)
        return _identity(self._provider, claims.get("sub"), claims, ("preferred_username", "nickname", "name"))

    async def _discover(self) -> _Discovered:
        if self._discovered is not None and self._clock() < self._discovered[0]:
            return self._discovered[1]
        from authlib.oidc.discovery import get_well_known_url

        told = await self._calls.get(get_well_known_url(self._issuer, external=True), {})
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        endpoints = {name: str(told.get(name)) for name in names}
        if told.get("issuer") != self._issuer or not all(map(is_secure, endpoints.values())):
            log.warning("sign_in.provider_unusable", provider=self._provider.name)
            raise SignInProviderAway
        methods = told.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        found = _Discovered(**endpoints, auth_method=method)
        self._discovered = (self._clock() + DISCOVERED_S, found)
        return found

    async def _verified(
        self, id_token: str, attempt: Attempt, access_token: str, found: _Discovered
    ) -> Mapping[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError

        decoded = None
        for _ in range(2):
            keys = await self._key_set(found)
            try:
                decoded = jwt.decode(id_token, keys, algorithms=list(ALGORITHMS))
                break
            except (JoseError, ValueError) as error:
                if not self._may_ask_again():
                    raise failed(self._provider, f"{type(error).__name__}: {error}"[:200]) from None
        if decoded is None:
            raise failed(self._provider, "signed with a key that it does not name")
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "value": self._provider.client_id},
            },
            params={"nonce": attempt.nonce, "client_id": self._provider.client_id, "access_token": access_token},
        )
        try:
            claims.validate(now=int(self._clock()), leeway=LEEWAY_S)
        except Exception as error:  # noqa: BLE001 authlib's and joserfc's refusals have no common class
            raise failed(self._provider, f"{type(error).__name__}: {error}"[:200]) from None
        if claims.get("nonce") != attempt.nonce:
            raise failed(self._provider, "another nonce")
        return dict(claims)

    async def _key_set(self, found: _Discovered) -> KeySet:
        if self._keys is None or self._clock() - self._keys[0] >= DISCOVERED_S:  # one that it gave up must end here too
            from joserfc.jwk import KeySet

            told = await self._calls.get(found.jwks_uri, {})
            keys = told.get("keys")
            if not isinstance(keys, list) or len(keys) > MOST_KEYS:
                raise SignInProviderAway
            try:
                self._keys = (self._clock(), KeySet.import_key_set({"keys": keys}))
            except Exception as error:  # noqa: BLE001 whatever a strange key makes of its parser
                log.warning("sign_in.keys_unusable", provider=self._provider.name, reason=type(error).__name__)
                raise SignInProviderAway from None
        return self._keys[1]

    def _may_ask_again(self) -> bool:
        """Whether the keys are forgotten now, as a provider changes them from time to time."""
        if self._keys is None or self._clock() - self._keys[0] < KEYS_AGAIN_S:
            return False
        self._keys = None
        return True


def _identity(provider: Provider, subject: object, told: Mapping[str, Any], names: tuple[str, ...]) -> Identity:
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise failed(provider, "an id that is none")
    return Identity(
        f"{provider.prefix}{subject}", [str(told[name]) for name in names if isinstance(told.get(name), str)]
    )


def way_of(provider: Provider, clock: Callable[[], float]) -> Way:
    """How this provider is asked."""
    calls = ProviderCalls(provider.name, provider.reach)
    if isinstance(provider.speaks, OAuth2):
        return OAuth2Way(provider, provider.speaks, calls)
    return OpenIDWay(provider, provider.speaks, calls, clock)
