"""What becomes of an interrogation: its cancellation and its end (alchemy.md §5, §8)."""

from __future__ import annotations

from horde_server.database.pool import Pool
from horde_server.dispatch.announcement_store import AskedTogether
from horde_server.dispatch.announcements import Announcements
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.mirror import Mirror
from horde_server.requests.alchemy import store
from horde_server.requests.alchemy.submissions import FormSubmissions
from horde_server.requests.pictures.result_links import result_key
from horde_server.requests.pictures.retention import BlobRetention, Released
from horde_server.requests.pictures.source_images import image_key


class Interrogations:
    """Ends interrogations: the forms of one end together."""

    def __init__(
        self,
        pool: Pool,
        mirror: Mirror,
        announcements: Announcements,
        submissions: FormSubmissions,
        retention: BlobRetention,
    ) -> None:
        self._pool = pool
        self._mirror = mirror
        self._announcements = announcements
        self._submissions = submissions
        self._retention = retention

    async def cancel(self, interrogation_id: RequestId) -> None:
        """Cancel what is not done, free of charge what waits, paid in full what is processed.

        First nothing is handed out any more, then what is in hands is settled, each form by one guarded statement: to
        ask again, or to be killed in between, pays nobody twice.
        """
        async with self._pool.connection() as conn:
            async with conn.transaction():
                cancelled = await store.cancel_forms(conn, interrogation_id)
                await self._announcements.changed(conn, cancelled)
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
                expired = await store.lock_expired(conn)
                to_tell = [AskedTogether(each.id, each.account_id, each.webhook) for each in expired if each.webhook]
                await self._announcements.interrogations_expire(conn, to_tell)
                removed = await store.delete(conn, [each.id for each in expired])
                await self._retention.release(
                    conn,
                    [Released([image_key(each.id)], list(map(result_key, each.image_job_ids))) for each in removed],
                )
        self._mirror.removed(form_id for each in removed for form_id in each.form_ids)
