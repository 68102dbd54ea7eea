"""The status of an interrogation: how far each form is, with what was delivered so far (alchemy.md §4)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from horde_server.database.pool import Pool
from horde_server.dispatch.ids import RequestId
from horde_server.errors import RequestNotFound
from horde_server.http.etags import tag_of
from horde_server.requests.alchemy import store
from horde_server.requests.alchemy.states import FormState, form_state, overall_state
from horde_server.requests.alchemy.store import FormRow
from horde_server.requests.alchemy.vocabulary import is_image_form
from horde_server.requests.image.results import UPLOADED
from horde_server.requests.pictures.result_links import ResultLinks, result_key


class FormStatus(msgspec.Struct):
    """A form, by the names of the API. `result`: an object, once there is one."""

    form: str
    state: FormState
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class InterrogationStatus(msgspec.Struct):
    """How far an interrogation is, its forms as they were asked for."""

    state: FormState
    forms: list[FormStatus]


def status_tag(states: Iterable[FormState]) -> bytes:
    """The tag of a status whose forms, in their order, are so far: results come with their states."""
    return tag_of(",".join(states).encode())


class InterrogationStatuses:
    """Tells requesters what their interrogations have brought."""

    def __init__(self, *, pool: Pool, links: ResultLinks) -> None:
        self._pool = pool
        self._links = links

    async def look(self, interrogation_id: RequestId) -> InterrogationStatus:
        """The states alone. Raises `RequestNotFound`."""
        return _status([_form(row) for row in await self.rows(interrogation_id)])

    async def form_ids(self, interrogation_id: RequestId) -> list[RequestId]:
        """The requests of its forms. Raises `RequestNotFound`."""
        return [row.id for row in await self.rows(interrogation_id)]

    async def form_states(self, interrogation_id: RequestId) -> dict[RequestId, FormState]:
        """The states of its forms by their requests, in their order. Raises `RequestNotFound`."""
        return {row.id: _form(row).state for row in await self.rows(interrogation_id)}

    async def of(self, interrogation_id: RequestId, base_url: str) -> InterrogationStatus:
        """The status now, with results; links begin with `base_url`. Raises `RequestNotFound`."""
        return _status([await self._told(row, base_url) for row in await self.rows(interrogation_id)])

    async def rows(self, interrogation_id: RequestId) -> list[FormRow]:
        """Its forms as they stand. Raises `RequestNotFound`."""
        async with self._pool.connection() as conn:
            rows = await store.find_forms(conn, interrogation_id)
        if not rows:
            raise RequestNotFound
        return rows

    async def _told(self, row: FormRow, base_url: str) -> FormStatus:
        status = _form(row)
        if status.state is not FormState.DONE or row.result is None or row.job_id is None:
            return status
        result = row.result
        if is_image_form(row.form):
            told: dict[str, Any] = json.loads(result)
            address = await self._links.download(result_key(row.job_id), base_url)
            result = json.dumps({name: address if value == UPLOADED else value for name, value in told.items()})
        if result != "{}":
            status.result = msgspec.Raw(result.encode())
        return status


def _form(row: FormRow) -> FormStatus:
    return FormStatus(row.form, form_state(row.state, waiting=row.waiting, finished=row.finished))


def _status(forms: list[FormStatus]) -> InterrogationStatus:
    return InterrogationStatus(overall_state([form.state for form in forms]), forms)
