"""The SQL of workers: rows as the directory mirrors them and as the API shows them, check-ins, changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.rows import dict_row

from horde_server.database.pool import Connection
from horde_server.dispatch.abilities import Abilities, encode_abilities
from horde_server.dispatch.down_time_store import IS_UP
from horde_server.http.networks import household
from horde_server.kudos.ledger import Movement

ONLINE_S = 300.0
"""A worker is online when it checked in within this many seconds."""

_MIRRORED = """SELECT worker.id, worker.name, worker.kind, worker.account_id, worker.maintenance,
    worker.maintenance_msg, worker.paused, worker.abilities::text, account.trusted,
    (SELECT avg(sample) FROM unnest(worker.speeds) AS sample), extract(epoch from worker.last_check_in_at)::float8
FROM worker JOIN account ON account.id = worker.account_id"""


class WorkerRow(NamedTuple):
    """A worker as the directory mirrors it. The speed is in things per second, or None without samples."""

    id: UUID
    name: str
    kind: str
    account_id: int
    maintenance: bool
    maintenance_msg: str | None
    paused: bool
    abilities: str
    owner_trusted: bool
    speed: float | None
    last_check_in_s: float


async def find_by_name(conn: Connection, name: str) -> WorkerRow | None:
    """The worker of that name, exactly."""
    cursor = await conn.execute(f"{_MIRRORED} WHERE worker.name = %s", (name,))
    row = await cursor.fetchone()
    return WorkerRow(*row) if row else None


async def find_by_ids(conn: Connection, ids: Sequence[UUID]) -> list[WorkerRow]:
    """Those of the named workers that exist."""
    cursor = await conn.execute(f"{_MIRRORED} WHERE worker.id = ANY(%s)", (list(ids),))
    return [WorkerRow(*row) for row in await cursor.fetchall()]


async def existing(conn: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these ids are a worker's."""
    cursor = await conn.execute("SELECT id FROM worker WHERE id = ANY(%s)", (list(ids),))
    return {row[0] for row in await cursor.fetchall()}


async def find_online(conn: Connection, known: Sequence[UUID]) -> list[WorkerRow]:
    """Every worker that is online, and those of the named ones that exist."""
    cursor = await conn.execute(
        f"{_MIRRORED} WHERE worker.last_check_in_at > now() - make_interval(secs => %s) OR worker.id = ANY(%s)",
        (ONLINE_S, list(known)),
    )
    return [WorkerRow(*row) for row in await cursor.fetchall()]


# ---------------------------------------------------------------- what the API shows

_SHOWN = """
SELECT worker.id, worker.name, worker.kind, worker.account_id, worker.info, worker.maintenance, worker.paused,
       worker.paused_reason, worker.moderators_note, worker.suspicions,
       worker.uptime_s, worker.uncompleted_jobs, worker.fulfilments, worker.contributions,
       worker.kudos_generated_hundredths, worker.kudos_uptime_hundredths, worker.abilities::text,
       (SELECT avg(sample) FROM unnest(worker.speeds) AS sample) AS speed, worker.address,
       cardinality(worker.suspicions) AS suspicious,
       extract(epoch FROM now() - worker.last_check_in_at) < %(online_s)s AS online,
       account.username, account.trusted, account.flagged, account.public_workers, account.contact,
       worker.team_id, team.name AS team_name
FROM worker JOIN account ON account.id = worker.account_id LEFT JOIN team ON team.id = worker.team_id"""
_IS_ONLINE = "worker.last_check_in_at > now() - make_interval(secs => %(online_s)s)"


async def _shown(conn: Connection, where: str, **values: Any) -> list[dict[str, Any]]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(f"{_SHOWN} WHERE {where}".encode(), {"online_s": ONLINE_S, **values})
        return await cursor.fetchall()


async def show_online(conn: Connection, *, name: str | None, kind: str | None) -> list[dict[str, Any]]:
    """The workers online; with a name (of any case) only that one, else with a kind only those of it."""
    if name:
        return await _shown(conn, f"{_IS_ONLINE} AND lower(worker.name) = lower(%(name)s)", name=name)
    if kind:
        return await _shown(conn, f"{_IS_ONLINE} AND worker.kind = %(kind)s", kind=kind)
    return await _shown(conn, _IS_ONLINE)


async def show_online_of(conn: Connection, account_id: int) -> list[dict[str, Any]]:
    """The workers of an account that are online."""
    return await _shown(conn, f"{_IS_ONLINE} AND worker.account_id = %(account_id)s", account_id=account_id)


async def show_by_id(conn: Connection, worker_id: UUID) -> dict[str, Any] | None:
    """One worker, also when it is offline."""
    return next(iter(await _shown(conn, "worker.id = %(id)s", id=worker_id)), None)


async def show_by_name(conn: Connection, name: str) -> dict[str, Any] | None:
    """The worker of exactly that name, also when it is offline."""
    return next(iter(await _shown(conn, "worker.name = %(name)s", name=name)), None)


# ---------------------------------------------------------------- check-in


# what is no address, as a node of an earlier version may have written, is in no network
_IN_NETWORK = """CASE WHEN worker.address ~ '^[0-9a-f:.]+$' AND worker.address LIKE '%%:%%'
    THEN worker.address::inet <<= %(counted)s::inet ELSE false END"""


class WorkerCounts(NamedTuple):
    """What limits new workers: those the account has, and those that untrusted accounts have on one address."""

    of_account: int
    untrusted_on_address: int


_ACCOUNT_TURNS = 7_001_004
_ADDRESS_TURNS = 7_001_005


async def take_turns(conn: Connection, account_id: int, address: str) -> None:
    """Have new workers of an account, and those on an address, counted and stored one after the other.

    On all nodes, until the caller's transaction ends; else many at the same moment would all find room.
    """
    await conn.execute(
        "SELECT pg_advisory_xact_lock(%s, %s), pg_advisory_xact_lock(%s, hashtext(%s))",
        (_ACCOUNT_TURNS, account_id, _ADDRESS_TURNS, address),
    )


async def count_workers(conn: Connection, account_id: int, address: str) -> WorkerCounts:
    """Workers of the account, and workers of untrusted accounts that checked in from this address within a day.

    All addresses of an IPv6 /64 are one.
    """
    counted = household(address)
    is_there = _IN_NETWORK if counted.endswith("/64") else "worker.address = %(counted)s"
    cursor = await conn.execute(
        f"""SELECT (SELECT count(*) FROM worker WHERE account_id = %(account_id)s),
                  (SELECT count(*) FROM worker JOIN account ON account.id = worker.account_id
                   WHERE {is_there} AND NOT account.trusted
                     AND worker.last_check_in_at > now() - interval '1 day')""",
        {"account_id": account_id, "counted": counted},
    )
    row = await cursor.fetchone()
    assert row is not None  # a SELECT without FROM has one row
    return WorkerCounts(*row)


async def is_imitation(conn: Connection, name: str, account_id: int) -> bool:
    """Whether a worker of another account has a name that looks like this one: in another case, or other widths."""
    cursor = await conn.execute(
        """SELECT 1 FROM worker
           WHERE account_id <> %s AND lower(normalize(name, NFKC)) = lower(normalize(%s, NFKC)) LIMIT 1""",
        (account_id, name),
    )
    return await cursor.fetchone() is not None


async def add_worker(
    conn: Connection, worker_id: UUID, name: str, kind: str, account_id: int, abilities: Abilities, address: str
) -> bool:
    """Store a new worker; False when the name was taken at this very moment."""
    cursor = await conn.execute(
        """INSERT INTO worker (id, name, kind, account_id, address, bridge_agent, threads, models, abilities)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::json) ON CONFLICT DO NOTHING""",
        (worker_id, name, kind, account_id, address, abilities.bridge_agent, abilities.threads,
         list(abilities.models), encode_abilities(abilities).decode()),
    )  # fmt: skip
    return cursor.rowcount == 1


async def write_check_in(conn: Connection, worker_id: UUID, abilities: Abilities, address: str) -> int | None:
    """Store a check-in and count uptime; seconds of uptime not rewarded yet, or None when there is no such worker.

    Uptime counts when the worker was online before, and neither paused nor in maintenance; else the reward's clock
    starts anew (workers.md §4.3). Neither after a gap of the horde's own that is not made up for yet.
    """
    cursor = await conn.execute(
        f"""UPDATE worker SET
               uptime_s = uptime_s + CASE WHEN last_check_in_at > now() - interval '300 s'
                                               AND NOT paused AND NOT maintenance AND {IS_UP}
                   THEN extract(epoch FROM now() - last_check_in_at)::bigint ELSE 0 END,
               uptime_rewarded_s = CASE WHEN last_check_in_at > now() - interval '300 s'
                                             AND NOT paused AND NOT maintenance OR NOT {IS_UP}
                   THEN uptime_rewarded_s ELSE uptime_s END,
               last_check_in_at = now(), address = %s, bridge_agent = %s, threads = %s, models = %s,
               abilities = %s::json
           WHERE id = %s RETURNING uptime_s - uptime_rewarded_s""",
        (address, abilities.bridge_agent, abilities.threads, list(abilities.models),
         encode_abilities(abilities).decode(), worker_id),
    )  # fmt: skip
    row = await cursor.fetchone()
    return int(row[0]) if row else None


async def pay_uptime(conn: Connection, worker_id: UUID, movement: Movement, *, every_s: int) -> None:
    """Write the reward's movement and set the worker's clock, together; once, however many nodes try."""
    await conn.execute(
        """WITH rewarded AS (
               UPDATE worker SET uptime_rewarded_s = uptime_s
               WHERE id = %(worker_id)s AND uptime_s - uptime_rewarded_s > %(every_s)s RETURNING id, team_id
           )
           INSERT INTO ledger_inbox (event_id, kind, payer, payee, amount_hundredths, owner_id, worker_id, domain,
                                     team_id)
           SELECT %(event_id)s, %(kind)s, %(payer)s, %(payee)s, %(amount)s, %(owner_id)s, id, %(domain)s, team_id
           FROM rewarded""",
        {
            "worker_id": worker_id,
            "every_s": every_s,
            "event_id": movement.event_id,
            "kind": movement.kind,
            "payer": movement.payer,
            "payee": movement.payee,
            "amount": movement.amount_hundredths,
            "owner_id": movement.owner_id,
            "domain": movement.domain,
        },
    )


# ---------------------------------------------------------------- management


class ManagedWorker(NamedTuple):
    """Whose worker it is, where it popped from last, and what may be changed of it."""

    id: UUID
    name: str
    account_id: int
    address: str | None
    kind: str
    maintenance: bool
    maintenance_msg: str | None
    paused: bool
    paused_reason: str | None
    info: str | None
    team_id: UUID | None

    def values(self) -> dict[str, Any]:
        """What may be changed, by the names of its columns."""
        values = {name: getattr(self, name) for name in CHANGEABLE}
        return {**values, "team_id": str(self.team_id) if self.team_id else None}


CHANGEABLE = ("name", "maintenance", "maintenance_msg", "paused", "paused_reason", "info")
_MANAGED = """SELECT id, name, account_id, address, kind, maintenance, maintenance_msg, paused, paused_reason, info,
    team_id FROM worker"""


async def find_managed(conn: Connection, worker_id: UUID) -> ManagedWorker | None:
    """The worker with this id."""
    cursor = await conn.execute(f"{_MANAGED} WHERE id = %s", (worker_id,))
    row = await cursor.fetchone()
    return ManagedWorker(*row) if row else None


async def lock_managed(conn: Connection, worker_id: UUID) -> ManagedWorker | None:
    """The worker, of which nobody else changes anything until the caller's transaction ends."""
    cursor = await conn.execute(f"{_MANAGED} WHERE id = %s FOR UPDATE", (worker_id,))
    row = await cursor.fetchone()
    return ManagedWorker(*row) if row else None


async def name_of_team(conn: Connection, team_id: UUID) -> str | None:
    """What the team is called; None when there is none with this id."""
    row = await (await conn.execute("SELECT name FROM team WHERE id = %s", (team_id,))).fetchone()
    return row[0] if row else None


async def change_worker(conn: Connection, worker_id: UUID, columns: Mapping[str, Any]) -> bool:
    """Set columns of a worker, named by the code; False when it is gone. Raises psycopg's `UniqueViolation`."""
    assignments = ", ".join(f"{name} = %({name})s" for name in columns)
    cursor = await conn.execute(
        f"UPDATE worker SET {assignments} WHERE id = %(worker_id)s".encode(), {**columns, "worker_id": worker_id}
    )
    return cursor.rowcount == 1


async def delete_worker(conn: Connection, worker_id: UUID) -> bool:
    """Remove a worker; False when it is gone already."""
    cursor = await conn.execute("DELETE FROM worker WHERE id = %s", (worker_id,))
    return cursor.rowcount == 1


async def workers_of(conn: Connection, account_id: int) -> list[UUID]:
    """An account's workers."""
    cursor = await conn.execute("SELECT id FROM worker WHERE account_id = %s ORDER BY id", (account_id,))
    return [row[0] for row in await cursor.fetchall()]


async def delete_workers_of(conn: Connection, account_id: int) -> None:
    """Remove all workers of an account."""
    await conn.execute("DELETE FROM worker WHERE account_id = %s", (account_id,))
