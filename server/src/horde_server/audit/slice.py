"""The audit trail's reading and undoing, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from horde_server.audit.routes import routes
from horde_server.audit.service import AuditTrail
from horde_server.audit.undo import Undoers
from horde_server.core import Core
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.slice import Slice


class Audit(Slice):
    """Who changed what that needs a right."""

    def __init__(self, core: Core, identity: Identity, undoers: Undoers) -> None:
        self._trail = AuditTrail(core, undoers)
        self._door = identity.door

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """All entries for moderators, one's own for everybody."""
        return [routes(self._trail, self._door)]
