"""What dialects have alchemists do: tell what a picture shows, enlarge it, mend faces; one form at a time."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

from starlette.requests import ClientDisconnect

from horde_server.blobs.store import BlobStore
from horde_server.dispatch.ids import RequestId
from horde_server.errors import RequestNotFound
from horde_server.gateway.common.errors import Faulted, NoWorker, RequestGone, Restarting, TimedOut
from horde_server.identity.caller import Caller
from horde_server.requests.alchemy.desk import AlchemyDesk
from horde_server.requests.alchemy.order import Interrogation, WishedForm
from horde_server.requests.alchemy.states import FormState, form_state
from horde_server.requests.alchemy.store import FormRow
from horde_server.requests.asked import Asked, GivenPictures
from horde_server.requests.following import StreamPlaces
from horde_server.requests.pictures.result_links import result_key
from horde_server.requests.waiting import Receive, Waiting
from horde_server.settings import Settings

_LOOK_S: Final = 5.0
_NOBODY: Final = "No alchemist online does {form}."


class Alchemists:
    """Takes forms to the desk and waits for them."""

    def __init__(
        self, settings: Settings, desk: AlchemyDesk, waiting: Waiting, places: StreamPlaces, blobs: BlobStore
    ) -> None:
        self._settings = settings
        self._desk = desk
        self._waiting = waiting
        self._places = places
        self._blobs = blobs

    async def told(self, caller: Caller, image: str, form: str, receive: Receive) -> dict[str, Any]:
        """What a form tells of a picture in base64 or at an address: an object by the form's own words.

        Raises what the desk raises, `NoWorker`, `TimedOut`, `Faulted`, `RequestGone`, `Restarting`; `ClientDisconnect`
        for a client that has gone, whose form is cancelled.
        """
        row = await self._done(caller, image, form, receive)
        found = json.loads(row.result or "{}")
        return found if isinstance(found, dict) else {}

    async def picture(self, caller: Caller, image: str, form: str, receive: Receive) -> bytes:
        """The picture that a form makes of another, as WebP. Raises as `told`."""
        row = await self._done(caller, image, form, receive)
        data = await self._blobs.get(result_key(row.job_id)) if row.job_id is not None else None
        if data is None:
            raise RequestGone
        return data

    async def ask(self, caller: Caller, image: str, form: str) -> RequestId:
        """Ask for a form without waiting for it; the id of its interrogation. Raises what the desk raises."""
        asked = Asked(order=Interrogation((WishedForm(form),)), pictures=GivenPictures(image=image))
        return (await self._desk.submit(asked, caller)).id

    async def knows(self, interrogation_id: RequestId) -> bool:
        """Whether there is such an interrogation."""
        try:
            await self._desk.forms(interrogation_id)
        except RequestNotFound:
            return False
        return True

    async def cancel(self, interrogation_id: RequestId) -> None:
        """Nobody wants it any more."""
        await self._desk.cancel(interrogation_id)

    async def done(self, interrogation_id: RequestId, caller: Caller, receive: Receive) -> FormRow:
        """Its first form, once it is done; nothing is cancelled. Raises as `told`."""
        with self._places.place(caller.address), self._waiting.watch((interrogation_id,), receive) as watch:
            clock = asyncio.get_running_loop().time
            began_s, hopeless_since_s = clock(), None
            while True:
                row = (await self._rows(interrogation_id))[0]
                match form_state(row.state, waiting=row.waiting, finished=row.finished):
                    case FormState.DONE:
                        return row
                    case FormState.FAULTED:
                        raise Faulted
                    case FormState.CANCELLED:
                        raise RequestGone
                now = clock()
                hopeless_since_s = None if self._desk.is_possible([row]) else hopeless_since_s or now
                if hopeless_since_s is not None and now - hopeless_since_s >= self._patience_s():
                    raise NoWorker(_NOBODY.format(form=row.form))
                if now - began_s > self._settings.gateway_max_wait_s:
                    raise TimedOut
                if watch.is_over:
                    raise ClientDisconnect
                if watch.is_stopping:
                    raise Restarting
                await watch.come(min(_LOOK_S, max(self._patience_s(), 0.05)))

    async def _done(self, caller: Caller, image: str, form: str, receive: Receive) -> FormRow:
        """The form that is asked for, once it is done; cancelled where that is not to be."""
        interrogation_id = await self.ask(caller, image, form)
        is_done = False
        try:
            row = await self.done(interrogation_id, caller, receive)
            is_done = True
            return row
        finally:
            if not is_done:
                await self._desk.cancel(interrogation_id)

    async def _rows(self, interrogation_id: RequestId) -> list[FormRow]:
        try:
            return await self._desk.forms(interrogation_id)
        except RequestNotFound:
            raise RequestGone from None

    def _patience_s(self) -> float:
        most_s = self._settings.gateway_hopeless_s
        return most_s if most_s >= 0 else self._settings.gateway_max_wait_s
