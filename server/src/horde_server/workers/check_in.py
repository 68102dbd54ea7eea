"""A pop's first half: who pops, with which worker, offering what (workers.md §2–4)."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID, uuid4

from psycopg_pool import AsyncConnectionPool

from horde_server.database.pool import Connection
from horde_server.dispatch.abilities import Abilities
from horde_server.dispatch.kind import WorkerRules
from horde_server.errors import BadRequest, DeletedUser, HordeError, WrongCredentials
from horde_server.identity.directory import Account
from horde_server.kudos.ledger import MINTED, EntryKind, Movement, escrow, spendable
from horde_server.kudos.uptime import REWARDED_EVERY_S
from horde_server.moderation.addresses.reputation import AddressReputation
from horde_server.moderation.addresses.timeouts import AddressTimeouts
from horde_server.moderation.bans.service import Bans
from horde_server.moderation.modes import Modes
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.moderation.suspects import Suspects
from horde_server.moderation.suspicion import Suspicion
from horde_server.visible_text import without_invisible
from horde_server.workers import store
from horde_server.workers.directory import OnlineWorker, WorkerDirectory
from horde_server.workers.onboarding import ProfaneBridgeAgent, refuse_name, refuse_new_worker

MOST_AGENT_CHARACTERS = 1000
WRITE_INTERVAL_S = 30.0
"""An unchanged check-in is written to the database at most this often."""


class AnonForbiddenWorker(HordeError):
    """Anonymous cannot run workers: register an account and use its API key."""

    status, rc = 403, "AnonForbiddenWorker"


class WorkerFlaggedMaintenance(HordeError):
    """Your account is flagged: its workers get no jobs. Please contact a moderator."""

    status, rc = 403, "WorkerFlaggedMaintenance"


class PolymorphicNameConflict(HordeError):
    """A worker of another kind has this name already: choose another name."""

    rc = "PolymorphicNameConflict"


LOOKS_THE_SAME = "Wrong credentials: a worker of another account has a name that looks the same. Choose another name."


def cleaned_text(text: str) -> str:
    """Plain text: NULs dropped, markup escaped, trimmed (workers.md §4.4)."""
    return html.escape(text.replace("\0", ""), quote=False).strip()


def cleaned_line(text: str) -> str:
    """Plain text to be shown in one line: also without what moves the text or is not seen."""
    return without_invisible(cleaned_text(text))


def cleaned_agent(text: str) -> str:
    """What a worker's program calls itself, as it is kept."""
    return cleaned_line(text)[:MOST_AGENT_CHARACTERS]


class CheckIn:
    """Takes a worker's check-in; creates the worker at its first."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        workers: WorkerDirectory,
        modes: Modes,
        profanity: ProfanityFilter,
        addresses: AddressTimeouts,
        bans: Bans,
        reputation: AddressReputation,
        suspects: Suspects,
        publish: Callable[[str, Iterable[str]], None],
        clock: Callable[[], float],
    ) -> None:
        self._pool = pool
        self._workers = workers
        self._modes = modes
        self._profanity = profanity
        self._addresses = addresses
        self._bans = bans
        self._reputation = reputation
        self._suspects = suspects
        self._publish = publish
        self._clock = clock

    async def __call__(
        self,
        account: Account,
        name: str,
        agent: str,
        offered: Callable[[], Abilities],
        address: str,
        *,
        kind: WorkerRules,
    ) -> OnlineWorker:
        """The worker, up to date. `name` and `agent` as they were sent.

        Raises the refusals of workers.md §2.4–2.12 and §2.14.

        `offered`: what the worker can do. It raises where that may not be offered, and is asked last, as who may not
        serve at all learns nothing from a list of models.
        """
        if account.deleted:
            raise DeletedUser
        if account.flagged:
            raise WorkerFlaggedMaintenance
        if account.id == 0:
            raise AnonForbiddenWorker
        name = cleaned_text(name)
        worker = await self._workers.find(name)
        if worker is not None and worker.kind.name != kind.name:
            raise PolymorphicNameConflict
        self._addresses.refuse(address)
        self._bans.refuse(account.id, name, address)
        is_safe = not self._reputation.is_on or await self._reputation.admit_worker(account, address)
        if worker is None:
            worker = await self._create(account, name, agent, offered, address, kind)
            if worker.kind.name != kind.name:  # another pop took the name at the same moment
                raise PolymorphicNameConflict
        if worker.account_id != account.id:
            raise WrongCredentials
        abilities = offered()
        if not is_safe:
            await self._suspects.note(worker.id, Suspicion.UNSAFE_IP)  # once, whatever it pops
        now = self._clock()
        was_away, worker.last_check_in_s = now - worker.last_check_in_s >= store.ONLINE_S, now
        changed = worker.abilities is not abilities and worker.abilities != abilities
        is_news = changed or was_away or worker.owner_trusted != account.trusted
        if changed or worker.owner_trusted != account.trusted:
            worker.abilities, worker.owner_trusted = abilities, account.trusted
            worker.renew_offer()
        worker.abilities = abilities  # the very same next time, mostly: then nothing is compared
        if changed or now - worker.written_s >= WRITE_INTERVAL_S:
            worker.written_s = now
            if not await self._write(worker, account, address):  # another node deleted it a moment ago
                self._workers.forget(worker.id)
                return await self(account, name, agent, offered, address, kind=kind)
        if is_news:  # after it was written: who lists workers reads the database
            self._workers.touch()
        return worker

    async def _create(
        self,
        account: Account,
        name: str,
        agent: str,
        offered: Callable[[], Abilities],
        address: str,
        kind: WorkerRules,
    ) -> OnlineWorker:
        """A new worker, or the one that another pop created under this name at the same moment."""
        refuse_name(name, self._profanity)
        if self._profanity.is_profane(cleaned_agent(agent)):
            raise ProfaneBridgeAgent
        worker_id = uuid4()
        async with self._pool.connection() as conn:
            await self._refuse_one_more(conn, account, address)  # who has enough keeps nobody waiting
            async with conn.transaction():
                await store.take_turns(conn, account.id, address)
                await self._refuse_one_more(conn, account, address)
                if await store.is_imitation(conn, name, account.id):
                    raise WrongCredentials(LOOKS_THE_SAME)
                is_new = await store.add_worker(conn, worker_id, name, kind.name, account.id, offered(), address)
        worker = await self._workers.find(name)
        if worker is None:
            raise BadRequest("The worker could not be created: please pop again.")
        if is_new:
            self._publish("worker", [str(worker_id)])
        return worker

    async def _refuse_one_more(self, conn: Connection, account: Account, address: str) -> None:
        counts = await store.count_workers(conn, account.id, address)
        refuse_new_worker(account, counts, address, invite_only=self._modes.invite_only)

    async def _write(self, worker: OnlineWorker, account: Account, address: str) -> bool:
        """Store the check-in, count uptime and pay for it; False when the worker does not exist any more."""
        async with self._pool.connection() as conn:
            unrewarded_s = await store.write_check_in(conn, worker.id, worker.abilities, address)
            if unrewarded_s is None:
                return False
            if unrewarded_s > REWARDED_EVERY_S:
                reward = _uptime_reward(worker, account)
                await store.pay_uptime(conn, worker.id, reward, every_s=REWARDED_EVERY_S)
        self._publish("worker", [str(worker.id)])
        return True


def _uptime_reward(worker: OnlineWorker, account: Account) -> Movement:
    """Ten minutes' worth, wholly escrowed while the owner is untrusted (kudos.md §5.3), but for alchemists."""
    return Movement(
        uuid4(),
        EntryKind.UPTIME_REWARD,
        MINTED,
        spendable(account.id) if account.trusted or not worker.kind.escrows_uptime else escrow(account.id),
        worker.kind.uptime_hundredths(worker.abilities),
        owner_id=account.id,
        worker_id=worker.id,
        domain=worker.kind.name,
    )


def parse_worker_id(text: str) -> UUID | None:
    """A worker id, or None where the text is not one."""
    try:
        return UUID(text)
    except ValueError:
        return None
