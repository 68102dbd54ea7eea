"""News, documents and service info, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fastapi import APIRouter

from horde_server.content.changes import TOPIC
from horde_server.content.routes import administration_routes, routes, service_routes
from horde_server.content.service import Content
from horde_server.core import Core
from horde_server.http.hot_routes import HotRoutes
from horde_server.http.public_address import PublicAddress
from horde_server.identity.slice import Identity
from horde_server.slice import Heard, Slice


class WhatTheHordeTells(Slice):
    """News, terms, privacy, sponsors."""

    def __init__(self, core: Core, identity: Identity) -> None:
        self._settings = core.settings
        self._door = identity.door
        self._public_address = PublicAddress(core.settings.url, core.clients.scheme)
        self._content = Content(core.pool, core.settings, core.announce)

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """For everybody, and for administrators."""
        return [
            routes(self._content),
            administration_routes(self._content, self._door),
            service_routes(self._settings, self._public_address),
        ]

    def notices(self) -> Mapping[str, Heard]:
        """What another node, or the command line, changed."""

        async def content_changed(_: list[str]) -> None:
            await self._content.reload()

        return {TOPIC: content_changed}

    async def reload(self) -> None:
        """What database and files say."""
        await self._content.reload()
