"""What can never be delivered does not wait for ever."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from horde_server.blobs.folder import FolderStore
from horde_server.blobs.signing import ROUTE, UrlSigner
from horde_server.database.pool import Pool
from horde_server.webhooks.delivery import Deliveries, DeliveryTask
from horde_server.webhooks.hook import webhook_reach
from horde_server.webhooks.post import GuardedPoster
from horde_server.webhooks.receivers import Receivers


def deliveries(pool: Pool, folder: Path) -> Deliveries:
    def clock() -> float:
        return 1000.0

    store = FolderStore(folder, UrlSigner(b"secret", clock, ROUTE), clock)
    return Deliveries(pool, store, GuardedPoster(webhook_reach([])), Receivers(clock))


async def test_what_waited_for_two_days_is_given_up_and_the_rest_is_not(pool: Pool, tmp_path: Path) -> None:
    old, new = uuid4(), uuid4()
    async with pool.connection() as conn:
        for delivery_id, age in ((old, "49 hours"), (new, "47 hours")):
            await conn.execute(
                "INSERT INTO webhook_delivery (id, account_id, url, body, created_at)"
                " VALUES (%s, 0, 'https://example.org', '{}', now() - %s::interval)",
                (delivery_id, age),
            )
        made = deliveries(pool, tmp_path)
        await made.drop_old()
        rows = await (await conn.execute("SELECT id FROM webhook_delivery")).fetchall()
    assert rows == [(new,)]
    await made.deliver(DeliveryTask(old))  # the task of one that is given up has nothing to do
