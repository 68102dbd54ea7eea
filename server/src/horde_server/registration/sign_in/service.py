"""Signing in: begun in a browser, vouched for by a provider, ended with a code that is worth one key."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from horde_server.audit.trail import HORDE, record, subject
from horde_server.core import Core
from horde_server.database.pool import Connection
from horde_server.identity.keys import key_hash, new_api_key
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.registration import store as accounts
from horde_server.registration.refusals import RegistrationRefused
from horde_server.registration.registrar import Newcomer, Registrar
from horde_server.registration.sign_in import store
from horde_server.registration.sign_in.attempts import Attempt
from horde_server.registration.sign_in.identities import Identity, Way, failed, way_of
from horde_server.registration.sign_in.providers import Provider
from horde_server.registration.sign_in.refusals import ProviderNotFound, SignInCodeInvalid, SignInFailed
from horde_server.registration.usernames import suggested

_CODE_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a sign-in gives: a key of the account that ends by itself, shown once."""

    id: int
    username: str
    api_key: str
    is_approved: bool
    is_new: bool
    expires_at: datetime


class _Found(NamedTuple):
    """The account of an identity; whether it is approved is told of a new one."""

    account_id: int
    is_new: bool
    is_approved: bool = True


class SignIns:
    """Sends people to providers and takes them back."""

    def __init__(
        self, core: Core, registrar: Registrar, profanity: ProfanityFilter, providers: Mapping[str, Provider]
    ) -> None:
        self._core = core
        self._registrar = registrar
        self._profanity = profanity
        self._providers = providers
        self._ways: Mapping[str, Way] = {name: way_of(each, core.clock) for name, each in providers.items()}

    async def begin(self, attempt: Attempt) -> str:
        """Where the browser goes. Raises `ProviderNotFound`, `SignInProviderAway`, and what a name is refused for."""
        way = self._way(attempt.provider)
        if attempt.username is not None:
            self._registrar.check_name(attempt.username)
        return await way.authorization_url(attempt, self._redirect_uri(attempt.provider))

    async def finish(self, attempt: Attempt, code: str, issuer: str | None, address: str) -> str:
        """The code that is worth a key, for who came back from the provider with `code`.

        Makes the account where there is none yet, by the rules of registration; changes nothing of one that there is.
        """
        way = self._way(attempt.provider)
        way.check_issuer(issuer)
        identity = await way.identity(attempt, code, self._redirect_uri(attempt.provider))
        our_code = secrets.token_urlsafe(_CODE_BYTES)
        async with self._core.pool.connection() as conn, conn.transaction():
            found = await self._account(conn, attempt, identity, address)
            is_first = await store.add(
                conn,
                state_hash=_hash(attempt.state),
                code_hash=_hash(our_code),
                account_id=found.account_id,
                provider=attempt.provider,
                is_new=found.is_new,
                challenge=attempt.challenge,
            )
            if not is_first:
                raise failed(self._providers[attempt.provider], "finished before")
        if found.is_new:
            await self._registrar.made(found.account_id, attempt.provider, is_approved=found.is_approved)
        return our_code

    async def take(self, code: str, verifier: str | None) -> NewKey:
        """The key for a code, once. A wrong verifier ends the code. Raises `SignInCodeInvalid`."""
        key = new_api_key()
        async with self._core.pool.connection() as conn:
            taken = await store.take(conn, _hash(code))
            if taken is None or not _fits(taken.challenge, verifier):
                raise SignInCodeInvalid
            name = f"sign-in {taken.provider}"
            async with conn.transaction():
                made = await store.add_key(conn, taken.account_id, key_hash(self._core.api_key_salt, key), name)
                of = subject("account", taken.account_id)
                await record(conn, HORDE, "account.sign_in", of, new={"key": name}, concerns=taken.account_id)
        await self._registrar.announce(taken.account_id)
        return NewKey(taken.account_id, made.username, key, made.is_approved, taken.is_new, made.expires_at)

    async def forget_old(self) -> None:
        """Remove sign-ins of which nothing can come back."""
        async with self._core.pool.connection() as conn:
            await store.forget_old(conn)

    def _way(self, name: str) -> Way:
        way = self._ways.get(name)
        if way is None:
            raise ProviderNotFound
        return way

    def _redirect_uri(self, name: str) -> str:
        """Of the settings, never of the request: a forged Host would send codes elsewhere."""
        return f"{(self._core.settings.url or '').rstrip('/')}/sign-in/{name}/callback"

    async def _account(self, conn: Connection, attempt: Attempt, identity: Identity, address: str) -> _Found:
        """The account of an identity, made where there is none."""
        known = await accounts.find_by_external_id(conn, identity.subject)
        if known is None:
            name = attempt.username or suggested(identity.names, self._profanity)
            newcomer = Newcomer(name, address, attempt.invitation, attempt.provider, identity.subject)
            made = await self._registrar.add(conn, newcomer, self._registrar.check(newcomer), None)
            if made is not None:
                account_id, is_approved = made
                return _Found(account_id, is_new=True, is_approved=is_approved)
            known = await accounts.find_by_external_id(conn, identity.subject)
        if known is None:  # made by another sign-in at this moment, and taken back
            raise SignInFailed
        account_id, is_refused = known
        if is_refused:
            raise RegistrationRefused
        return _Found(account_id, is_new=False)


def _hash(text: str) -> bytes:
    """What is kept of a state or code: they are random and long."""
    return hashlib.sha256(text.encode()).digest()


def _fits(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None:
        return verifier is None
    if verifier is None:
        return False
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    return hmac.compare_digest(create_s256_code_challenge(verifier), challenge)
