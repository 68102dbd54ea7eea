"""Changes and deletion of a worker (workers.md §11): every right is checked first, then all is applied together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog
from psycopg.errors import ForeignKeyViolation, UniqueViolation

from horde_server.audit.trail import actor_of, changed, record, subject
from horde_server.database.pool import Connection, Pool
from horde_server.dispatch.mirror import Mirror
from horde_server.errors import BadRequest, HordeError, NotModerator, TeamNotFound, WorkerNotFound
from horde_server.http.networks import Network, household_of, parse_network
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.moderation.bans.service import Bans, compared_name
from horde_server.moderation.bans.store import Banned
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.workers import store
from horde_server.workers.check_in import cleaned_text, parse_worker_id
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


class BanBy(StrEnum):
    """What a ban goes by that comes with a worker's deletion."""

    OWNER = "owner"
    NAME = "name"
    ADDRESS = "address"


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


class WorkerManagement:
    """Changes workers, here and, by notice, on every node."""

    def __init__(
        self,
        pool: Pool,
        workers: WorkerDirectory,
        mirror: Mirror,
        profanity: ProfanityFilter,
        bans: Bans,
    ) -> None:
        self._pool = pool
        self._workers = workers
        self._mirror = mirror
        self._profanity = profanity
        self._bans = bans

    async def change(self, worker_id: UUID | None, change: WorkerChange, caller: Caller) -> dict[str, Any]:
        """Apply a change; the new values of what was changed. A refused change changes nothing."""
        asked = _FIELDS.intersection(change.model_fields_set)
        async with self._pool.connection() as conn:
            worker = await self._find(conn, worker_id)
            self._check_rights(asked, worker, caller)
            columns = self._new_values(change, asked)
            answer = {name: columns[name] for name in _FIELDS & columns.keys()}
            if change.paused and "paused" in asked:
                columns["paused_reason"] = caller.reason
            if "team" in asked:
                columns["team_id"], answer["team"] = await self._team(conn, change.team)
            if "name" in columns and await store.is_imitation(conn, columns["name"], worker.account_id):
                raise WorkerNameAlreadyExists
            try:
                async with conn.transaction():
                    await _change(conn, worker.id, columns, caller)
            except UniqueViolation:
                raise WorkerNameAlreadyExists from None
            except ForeignKeyViolation:  # the team was deleted a moment ago
                raise TeamNotFound from None
        await self._workers.changed([worker.id])
        return answer

    async def delete(
        self, worker_id: UUID | None, caller: Caller, ban: Collection[BanBy] = (), ban_s: int | None = None
    ) -> ManagedWorker:
        """Remove a worker. What it was working on goes back to the queue; what it delivered stays.

        A moderator may `ban` its owner, its name or its address in the same transaction, for `ban_s` or for good.
        """
        async with self._pool.connection() as conn:
            worker = await self._find(conn, worker_id)
            if caller.user.id != worker.account_id and not caller.may(Right.MODERATE):
                raise NotModerator("Only the worker's owner or a moderator may delete it.")
            if ban:
                caller.check(Right.MODERATE)
            actor = actor_of(caller)
            async with conn.transaction():
                returned = await self._mirror.take_back(conn, worker.id)
                if not await store.delete_worker(conn, worker.id):
                    raise WorkerNotFound
                gone = {"name": worker.name, "kind": worker.kind, "account": worker.account_id}
                of = subject("worker", worker.id)
                await record(conn, actor, "worker.delete", of, old=gone, concerns=worker.account_id)
                banned = [
                    await self._bans.add(conn, _banned(worker, by), reason=caller.reason, seconds=ban_s, actor=actor)
                    for by in ban
                ]
        await self._bans.changed(banned)
        await self._workers.changed([worker.id])
        self._mirror.taken_back(returned)
        log.info("workers.deleted", worker=str(worker.id), returned_requests=len(returned.states))
        return worker

    async def address_of(self, worker_id: UUID | None) -> Network:
        """The address that a worker popped from last; of IPv6 its /64."""
        async with self._pool.connection() as conn:
            worker = await store.find_managed(conn, worker_id) if worker_id else None
        if worker is None:
            raise WorkerNotFound
        return _household_of(worker)

    @staticmethod
    async def _find(conn: Connection, worker_id: UUID | None) -> ManagedWorker:
        worker = await store.find_managed(conn, worker_id) if worker_id else None
        if worker is None:
            raise WorkerNotFound
        return worker

    @staticmethod
    def _check_rights(asked: frozenset[str], worker: ManagedWorker, caller: Caller) -> None:
        account = caller.user
        if not asked:
            raise NoWorkerModSelected
        if caller.may(Right.MODERATE):
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
            columns["paused"], columns["paused_reason"] = change.paused, None
        if "info" in asked:
            columns["info"] = cleaned_text(change.info)
            if self._profanity.is_profane(columns["info"]):
                raise ProfaneWorkerInfo
            if len(columns["info"]) > MOST_INFO_CHARACTERS:  # with its markup escaped
                raise TooLongWorkerName("A worker's info has at most 1000 characters.")
        if "name" in asked:
            columns["name"] = cleaned_text(change.name)
            refuse_name(columns["name"], self._profanity)
        return columns

    @staticmethod
    async def _team(conn: Connection, text: str) -> tuple[UUID | None, str]:
        """The id and name of the team that is wished for: none, where the text is empty."""
        if not text:
            return None, NO_TEAM
        team_id = parse_worker_id(text)
        name = await store.name_of_team(conn, team_id) if team_id else None
        if name is None:
            raise TeamNotFound
        return team_id, name


async def _change(conn: Connection, worker_id: UUID, columns: Mapping[str, Any], caller: Caller) -> None:
    """Set columns of a worker and record it, within the caller's transaction. Raises `WorkerNotFound`."""
    before = await store.lock_managed(conn, worker_id)
    if before is None:
        raise WorkerNotFound
    known = before.values()
    after = {name: str(value) if isinstance(value, UUID) else value for name, value in columns.items()}
    old, new = changed(known, {**known, **after})
    if not new:
        return
    await store.change_worker(conn, worker_id, columns)
    of = subject("worker", worker_id)
    await record(conn, actor_of(caller), "worker.change", of, old=old, new=new, concerns=before.account_id)


def _banned(worker: ManagedWorker, by: BanBy) -> Banned:
    if by is BanBy.OWNER:
        return Banned(account_id=worker.account_id)
    if by is BanBy.NAME:
        return Banned(worker_name=compared_name(worker.name))
    return Banned(network=_household_of(worker))


def _household_of(worker: ManagedWorker) -> Network:
    """The address that a worker popped from last; of IPv6 its /64. Raises `BadRequest` where none is known."""
    network = parse_network(worker.address or "")
    if network is None:
        raise BadRequest("No address is known of this worker.")
    return household_of(network)
