"""A pop's first half: who pops, with which worker, offering what (generation.md §3.2–3.3)."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation
from psycopg_pool import AsyncConnectionPool

from horde_server.errors import BadRequest, HordeError
from horde_server.identity.directory import Account
from horde_server.kudos.ledger import MINTED, EntryKind, escrow, spendable
from horde_server.workers.abilities import Abilities, encode_abilities
from horde_server.workers.directory import OnlineWorker, WorkerDirectory

WRITE_INTERVAL_S = 30.0
"""An unchanged check-in is written to the database at most this often."""
UPTIME_REWARD_EVERY_S = 600
WORKERS_UNTRUSTED = 3
WORKERS_TRUSTED = 20


class AnonForbiddenWorker(HordeError):
    """Anonymous cannot run workers: register an account and use its API key."""

    status, rc = 403, "AnonForbiddenWorker"


class DeletedUser(HordeError):
    """This account is scheduled for deletion."""

    status, rc = 403, "DeletedUser"


class WorkerFlaggedMaintenance(HordeError):
    """Your account is flagged: its workers get no jobs. Please contact a moderator."""

    status, rc = 403, "WorkerFlaggedMaintenance"


class PolymorphicNameConflict(HordeError):
    """A worker of another kind has this name already: choose another name."""

    rc = "PolymorphicNameConflict"


class TooLongWorkerName(HordeError):
    """Worker names have at most 100 characters."""

    rc = "TooLongWorkerName"


class TooManyWorkers(HordeError):
    """You have as many workers as an untrusted account may have: earn trust, or ask a moderator for more."""

    status, rc = 403, "TooManyWorkers"


class TooManyWorkersTrusted(HordeError):
    """You have as many workers as your account may have: ask a moderator for more."""

    status, rc = 403, "TooManyWorkersTrusted"


class WrongCredentials(HordeError):
    """Wrong credentials: this worker name belongs to another account."""

    status, rc = 403, "WrongCredentials"


def cleaned_text(text: str) -> str:
    """Plain text: NULs dropped, markup escaped, trimmed (generation.md §3.3.1, the SHOULD)."""
    return html.escape(text.replace("\0", ""), quote=False).strip()


class CheckIn:
    """Takes a worker's check-in; creates the worker at its first."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        workers: WorkerDirectory,
        publish: Callable[[str, Iterable[str]], None],
        clock: Callable[[], float],
    ) -> None:
        self._pool = pool
        self._workers = workers
        self._publish = publish
        self._clock = clock

    async def __call__(self, account: Account, name: str, abilities: Abilities, address: str) -> OnlineWorker:
        """The worker, up to date. Raises the refusals of §3.2 steps 4–13."""
        if account.deleted:
            raise DeletedUser
        if account.flagged:
            raise WorkerFlaggedMaintenance
        if account.id == 0:
            raise AnonForbiddenWorker
        worker = await self._workers.find(name)
        if worker is None:
            return await self._create(account, name, abilities, address)
        if worker.kind != "image":
            raise PolymorphicNameConflict
        if worker.account_id != account.id:
            raise WrongCredentials
        now = self._clock()
        worker.last_check_in_s = now
        changed = worker.abilities != abilities
        if changed or worker.owner_trusted != account.trusted:
            worker.abilities, worker.owner_trusted = abilities, account.trusted
            worker.renew_offer()
        if changed or now - worker.written_s >= WRITE_INTERVAL_S:
            worker.written_s = now
            await self._write(worker, account, address)
        return worker

    async def _create(self, account: Account, name: str, abilities: Abilities, address: str) -> OnlineWorker:
        if not name:
            raise BadRequest("A worker needs a name.")
        if len(name) > 100:
            raise TooLongWorkerName
        if any(word in name.lower() for word in ("colab", "tpu", "google")):
            raise BadRequest("Worker names must not contain colab, tpu or google.")
        worker_id = uuid4()
        async with self._pool.connection() as conn:
            cursor = await conn.execute("SELECT count(*) FROM worker WHERE account_id = %s", (account.id,))
            (existing,) = await cursor.fetchone() or (0,)
            if not account.trusted and existing > max(WORKERS_UNTRUSTED, account.worker_invited):
                raise TooManyWorkers
            if existing > max(WORKERS_TRUSTED, account.worker_invited):
                raise TooManyWorkersTrusted
            # one created by a pop at the same moment is an existing worker now
            with contextlib.suppress(UniqueViolation):
                await conn.execute(
                    """INSERT INTO worker
                           (id, name, kind, account_id, address, bridge_agent, threads, models, abilities)
                       VALUES (%s, %s, 'image', %s, %s, %s, %s, %s, %s::json)""",
                    (worker_id, name, account.id, address, abilities.bridge_agent, abilities.threads,
                     list(abilities.models), encode_abilities(abilities).decode()),
                )  # fmt: skip
        worker = await self._workers.find(name)
        if worker is None:
            raise BadRequest("The worker could not be created: please pop again.")
        if worker.id != worker_id:
            return await self(account, name, abilities, address)
        self._publish("worker", [str(worker.id)])
        return worker

    async def _write(self, worker: OnlineWorker, account: Account, address: str) -> None:
        """Store the check-in, count uptime and pay for it."""
        abilities = worker.abilities
        async with self._pool.connection() as conn:
            cursor = await conn.execute(
                """UPDATE worker SET
                       uptime_s = uptime_s + CASE WHEN last_check_in_at > now() - interval '300 s'
                                                       AND NOT paused AND NOT maintenance
                           THEN extract(epoch FROM now() - last_check_in_at)::bigint ELSE 0 END,
                       uptime_rewarded_s = CASE WHEN last_check_in_at > now() - interval '300 s'
                                                     AND NOT paused AND NOT maintenance
                           THEN uptime_rewarded_s ELSE uptime_s END,
                       last_check_in_at = now(), address = %s, bridge_agent = %s, threads = %s, models = %s,
                       abilities = %s::json
                   WHERE id = %s RETURNING uptime_s - uptime_rewarded_s""",
                (address, abilities.bridge_agent, abilities.threads, list(abilities.models),
                 encode_abilities(abilities).decode(), worker.id),
            )  # fmt: skip
            row = await cursor.fetchone()
            if row and row[0] > UPTIME_REWARD_EVERY_S:
                await self._reward_uptime(conn, worker, account)
        self._publish("worker", [str(worker.id)])

    async def _reward_uptime(self, conn: Any, worker: OnlineWorker, account: Account) -> None:
        """50 + 2 per model + 30 with loras, once per ten minutes (kudos.md §5); escrowed while untrusted."""
        kudos = 50 + 2 * len(worker.abilities.models) + (30 if worker.abilities.allow_lora else 0)
        await conn.execute(
            """WITH rewarded AS (
                   UPDATE worker SET uptime_rewarded_s = uptime_s
                   WHERE id = %(worker_id)s AND uptime_s - uptime_rewarded_s > %(every_s)s RETURNING id
               )
               INSERT INTO ledger_inbox (event_id, kind, payer, payee, amount_hundredths, owner_id, worker_id, domain)
               SELECT %(event_id)s, %(kind)s, %(payer)s, %(payee)s, %(amount)s, %(owner_id)s, id, 'image'
               FROM rewarded""",
            {
                "worker_id": worker.id,
                "every_s": UPTIME_REWARD_EVERY_S,
                "event_id": uuid4(),
                "kind": EntryKind.UPTIME_REWARD,
                "payer": MINTED,
                "payee": spendable(account.id) if account.trusted else escrow(account.id),
                "amount": kudos * 100,
                "owner_id": account.id,
            },
        )


def parse_worker_id(text: str) -> UUID | None:
    """A worker id, or None where the text is not one."""
    try:
        return UUID(text)
    except ValueError:
        return None
