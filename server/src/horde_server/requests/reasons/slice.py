"""Reasons, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from typing import Any, Final

from fastapi import APIRouter

from horde_server.core import Core
from horde_server.dispatch.slice import Dispatch
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.moderation.slice import Moderation
from horde_server.periodic import every
from horde_server.requests.image.slice import Images
from horde_server.requests.reasons.estimates import Estimates
from horde_server.requests.reasons.routes import routes
from horde_server.requests.reasons.service import FormsOf, Reasoning
from horde_server.requests.text.slice import Texts
from horde_server.slice import Slice

SAVE_EVERY_S: Final = 30.0


class Reasons(Slice):
    """Why requests of all kinds wait, and when they will be done."""

    def __init__(
        self,
        core: Core,
        identity: Identity,
        moderation: Moderation,
        dispatch: Dispatch,
        images: Images,
        texts: Texts,
        forms_of: FormsOf,
    ) -> None:
        """Of the kinds that are open by now."""
        self._images = images
        self._texts = texts
        self._door = identity.door
        self._estimates = Estimates(core.pool)
        for dispatcher in dispatch.dispatchers.values():
            self._estimates.attend(dispatcher)
        self.reasoning = Reasoning(core, dispatch, identity.accounts, moderation.modes, self._estimates, forms_of)

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """For everybody."""
        images, texts = self._images, self._texts
        return [routes(self.reasoning, images.desk, images.styling, texts.desk, texts.styling, self._door)]

    async def load(self) -> None:
        """How past estimates turned out."""
        await self._estimates.load()

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Store what was counted; each node its own."""
        return {"eta-outcomes": every(SAVE_EVERY_S, self._estimates.save)}
