"""The SQL of teams: as the API shows them, made, changed and removed. Their totals are written by the fold alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from horde_server.database.pool import Connection
from horde_server.workers.store import ONLINE_S

MOST_WORKERS_SHOWN = 100
"""Of a team: those seen last."""
MOST_MODELS_SHOWN = 100
"""Of those that these workers serve: the most served ones."""

_CREATION_TURNS = 7_001_022
_LOOKS = "lower(normalize({}, NFKC))"

# Each part looks at one team's workers by an index: what a page costs does not grow with the teams there are. Who is
# online is bounded by the horde at work; of all others the last ones seen are looked at.
_SEEN = """SELECT kind, name, id, models, last_check_in_at FROM worker WHERE team_id = team.id
    ORDER BY last_check_in_at DESC LIMIT %(workers)s"""
_SHOWN = f"""
SELECT team.id, team.name, team.info, account.username || '#' || account.id, team.fulfilments, team.kudos_hundredths,
       team.pixelsteps, team.uptime_s, rates.mean, rates.total,
       (SELECT count(*) FROM worker WHERE team_id = team.id),
       coalesce(members.shown, '[]'), coalesce(served.shown, '[]')
FROM {{teams}} AS team JOIN account ON account.id = team.account_id
LEFT JOIN LATERAL (
    SELECT avg(rate)::float8 AS mean, sum(rate)::float8 AS total FROM (
        SELECT coalesce((SELECT avg(sample) FROM unnest(speeds) AS sample), %(usual_speed)s::float8) AS rate FROM worker
        WHERE team_id = team.id AND kind = 'image' AND last_check_in_at > now() - make_interval(secs => %(online_s)s)
    ) AS online
) AS rates ON true
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('type', kind, 'name', name, 'id', id, 'online',
                        last_check_in_at > now() - make_interval(secs => %(online_s)s)) ORDER BY name)::text AS shown
    FROM ({_SEEN}) AS seen
) AS members ON true
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('name', model, 'count', workers) ORDER BY workers DESC, model)::text AS shown
    FROM (SELECT model, count(*) AS workers FROM ({_SEEN}) AS seen, unnest(models) AS model
          WHERE kind <> 'interrogation' GROUP BY model ORDER BY workers DESC, model LIMIT %(models)s) AS counted
) AS served ON true"""
_PAGE = """(SELECT team.* FROM team JOIN (
    SELECT id FROM team ORDER BY kudos_hundredths DESC, id LIMIT %(limit)s OFFSET %(offset)s) AS page USING (id))"""


class ShownTeam(NamedTuple):
    """A team as the API shows it. Rates are in pixelsteps per second, of the image workers online (None: there are
    none); `workers` and `models` are JSON.
    """

    id: UUID
    name: str
    info: str | None
    creator: str
    fulfilments: int
    kudos_hundredths: int
    pixelsteps: float
    uptime_s: int
    mean_rate: float | None
    total_rate: float | None
    worker_count: int
    workers: str
    models: str


class ManagedTeam(NamedTuple):
    """A team and whose it is."""

    id: UUID
    name: str
    info: str | None
    account_id: int


async def page(conn: Connection, *, limit: int, offset: int, usual_speed: float) -> list[ShownTeam]:
    """Teams by their kudos, the richest first. O(offset) in the index."""
    sql = f"{_SHOWN.format(teams=_PAGE)} ORDER BY team.kudos_hundredths DESC, team.id"
    return await _shown(conn, sql, usual_speed, limit=limit, offset=offset)


async def named(conn: Connection, name: str, *, usual_speed: float) -> list[ShownTeam]:
    """The team of that name, in any case and width, in a list of one or none."""
    looks = _LOOKS.format("team.name"), _LOOKS.format("%(name)s")
    return await _shown(conn, f"{_SHOWN.format(teams='team')} WHERE {' = '.join(looks)}", usual_speed, name=name)


async def show(conn: Connection, team_id: UUID, *, usual_speed: float) -> ShownTeam | None:
    """The team with this id."""
    found = await _shown(conn, f"{_SHOWN.format(teams='team')} WHERE team.id = %(id)s", usual_speed, id=team_id)
    return found[0] if found else None


async def _shown(conn: Connection, sql: str, usual_speed: float, **values: Any) -> list[ShownTeam]:
    cursor = await conn.execute(
        sql.encode(),
        {
            "online_s": ONLINE_S,
            "usual_speed": usual_speed,
            "workers": MOST_WORKERS_SHOWN,
            "models": MOST_MODELS_SHOWN,
            **values,
        },
    )
    return [ShownTeam(*row) for row in await cursor.fetchall()]


async def take_turns(conn: Connection, account_id: int) -> None:
    """Have new teams of an account counted and stored one after the other, until the caller's transaction ends."""
    await conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_CREATION_TURNS, account_id))


async def count_of(conn: Connection, account_id: int) -> int:
    """How many teams an account made that are there."""
    row = await (await conn.execute("SELECT count(*) FROM team WHERE account_id = %s", (account_id,))).fetchone()
    return int(row[0]) if row else 0


async def add(conn: Connection, team: ManagedTeam) -> bool:
    """Store a new team; False when another has its name, in any case or width."""
    cursor = await conn.execute(
        "INSERT INTO team (id, name, info, account_id) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (team.id, team.name, team.info, team.account_id),
    )
    return cursor.rowcount == 1


async def find(conn: Connection, team_id: UUID) -> ManagedTeam | None:
    """The team with this id."""
    cursor = await conn.execute("SELECT id, name, info, account_id FROM team WHERE id = %s", (team_id,))
    row = await cursor.fetchone()
    return ManagedTeam(*row) if row else None


async def change(conn: Connection, team_id: UUID, columns: Mapping[str, str]) -> ManagedTeam | None:
    """Set columns, named by the code; the team as it is then, None when it is gone.

    Raises:
        UniqueViolation: another team has the name.
    """
    assignments = ", ".join(f"{name} = %({name})s" for name in columns)
    cursor = await conn.execute(
        f"UPDATE team SET {assignments} WHERE id = %(team_id)s RETURNING id, name, info, account_id".encode(),
        {**columns, "team_id": team_id},
    )
    row = await cursor.fetchone()
    return ManagedTeam(*row) if row else None


async def remove(conn: Connection, team_id: UUID) -> list[UUID] | None:
    """Remove a team within the caller's transaction; the workers that were in it, None when it is gone already.

    Workers before their team, as the fold takes them.
    """
    cursor = await conn.execute(
        """UPDATE worker SET team_id = NULL
           WHERE id IN (SELECT id FROM worker WHERE team_id = %s ORDER BY id FOR NO KEY UPDATE) RETURNING id""",
        (team_id,),
    )
    freed = [row[0] for row in await cursor.fetchall()]
    gone = await conn.execute("DELETE FROM team WHERE id = %s", (team_id,))
    return freed if gone.rowcount == 1 else None


async def forget_account(conn: Connection, account_id: int) -> None:
    """Remove the teams that an account made, and nobody else's worker is in; of the others what it wrote of them."""
    await conn.execute(
        """DELETE FROM team WHERE account_id = %(id)s
           AND NOT EXISTS (SELECT FROM worker WHERE team_id = team.id AND worker.account_id <> %(id)s)""",
        {"id": account_id},
    )
    await conn.execute("UPDATE team SET info = NULL WHERE account_id = %s", (account_id,))
