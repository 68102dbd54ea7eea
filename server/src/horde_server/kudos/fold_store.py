"""The SQL of the fold: movements from the inbox to the history, balances and counters; floors, trust and escrow.

One statement moves a batch, so a movement is applied exactly once or not yet.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import uuid4

from horde_server.database.limits import LONG_TRANSACTION
from horde_server.database.pool import Connection
from horde_server.database.statements import Statement
from horde_server.identity.floors import FLOOR_SQL, HIGHEST_FLOOR_HUNDREDTHS, floor_hundredths
from horde_server.kudos.key_budget_store import UTC_DAY
from horde_server.kudos.ledger import FLOOR, EntryKind, escrow, spendable
from horde_server.kudos.uptime import REWARDED_EVERY_S
from horde_server.moderation.suspicion import SUSPICIOUS_FROM

_FOLD_LOCK = 7_001_003
SPEED_SAMPLES = 20
TRUST_AGE_DAYS = 7
_RECENT = "interval '2 minutes'"  # of which `work_done` tells

# Buckets of `kudos_details` (kudos.md §7), by which side of a movement the account is on. Floor entries never pass the
# inbox: they are in no bucket.
_BUCKET = """CASE kind WHEN 'admin_adjustment' THEN 'admin' WHEN 'monthly' THEN 'recurring' WHEN 'award' THEN 'awarded'
    WHEN 'transfer' THEN '{transfer}' WHEN 'donation' THEN '{donation}' WHEN 'style_reward' THEN '{style_reward}'
    ELSE 'accumulated' END"""
BUCKET_OF_PAYEE = _BUCKET.format(transfer="received", donation="received", style_reward="styled")
BUCKET_OF_PAYER = _BUCKET.format(transfer="gifted", donation="donated", style_reward="accumulated")
_PERIOD = "CASE grain WHEN 'total' THEN 'epoch' ELSE date_trunc(grain, second, 'UTC') END"
_OF_KIND = "kind ON kind.name = jobs.domain"  # dispatch/kind.py: KindRow

# Lock order, so that nothing deadlocks: a worker before its owner, as suspicions and dropped jobs take them, and before
# its team, as whoever deletes that. Of changes that nothing reads PostgreSQL makes the last one named first: `workers`
# stands after `active` and `teams`.
_FOLD = f"""
WITH moved AS (
    DELETE FROM ledger_inbox WHERE id IN (SELECT id FROM ledger_inbox ORDER BY id LIMIT {{batch}}) RETURNING *
), kept AS (
    INSERT INTO ledger_entry SELECT * FROM moved
), changes AS (
    SELECT ledger_account, sum(change)::bigint AS change FROM (
        SELECT payee AS ledger_account, amount_hundredths AS change FROM moved
        UNION ALL SELECT payer, -amount_hundredths FROM moved) AS legs
    GROUP BY ledger_account
), balances AS (
    INSERT INTO ledger_balance AS known (ledger_account, balance_hundredths) SELECT * FROM changes
    ON CONFLICT (ledger_account) DO UPDATE
        SET balance_hundredths = known.balance_hundredths + excluded.balance_hundredths
    RETURNING ledger_account, balance_hundredths
), ranks AS (
    UPDATE account_rank SET balance_hundredths = balances.balance_hundredths FROM balances
    WHERE ledger_account >= 0 AND ledger_account % 2 = 0 AND account_id = ledger_account / 2
      AND account_rank.balance_hundredths <> balances.balance_hundredths
), buckets AS (
    INSERT INTO kudos_bucket AS known (account_id, bucket, amount_hundredths)
    SELECT account_id, bucket, sum(change) FROM (
        SELECT payee / 2 AS account_id, {BUCKET_OF_PAYEE} AS bucket, amount_hundredths AS change
        FROM moved WHERE payee >= 0 AND payee % 2 = 0
        UNION ALL
        SELECT payer / 2, {BUCKET_OF_PAYER}, -amount_hundredths FROM moved WHERE payer >= 0 AND payer % 2 = 0) AS legs
    GROUP BY account_id, bucket
    ON CONFLICT (account_id, bucket) DO UPDATE
        SET amount_hundredths = known.amount_hundredths + excluded.amount_hundredths
), jobs AS (
    SELECT * FROM moved WHERE things IS NOT NULL
), worked AS (  -- few rows for the counters by time, which would else look at every job once a grain
    SELECT date_trunc('second', created_at) AS second, domain, model, count(*) AS jobs, sum(things) AS things
    FROM jobs GROUP BY 1, 2, 3
), work AS (
    INSERT INTO work_done AS known (second, domain, jobs, things)
    SELECT second, domain, sum(jobs), sum(things) FROM worked
    WHERE second > now() - {_RECENT} GROUP BY 1, 2
    ON CONFLICT (second, domain) DO UPDATE
        SET jobs = known.jobs + excluded.jobs, things = known.things + excluded.things
), forgotten AS (
    DELETE FROM work_done WHERE second < now() - {_RECENT}
), by_period AS (
    INSERT INTO work_by_period AS known (domain, grain, period, jobs, things)
    SELECT domain, grain, {_PERIOD}, sum(jobs), sum(things)
    FROM worked, unnest('{{minute,hour,day,month,total}}'::text[]) AS grain GROUP BY 1, 2, 3
    ON CONFLICT (domain, grain, period) DO UPDATE
        SET jobs = known.jobs + excluded.jobs, things = known.things + excluded.things
), by_model AS (
    INSERT INTO work_by_model AS known (domain, grain, period, model, jobs)
    SELECT domain, grain, {_PERIOD}, model, sum(jobs)
    FROM worked, unnest('{{hour,day,month,total}}'::text[]) AS grain WHERE model IS NOT NULL GROUP BY 1, 2, 3, 4
    ON CONFLICT (domain, grain, period, model) DO UPDATE SET jobs = known.jobs + excluded.jobs
), records AS (
    INSERT INTO account_record AS known (account_id, record, domain, value)
    SELECT account_id, record, domain, sum(value) FROM (
        SELECT jobs.requester_id AS account_id, 'usage' AS record, domain,
               things / record_unit * account.usage_multiplier AS value
        FROM jobs JOIN account ON account.id = jobs.requester_id JOIN {_OF_KIND}
        UNION ALL SELECT owner_id, 'contribution', domain, things / record_unit FROM jobs JOIN {_OF_KIND}
        UNION ALL SELECT owner_id, 'fulfillment', domain, 1 FROM jobs
        UNION ALL SELECT requester_id, 'request', domain, 1 FROM moved WHERE kind = 'request_tax'
        UNION ALL SELECT requester_id, 'request', domain, 1 FROM jobs JOIN {_OF_KIND} WHERE NOT is_taxed
        UNION ALL SELECT owner_id, 'style', domain, 1 FROM moved WHERE kind = 'style_reward'
    ) AS counted GROUP BY 1, 2, 3
    ON CONFLICT (account_id, record, domain) DO UPDATE SET value = known.value + excluded.value
), earned AS (
    SELECT worker_id,
           coalesce(sum(amount_hundredths) FILTER (WHERE kind = 'generation'), 0)::bigint AS generated,
           coalesce(sum(amount_hundredths) FILTER (WHERE kind = 'uptime_reward'), 0)::bigint AS uptime,
           count(*) FILTER (WHERE things IS NOT NULL) AS fulfilments,
           coalesce(sum(things), 0) AS things,
           coalesce(array_agg(speed ORDER BY id) FILTER (WHERE speed IS NOT NULL), '{{}}') AS speeds
    FROM moved WHERE worker_id IS NOT NULL GROUP BY worker_id
), charged AS (
    SELECT key_id, max(day) AS day, sum(amount)::bigint AS amount,
           ((array_agg(amount ORDER BY day DESC))[1])::bigint AS of_day
    FROM (SELECT key_id, {UTC_DAY.format("created_at")} AS day, sum(amount_hundredths) AS amount
          FROM moved WHERE key_id IS NOT NULL GROUP BY 1, 2) AS daily
    GROUP BY key_id
), keys AS (
    UPDATE api_key SET spent_hundredths = spent_hundredths + charged.amount,
        spent_today_hundredths = CASE WHEN spent_on > charged.day THEN spent_today_hundredths
            WHEN spent_on = charged.day THEN spent_today_hundredths + charged.of_day ELSE charged.of_day END,
        spent_on = greatest(spent_on, charged.day)
    FROM charged WHERE api_key.id = charged.key_id
), gained AS (
    SELECT team_id,
           coalesce(sum(amount_hundredths) FILTER (WHERE kind = 'generation'), 0)::bigint AS kudos,
           count(*) FILTER (WHERE things IS NOT NULL) AS fulfilments,
           coalesce(sum(things) FILTER (WHERE domain = 'image'), 0) AS pixelsteps,
           {REWARDED_EVERY_S} * count(*) FILTER (WHERE kind = 'uptime_reward') AS uptime_s
    FROM moved WHERE team_id IS NOT NULL GROUP BY team_id
), teams AS (
    UPDATE team SET
        kudos_hundredths = team.kudos_hundredths + gained.kudos,
        fulfilments = team.fulfilments + gained.fulfilments,
        pixelsteps = team.pixelsteps + gained.pixelsteps,
        uptime_s = team.uptime_s + gained.uptime_s
    FROM gained WHERE team.id = gained.team_id
), active AS (
    UPDATE account SET last_active_at = now() FROM (
        SELECT requester_id AS id FROM moved WHERE requester_id <> 0
        UNION SELECT owner_id FROM moved WHERE kind <> 'style_reward') AS seen  -- being used is not being there
    WHERE account.id = seen.id
), workers AS (
    UPDATE worker SET
        kudos_generated_hundredths = kudos_generated_hundredths + earned.generated,
        kudos_uptime_hundredths = kudos_uptime_hundredths + earned.uptime,
        fulfilments = worker.fulfilments + earned.fulfilments,
        contributions = contributions + earned.things,
        speeds = (worker.speeds || earned.speeds)[
            greatest(cardinality(worker.speeds || earned.speeds) - {SPEED_SAMPLES - 1}, 1):]
    FROM earned WHERE worker.id = earned.worker_id
), escrows AS (  -- of those that changed, whichever of their two balances did
    SELECT balance_hundredths FROM balances WHERE ledger_account >= 0 AND ledger_account % 2 = 1
    UNION ALL
    SELECT known.balance_hundredths FROM balances JOIN ledger_balance AS known
        ON known.ledger_account = balances.ledger_account + 1
    WHERE balances.ledger_account >= 0 AND balances.ledger_account % 2 = 0
)
SELECT (SELECT count(*) FROM moved),
       (SELECT array_agg(DISTINCT ledger_account / 2) FROM balances WHERE ledger_account >= 0),
       (SELECT bool_or(balance_hundredths < CASE ledger_account WHEN 0 THEN {floor_hundredths("anonymous")}
                                            ELSE {HIGHEST_FLOOR_HUNDREDTHS} END)
        FROM balances WHERE ledger_account >= 0 AND ledger_account % 2 = 0),
       (SELECT max(balance_hundredths) FROM escrows)"""

# At the time that it is, not that the transaction began: a batch may hold what was committed since.
_RAISE_TO_FLOOR = f"""
WITH low AS (
    SELECT ledger_account, account.id,
           {FLOOR_SQL} - balance_hundredths AS missing
    FROM ledger_balance JOIN account ON account.id = ledger_account / 2
    WHERE ledger_account = ANY(%(ledger_accounts)s) AND ledger_account %% 2 = 0
), raised AS (
    UPDATE ledger_balance SET balance_hundredths = balance_hundredths + low.missing
    FROM low WHERE ledger_balance.ledger_account = low.ledger_account AND low.missing > 0
    RETURNING low.ledger_account, low.missing
), forgiven AS (
    INSERT INTO ledger_balance AS known (ledger_account, balance_hundredths)
    SELECT %(floor)s, -sum(missing) FROM raised HAVING count(*) > 0
    ON CONFLICT (ledger_account) DO UPDATE
        SET balance_hundredths = known.balance_hundredths + excluded.balance_hundredths
)
INSERT INTO ledger_entry (id, created_at, event_id, kind, payer, payee, amount_hundredths)
SELECT nextval(pg_get_serial_sequence('ledger_inbox', 'id')), clock_timestamp(), %(event_id)s, %(kind)s, %(floor)s,
       raised.ledger_account, raised.missing
FROM raised RETURNING payee / 2"""

_PROMOTE = """
WITH promoted AS (
    UPDATE account SET trusted = true
    FROM ledger_balance
    WHERE (%(account_ids)s::int[] IS NULL OR account.id = ANY(%(account_ids)s))
      AND account.id <> 0 AND NOT account.trusted
      AND account.created_at < now() - make_interval(days => %(days)s)
      AND cardinality(account.suspicions) < %(suspicions)s
      AND ledger_balance.ledger_account = 2 * account.id + 1 AND ledger_balance.balance_hundredths > %(threshold)s
    RETURNING account.id
), freed AS (
    UPDATE worker SET paused = false FROM promoted WHERE worker.account_id = promoted.id
)
SELECT id FROM promoted"""

_RELEASE_ESCROW = """
INSERT INTO ledger_inbox (event_id, kind, payer, payee, amount_hundredths)
SELECT %(event_id)s, %(kind)s, ledger_account, ledger_account - 1, balance_hundredths
FROM ledger_balance JOIN account ON account.id = ledger_account / 2 AND account.trusted
WHERE ledger_account = ANY(%(escrows)s) AND balance_hundredths > 0
  AND NOT EXISTS (SELECT 1 FROM ledger_inbox WHERE payer = ledger_balance.ledger_account)"""


_ANYTHING = Statement("SELECT EXISTS (SELECT FROM ledger_inbox)", ["bool"])


async def anything_to_fold(conn: Connection) -> bool:
    """Whether the inbox holds any movement."""
    row = await _ANYTHING.row(conn, {})
    return bool(row and row[0])


async def take_turn(conn: Connection) -> bool:
    """Until the end of the caller's transaction, which may be a long one, fold alone; False when another node does."""
    row = await (
        await conn.execute(f"SELECT pg_try_advisory_xact_lock(%s), {LONG_TRANSACTION}", (_FOLD_LOCK,))
    ).fetchone()
    return bool(row and row[0])


async def take_time(conn: Connection) -> None:
    """Let the caller's transaction take longer than what somebody waits for."""
    await conn.execute(f"SELECT {LONG_TRANSACTION}")


class Moved(NamedTuple):
    """What a batch was."""

    movements: int
    account_ids: list[int]  # whose balances changed
    may_be_low: bool  # whether one of them may be below its floor
    most_in_escrow_hundredths: int  # of one of them


async def move(conn: Connection, batch: int) -> Moved:
    """Apply up to so many movements.

    Without parameters, as PostgreSQL then plans it once for each connection, and not for each batch.
    """
    statement = _FOLD.replace("{batch}", str(int(batch))).encode()
    moved, changed, is_low, escrowed = await (await conn.execute(statement, prepare=True)).fetchone() or (
        0,
        *[None] * 3,
    )
    return Moved(moved, changed or [], bool(is_low), escrowed or 0)


async def raise_to_floor(conn: Connection, account_ids: list[int]) -> list[int]:
    """Forgive what these accounts are below their floors, by movements of their own; whom it was forgiven."""
    cursor = await conn.execute(
        _RAISE_TO_FLOOR,
        {
            "ledger_accounts": list(map(spendable, account_ids)),
            "floor": FLOOR,
            "event_id": uuid4(),
            "kind": EntryKind.FLOOR_ADJUSTMENT,
        },
    )
    return [row[0] for row in await cursor.fetchall()]


async def rank(conn: Connection, account_ids: list[int]) -> None:
    """Bring these accounts to their place in the list of users, by their balances as they are now.

    `move` does so by itself; this is for balances that were changed since.
    """
    await conn.execute(
        """UPDATE account_rank SET balance_hundredths = ledger_balance.balance_hundredths FROM ledger_balance
           WHERE account_id = ANY(%(ids)s) AND ledger_account = 2 * account_id AND ledger_account = ANY(%(accounts)s)
             AND account_rank.balance_hundredths <> ledger_balance.balance_hundredths""",
        {"ids": account_ids, "accounts": list(map(spendable, account_ids))},
    )


async def promote(conn: Connection, threshold: int, account_ids: list[int] | None) -> list[int]:
    """Trust those of the accounts (`None`: of all) whose escrow passed so many kudos (kudos.md §5); their numbers."""
    cursor = await conn.execute(
        _PROMOTE,
        {
            "account_ids": account_ids,
            "days": TRUST_AGE_DAYS,
            "suspicions": SUSPICIOUS_FROM,
            "threshold": threshold * 100,
        },
    )
    return [row[0] for row in await cursor.fetchall()]


async def release_escrow(conn: Connection, account_ids: list[int]) -> None:
    """Move the whole escrow of those accounts that are trusted to their balances; twice moves nothing twice.

    Trust given by hand releases at once; the fold also releases what a job settled just before then still put there.
    """
    await conn.execute(
        _RELEASE_ESCROW,
        {
            "event_id": uuid4(),
            "kind": EntryKind.EVALUATION_PROMOTION,
            "escrows": list(map(escrow, account_ids)),
        },
    )
