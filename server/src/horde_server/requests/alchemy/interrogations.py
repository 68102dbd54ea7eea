"""What becomes of an interrogation: its status, cancellation and end (alchemy.md §4, §5, §8)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec

from horde_server.database.pool import Pool
from horde_server.dispatch.mirror import Mirror
from horde_server.errors import RequestNotFound
from horde_server.requests.alchemy import store
from horde_server.requests.alchemy.forms import is_image_form
from horde_server.requests.alchemy.states import form_state, overall_state
from horde_server.requests.alchemy.store import FormRow
from horde_server.requests.alchemy.submissions import FormSubmissions
from horde_server.requests.image.results import UPLOADED
from horde_server.requests.pictures.result_links import result_key
from horde_server.requests.pictures.retention import BlobRetention, Released
from horde_server.requests.pictures.source_images import image_key

SignedLink = Callable[[str], Awaitable[str]]
"""Where the picture of a key is to be had for a while."""


class Interrogations:
    """See the module."""

    def __init__(self, pool: Pool, mirror: Mirror, submissions: FormSubmissions, retention: BlobRetention) -> None:
        self._pool = pool
        self._mirror = mirror
        self._submissions = submissions
        self._retention = retention

    async def status(self, interrogation_id: UUID, link: SignedLink) -> dict[str, Any]:
        """The body of the answer; pictures by links signed now. Raises `RequestNotFound`."""
        async with self._pool.connection() as conn:
            rows = await store.find_forms(conn, interrogation_id)
        if not rows:
            raise RequestNotFound
        forms = [await _form_body(row, link) for row in rows]
        return {"state": overall_state([form["state"] for form in forms]), "forms": forms}

    async def cancel(self, interrogation_id: UUID, link: SignedLink) -> dict[str, Any]:
        """Cancel what is not done, free of charge what waits, paid in full what is processed; the status after that.

        First nothing is handed out any more, then what is in hands is settled, each form by one guarded statement: to
        ask again, or to be killed in between, pays nobody twice.
        """
        async with self._pool.connection() as conn:
            cancelled = await store.cancel_forms(conn, interrogation_id)
            processing = await store.find_processing(conn, interrogation_id)
        for state in cancelled:
            self._mirror.changed(state)
        for job_id, owner_trusted in processing:
            await self._submissions.settle_cancelled(job_id, owner_trusted=owner_trusted)
        return await self.status(interrogation_id, link)

    async def remove_expired(self) -> None:
        """Forget interrogations that expired, with their forms and pictures. Any node may do it."""
        async with self._pool.connection() as conn:
            if not await store.any_expired(conn):
                return
            async with conn.transaction():
                expired = await store.delete_expired(conn)
                await self._retention.release(
                    conn,
                    [Released([image_key(each.id)], list(map(result_key, each.image_job_ids))) for each in expired],
                )
        self._mirror.removed(form_id for each in expired for form_id in each.form_ids)


async def _form_body(row: FormRow, link: SignedLink) -> dict[str, Any]:
    state = form_state(row.state, waiting=row.waiting, finished=row.finished)
    body: dict[str, Any] = {"form": row.form, "state": state}
    if state != "done" or row.result is None or row.job_id is None:
        return body
    result = row.result
    if is_image_form(row.form):
        told: dict[str, Any] = json.loads(result)
        address = await link(result_key(row.job_id))
        result = json.dumps({name: address if value == UPLOADED else value for name, value in told.items()})
    if result != "{}":
        body["result"] = msgspec.Raw(result.encode())
    return body
