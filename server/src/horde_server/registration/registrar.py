"""The registrar: makes accounts for those who come by themselves, where the horde is set to take them.

Limits and invitations are counted in the transaction that makes the account, so that they hold for registrations at
the same moment, on all nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import structlog

from horde_server.accounts.creation import adjust_kudos
from horde_server.audit.trail import HORDE, record, subject
from horde_server.core import Core
from horde_server.database.pool import Connection
from horde_server.identity.keys import key_hash, new_api_key
from horde_server.moderation.addresses.timeouts import AddressTimeouts
from horde_server.moderation.modes import Modes
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.registration import store
from horde_server.registration.addresses import whence
from horde_server.registration.grants import Grants
from horde_server.registration.invitations import store as invitations
from horde_server.registration.invitations.codes import hash_of_code
from horde_server.registration.refusals import (
    InvitationInvalid,
    InvitationNeeded,
    RegistrationClosed,
    RegistrationPaused,
    TooManyRegistrations,
)
from horde_server.registration.usernames import LEAST, MOST, accepted
from horde_server.settings import RegistrationMode

log = structlog.get_logger(__name__)

PSEUDONYMOUS: Final = "pseudonymous"
"""The way of who comes with nothing but a name."""
SITE_FACTOR: Final = 3
"""How many households' worth of accounts come from one network."""


@dataclass(frozen=True, slots=True)
class Registered:
    """An account just made. The key is shown once and not kept."""

    id: int
    username: str
    api_key: str
    is_approved: bool

    @property
    def alias(self) -> str:
        """The unique name: `username#id`."""
        return f"{self.username}#{self.id}"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who wants an account."""

    username: str
    address: str
    invitation: str | None = None
    way: str = PSEUDONYMOUS
    external_id: str | None = None
    """Whom a provider vouches for; None: nobody does."""


class Registrar:
    """Makes accounts."""

    def __init__(
        self, core: Core, modes: Modes, timeouts: AddressTimeouts, profanity: ProfanityFilter, address_secret: bytes
    ) -> None:
        """`address_secret`: what addresses are hashed with."""
        self._core = core
        self._modes = modes
        self._timeouts = timeouts
        self._profanity = profanity
        self._address_secret = address_secret

    @property
    def mode(self) -> RegistrationMode:
        """Who may register."""
        return self._core.settings.registration_mode

    def why_not(self) -> str | None:
        """Why nobody registers with a name alone now; None: somebody may."""
        if self.mode is RegistrationMode.CLOSED:
            return RegistrationClosed().message
        return RegistrationPaused().message if self._modes.raid else None

    def terms(self) -> dict[str, object]:
        """What pages and programs tell people before they register."""
        settings = self._core.settings
        return {
            "mode": self.mode.value,
            "pseudonymous": self.why_not() is None,
            "why_not": self.why_not() or "",
            "invitation_needed": self.mode is RegistrationMode.INVITATION,
            "approval_needed": self.mode is RegistrationMode.APPROVAL,
            "username_least": LEAST,
            "username_most": MOST,
            "per_hour": settings.registrations_per_hour,
            "per_day": settings.registrations_per_day,
        }

    def check(self, newcomer: Newcomer) -> str:
        """The name as it is kept, of somebody whom nothing refuses that is known without the database."""
        self._timeouts.refuse(newcomer.address)
        if self.mode is RegistrationMode.CLOSED:
            raise RegistrationClosed
        if self._modes.raid and newcomer.external_id is None:
            raise RegistrationPaused
        if self.mode is RegistrationMode.INVITATION and not newcomer.invitation:
            raise InvitationNeeded
        return self.check_name(newcomer.username)

    def check_name(self, name: str) -> str:
        """A name as it is kept. Raises `InvalidPayload` or `ProfaneUserName`."""
        return accepted(name, self._profanity)

    async def register(self, newcomer: Newcomer) -> Registered:
        """Make an account and its key."""
        username = self.check(newcomer)
        key = new_api_key()
        async with self._core.pool.connection() as conn, conn.transaction():
            made = await self.add(conn, newcomer, username, key_hash(self._core.api_key_salt, key))
            assert made is not None  # nobody else has its random `external_id`
            account_id, is_approved = made
        await self.made(account_id, newcomer.way, is_approved=is_approved)
        return Registered(account_id, username, key, is_approved)

    async def made(self, account_id: int, way: str, *, is_approved: bool) -> None:
        """Tell of an account that is there since a moment."""
        log.info("registration.made", account=account_id, way=way, approved=is_approved)
        await self.announce(account_id)

    async def announce(self, account_id: int) -> None:
        """Let all nodes know of an account that is there now, or was changed."""
        await self._core.announce("account", [str(account_id)])

    async def add(
        self, conn: Connection, newcomer: Newcomer, username: str, hashed_key: bytes | None
    ) -> tuple[int, bool] | None:
        """Store the account in the caller's transaction: its number, and whether it is approved.

        None where there is one of this `external_id` already: then nothing is used up.
        """
        async with conn.transaction():
            found = await self._invitation(conn, newcomer) if newcomer.invitation else None
            grants = found.grants if found else Grants()
            is_approved = found is not None or self.mode is not RegistrationMode.APPROVAL
            counted = None
            if found is None and (
                self._core.settings.registrations_per_hour or self._core.settings.registrations_per_day
            ):
                counted = whence(self._address_secret, newcomer.address)
                await store.lock_site(conn, counted)
                self._check_limits(await store.recent(conn, counted))
            account_id = await store.add_account(
                conn,
                username,
                kind="registered" if newcomer.external_id else PSEUDONYMOUS,
                external_id=newcomer.external_id or str(uuid4()),
                key_hash=hashed_key,
                is_approved=is_approved,
                grants=grants,
            )
            if account_id is None:
                if found is not None:
                    await invitations.give_back(conn, found.id)
                return None
            await store.add_registration(
                conn,
                account_id,
                way=newcomer.way,
                invitation_id=found.id if found else None,
                waits=not is_approved,
                counted=counted,
            )
            if grants.kudos:
                await adjust_kudos(conn, account_id, grants.kudos * 100)
            if found is not None and grants.told():
                told = {**grants.told(), "invitation": str(found.id)}
                await record(
                    conn, HORDE, "account.register", subject("account", account_id), new=told, concerns=account_id
                )
        return account_id, is_approved

    async def _invitation(self, conn: Connection, newcomer: Newcomer) -> invitations.Used:
        code_hash = hash_of_code(self._core.api_key_salt, newcomer.invitation or "")
        found = await invitations.use(conn, code_hash) if code_hash is not None else None
        if found is None:
            raise InvitationInvalid
        return found

    def _check_limits(self, recent: store.Recent) -> None:
        per_hour, per_day = self._core.settings.registrations_per_hour, self._core.settings.registrations_per_day
        if per_day and (recent.household_day >= per_day or recent.site_day >= SITE_FACTOR * per_day):
            raise TooManyRegistrations(recent.day_left_s)
        if per_hour and (recent.household_hour >= per_hour or recent.site_hour >= SITE_FACTOR * per_hour):
            raise TooManyRegistrations(recent.hour_left_s)

    async def forget_addresses(self) -> None:
        """Empty what is kept of addresses once it counts no more."""
        async with self._core.pool.connection() as conn:
            await store.forget_addresses(conn)
