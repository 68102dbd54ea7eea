"""Changing and deleting a worker (workers.md §11.4): every right is checked first, then all is applied together."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import structlog
from psycopg.errors import UniqueViolation

from horde_server.database.pool import Connection, Pool
from horde_server.dispatch.mirror import Mirror
from horde_server.errors import HordeError, InvalidAPIKey, NotModerator, WorkerNotFound
from horde_server.identity.directory import Account
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.workers import store
from horde_server.workers.check_in import cleaned_text
from horde_server.workers.directory import WorkerDirectory
from horde_server.workers.onboarding import TooLongWorkerName, refuse_name
from horde_server.workers.schemas import WorkerChange
from horde_server.workers.store import ManagedWorker

log = structlog.get_logger(__name__)

_FIELDS = frozenset({"maintenance", "paused", "info", "name", "team"})
_BY_OWNER = frozenset({"maintenance", "info"})
NO_TEAM = "None"
"""How the original names the team of a worker that has none."""
MOST_INFO_CHARACTERS = 1000


class NotOwner(HordeError):
    """Only the worker's owner or a moderator may do this."""

    status, rc = 403, "NotOwner"


class NoWorkerModSelected(HordeError):
    """Name at least one field to change: maintenance, paused, info, name or team."""

    rc = "NoWorkerModSelected"


class ProfaneWorkerInfo(HordeError):
    """This worker info contains inappropriate language: write another text."""

    rc = "ProfaneWorkerInfo"


class WorkerNameAlreadyExists(HordeError):
    """Another worker has this name already: choose another name."""

    rc = "WorkerNameAlreadyExists"


class TeamNotFound(HordeError):
    """There is no such team."""

    status, rc = 404, "TeamNotFound"


class WorkerManagement:
    """Changes workers, here and, by notice, on every node."""

    def __init__(
        self,
        pool: Pool,
        workers: WorkerDirectory,
        mirror: Mirror,
        profanity: ProfanityFilter,
        admin_ids: Collection[int],
    ) -> None:
        self._pool = pool
        self._workers = workers
        self._mirror = mirror
        self._profanity = profanity
        self._admin_ids = admin_ids

    async def change(self, worker_id: UUID | None, change: WorkerChange, caller: Account | None) -> dict[str, Any]:
        """Apply a change; the new values of what was changed. A refused change changes nothing."""
        asked = _FIELDS.intersection(change.model_fields_set)
        async with self._pool.connection() as conn:
            worker, account = await self._find(conn, worker_id, caller)
            self._check_rights(asked, worker, account)
            columns = self._new_values(change, asked)
            if "name" in columns and await store.is_imitation(conn, columns["name"], worker.account_id):
                raise WorkerNameAlreadyExists
            try:
                if columns and not await store.change_worker(conn, worker.id, columns):
                    raise WorkerNotFound
            except UniqueViolation:
                raise WorkerNameAlreadyExists from None
        await self._workers.changed([worker.id])
        return {name: columns.get(name, NO_TEAM) for name in _FIELDS if name in asked}

    async def delete(self, worker_id: UUID | None, caller: Account | None) -> ManagedWorker:
        """Remove a worker. What it was working on goes back to the queue; what it delivered stays."""
        async with self._pool.connection() as conn:
            worker, account = await self._find(conn, worker_id, caller)
            if account.id != worker.account_id and not self._is_moderator(account):
                raise NotModerator("Only the worker's owner or a moderator may delete it.")
            async with conn.transaction():
                returned = await self._mirror.take_back(conn, worker.id)
                if not await store.delete_worker(conn, worker.id):
                    raise WorkerNotFound
        await self._workers.changed([worker.id])
        for state in returned:
            self._mirror.changed(state)
        log.info("workers.deleted", worker=str(worker.id), returned_requests=len(returned))
        return worker

    @staticmethod
    async def _find(conn: Connection, worker_id: UUID | None, caller: Account | None) -> tuple[ManagedWorker, Account]:
        worker = await store.find_managed(conn, worker_id) if worker_id else None
        if worker is None:
            raise WorkerNotFound
        if caller is None:
            raise InvalidAPIKey
        return worker, caller

    def _is_moderator(self, account: Account) -> bool:
        return account.moderator or account.id in self._admin_ids

    def _check_rights(self, asked: frozenset[str], worker: ManagedWorker, account: Account) -> None:
        if not asked:
            raise NoWorkerModSelected
        if self._is_moderator(account):
            return
        if account.id != worker.account_id:
            raise NotOwner if asked & _BY_OWNER else NotModerator
        if "paused" in asked:
            raise NotModerator

    def _new_values(self, change: WorkerChange, asked: frozenset[str]) -> dict[str, Any]:
        """The columns to set."""
        columns: dict[str, Any] = {}
        if "maintenance" in asked:
            columns["maintenance"] = change.maintenance
            message = cleaned_text(change.maintenance_msg)[:300] if change.maintenance else ""
            columns["maintenance_msg"] = message or None
        if "paused" in asked:
            columns["paused"] = change.paused
        if "info" in asked:
            columns["info"] = cleaned_text(change.info)
            if self._profanity.is_profane(columns["info"]):
                raise ProfaneWorkerInfo
            if len(columns["info"]) > MOST_INFO_CHARACTERS:  # with its markup escaped
                raise TooLongWorkerName("A worker's info has at most 1000 characters.")
        if "name" in asked:
            columns["name"] = cleaned_text(change.name)
            refuse_name(columns["name"], self._profanity)
        if "team" in asked and change.team:
            raise TeamNotFound
        return columns
