"""What becomes of an interrogation: its cancellation and its end (alchemy.md §5, §8)."""

from __future__ import annotations

from uuid import UUID

from horde_server.database.pool import Pool
from horde_server.dispatch.mirror import Mirror
from horde_server.requests.alchemy import store
from horde_server.requests.alchemy.submissions import FormSubmissions
from horde_server.requests.pictures.result_links import result_key
from horde_server.requests.pictures.retention import BlobRetention, Released
from horde_server.requests.pictures.source_images import image_key


class Interrogations:
    """Ends interrogations: the forms of one end together."""

    def __init__(self, pool: Pool, mirror: Mirror, submissions: FormSubmissions, retention: BlobRetention) -> None:
        self._pool = pool
        self._mirror = mirror
        self._submissions = submissions
        self._retention = retention

    async def cancel(self, interrogation_id: UUID) -> None:
        """Cancel what is not done, free of charge what waits, paid in full what is processed.

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
