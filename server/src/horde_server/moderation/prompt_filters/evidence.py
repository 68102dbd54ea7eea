"""Refused prompts kept for moderators, where the operator wants them: nothing is kept otherwise."""

from __future__ import annotations

from uuid import uuid4

import msgspec
import structlog

from horde_server.blobs.store import BlobStore, BlobStoreFailed
from horde_server.database.pool import Connection, Pool
from horde_server.identity.directory import Account
from horde_server.moderation.prompt_filters import store as filter_store
from horde_server.tasks.kind import Backoff, GiveUp, TaskKind, TryLater
from horde_server.tasks.queue import TaskQueue

log = structlog.get_logger(__name__)

_KEYS_PER_TASK = 500


class Removal(msgspec.Struct):
    """Prompts to remove, by their keys."""

    keys: list[str]


REMOVE = TaskKind("evidence.delete", Removal, Backoff(attempts=30))


class PromptEvidence:
    """Writes a JSON object a prompt (moderation.md §2.4), and removes those of accounts that are wiped."""

    def __init__(self, store: BlobStore | None, pool: Pool, tasks: TaskQueue) -> None:
        """`store`: where; None: nowhere."""
        self._store = store
        self._pool = pool
        self._tasks = tasks
        tasks.add(REMOVE, self._remove)

    async def keep(self, prompt: str, account: Account) -> None:
        """Keep who asked for what. A store that fails is logged, and changes no refusal."""
        if self._store is None:
            return
        key = f"{uuid4()}.json"
        if account.kind != "anonymous":  # first: what lies there without a row would outlive its account
            async with self._pool.connection() as conn:
                await filter_store.note_evidence(conn, key, account.id)
        try:
            await self._store.put(key, msgspec.json.encode({"prompt": prompt, "user": account.alias, "type": "regex"}))
        except BlobStoreFailed:
            log.error("prompt_filters.evidence_lost")

    async def forget(self, conn: Connection, account_id: int) -> None:
        """Have all prompts of an account removed, if the caller's transaction is committed."""
        keys = await filter_store.forget_evidence(conn, account_id)
        starts = range(0, len(keys), _KEYS_PER_TASK)
        await self._tasks.defer(conn, REMOVE, *(Removal(keys[start : start + _KEYS_PER_TASK]) for start in starts))

    async def _remove(self, removal: Removal) -> None:
        if self._store is None:
            raise GiveUp("the operator keeps no prompts any more")
        try:
            await self._store.delete(removal.keys)
        except BlobStoreFailed as failure:
            raise TryLater(failure.message) from failure
