"""New users, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from typing import Any, Final

from fastapi import APIRouter

from horde_server.core import Core
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.moderation.slice import Moderation
from horde_server.periodic import every
from horde_server.registration.approvals.routes import routes as approval_routes
from horde_server.registration.approvals.service import Approvals
from horde_server.registration.invitations.routes import routes as invitation_routes
from horde_server.registration.invitations.service import InvitationBoard
from horde_server.registration.registrar import Registrar
from horde_server.registration.routes import routes
from horde_server.registration.secrets import secret_for
from horde_server.registration.sign_in.providers import providers_of
from horde_server.registration.sign_in.routes import routes as sign_in_routes
from horde_server.registration.sign_in.service import SignIns
from horde_server.slice import Slice

_SWEEP_EVERY_S: Final = 600.0


class Registration(Slice):
    """Lets people in."""

    def __init__(self, core: Core, identity: Identity, moderation: Moderation) -> None:
        self._core = core
        self._door = identity.door
        self._providers = providers_of(core.settings.sign_in_providers)
        self.registrar = Registrar(
            core,
            moderation.modes,
            moderation.addresses,
            moderation.profanity,
            secret_for("addresses of registrations", core.api_key_salt),
        )
        self.invitations = InvitationBoard(core.pool, core.api_key_salt)
        self.approvals = Approvals(core)
        self.sign_ins = SignIns(core, self.registrar, moderation.profanity, self._providers)

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Registration and sign-in; for moderators invitations and approvals."""
        settings = self._core.settings
        yield from routes(self.registrar, [each.told() for each in self._providers.values()])
        yield invitation_routes(self.invitations, self._door)
        yield approval_routes(self.approvals, self._door)
        cookie_secret = secret_for("cookies of sign-ins", self._core.api_key_salt)
        yield from sign_in_routes(self.sign_ins, cookie_secret, (settings.url or "").rstrip("/"), self._core.clock)

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Forget addresses, codes and invitations that count no more."""

        async def sweep() -> None:
            await self.registrar.forget_addresses()
            await self.sign_ins.forget_old()
            await self.invitations.forget_old()

        return {"registration-sweep": every(_SWEEP_EVERY_S, sweep)}
