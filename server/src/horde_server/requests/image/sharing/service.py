"""Sharing: who opted in has delivered images copied to a store where they stay, each beside its metadata.

Opt-in twice: the operator names a store, and the requester says `shared`. Never shared: what starts from somebody's
picture, what was censored, and what pupils asked for.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import structlog

from horde_server.blobs.choice import BlobStores, Purpose
from horde_server.blobs.store import BlobStore, BlobStoreFailed
from horde_server.database.pool import Connection, Pool
from horde_server.dispatch.held_jobs import HeldJob
from horde_server.errors import HordeError
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.sharing import store
from horde_server.requests.pictures.result_links import result_key
from horde_server.requests.pictures.retention import BlobRetention
from horde_server.tasks.kind import Backoff, GiveUp, NoArgs, TaskKind, TryLater
from horde_server.tasks.queue import TaskQueue

log = structlog.get_logger(__name__)

_USER_TYPES = {"anonymous": "anon", "pseudonymous": "pseudonymous", "registered": "oauth"}


class SharedImageNotFound(HordeError):
    """There is no shared image with this id: it was never shared, or somebody took it back."""

    status, rc = 404, "SharedImageNotFound"


class NotYourImage(HordeError):
    """Only a moderator, or who asked for the image, may take it back."""

    status, rc = 403, "NotModerator"


class Share(msgspec.Struct):
    """The image to copy, by its job."""

    job_id: UUID


SHARE = TaskKind("images.share", Share, Backoff(attempts=40))
"""Tried for more than a day; the result is kept as long."""
ABANDONED_AFTER_S = 3 * 86400.0
ABANDON = TaskKind("images.abandon", NoArgs, Backoff(attempts=3))


class SharedImages:
    """The images of this horde that are shared, or on their way."""

    def __init__(self, pool: Pool, stores: BlobStores, tasks: TaskQueue, retention: BlobRetention) -> None:
        self._pool = pool
        self._stores = stores
        self._tasks = tasks
        self._retention = retention
        tasks.add(SHARE, self._copy)
        tasks.every("41 * * * *", ABANDON, self._abandon)

    async def share(self, conn: Connection, job: HeldJob[ImageOrder], seed: int) -> None:
        """A job is delivered in the caller's transaction: its image is to be shared."""
        metadata = msgspec.json.encode(_metadata(job, seed)).decode()
        await store.add(conn, job.id, job.requester_id, metadata)
        await self._tasks.defer(conn, SHARE, Share(job.id))

    async def take_back(self, job_id: UUID, caller: Caller) -> None:
        """Remove a shared image for ever; also one that is still on its way."""
        account, is_moderator = caller.user, caller.may(Right.MODERATE)
        async with self._pool.connection() as conn, conn.transaction():
            owner_id = await store.owner_of(conn, job_id)
            if owner_id is None:
                raise SharedImageNotFound
            if not is_moderator and (account.kind == "anonymous" or account.id != owner_id):
                raise NotYourImage
            if not await store.remove(conn, job_id):
                raise SharedImageNotFound
            await self._retention.delete(conn, Purpose.SHARED, _keys(job_id))
        log.info("images.taken_back", job=str(job_id), by_moderator=is_moderator)

    async def take_back_all_of(self, conn: Connection, account_id: int) -> None:
        """Remove all that an account shares, in the caller's transaction."""
        keys = [key for job_id in await store.remove_all_of(conn, account_id) for key in _keys(job_id)]
        await self._retention.delete(conn, Purpose.SHARED, keys)

    async def _copy(self, share: Share) -> None:
        """Copy the image, then its metadata, then write down that both are there: done again, it does no harm."""
        shared = self._stores.shared
        if shared is None:
            raise GiveUp("the operator shares images no more")
        async with self._pool.connection() as conn:
            found = await store.find(conn, share.job_id)
        try:
            if found is None:  # taken back; an attempt of ours that died may have left something
                await shared.delete(_keys(share.job_id))
            elif found.metadata is not None:
                await self._copy_to(shared, share.job_id, found.metadata, _USER_TYPES[found.account_kind])
        except BlobStoreFailed as failure:
            raise TryLater(failure.message) from failure

    async def _copy_to(self, shared: BlobStore, job_id: UUID, metadata: dict[str, Any], user_type: str) -> None:
        image_key, metadata_key = keys = _keys(job_id)
        image = await self._stores.results.get(image_key)
        if image is None:
            await self._forget(job_id)
            raise GiveUp("the image is gone")
        await shared.put(image_key, image)
        await shared.put(metadata_key, msgspec.json.encode({**metadata, "user_type": user_type}))
        async with self._pool.connection() as conn:
            is_wanted = await store.has_arrived(conn, job_id)
        if not is_wanted:
            await shared.delete(keys)

    async def _forget(self, job_id: UUID) -> None:
        async with self._pool.connection() as conn, conn.transaction():
            await store.remove(conn, job_id)
            await self._retention.delete(conn, Purpose.SHARED, _keys(job_id))

    async def _abandon(self) -> None:
        async with self._pool.connection() as conn, conn.transaction():
            abandoned = await store.remove_abandoned(conn, ABANDONED_AFTER_S)
            half_copied = [key for job_id in abandoned for key in _keys(job_id)]
            await self._retention.delete(conn, Purpose.SHARED, half_copied)
        if abandoned:
            log.error("images.not_shared", images=len(abandoned))


def _keys(job_id: UUID) -> list[str]:
    return [result_key(job_id), f"{job_id}.json"]


def _metadata(job: HeldJob[ImageOrder], seed: int) -> dict[str, Any]:
    order = job.order
    return {
        "prompt": order.prompt,
        "width": order.width,
        "height": order.height,
        "steps": order.steps,
        "sampler": order.sampler_name,
        "cfg": order.cfg_scale,
        "karras": order.karras,
        "post_processing": order.post_processing,
        "set_id": str(job.request_id),
        "seed": seed,
        "model": job.model,
        "censored": False,
    }
