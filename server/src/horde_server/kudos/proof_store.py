"""The SQL that proves the books: each check finds the first row that is wrong, or none.

All are sums that PostgreSQL makes in bounded memory, whatever the length of the history; nothing is written, and all of
one proof is of one moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from horde_server.database.pool import Connection
from horde_server.identity.floors import FLOOR_SQL
from horde_server.kudos.fold_store import BUCKET_OF_PAYEE, BUCKET_OF_PAYER
from horde_server.kudos.ledger import BURNT, FLOOR, MINTED


@dataclass(frozen=True, slots=True)
class Check:
    """One claim about the books."""

    claim: str
    sql: str
    """The first wrong row; none: the claim holds."""
    wrong: str
    """A sentence on that row: its columns by name, amounts `{…:kudos}`, ledger accounts `{…:account}`."""


# Sums of the history that several checks are about
_BALANCES = """(SELECT ledger_account, sum(change)::bigint AS expected FROM (
        SELECT payee AS ledger_account, amount_hundredths AS change FROM ledger_entry
        UNION ALL SELECT payer, -amount_hundredths FROM ledger_entry) AS legs GROUP BY 1)"""
_BUCKETS = f"""(SELECT account_id, bucket, sum(change)::bigint AS expected FROM (
        SELECT payee / 2 AS account_id, {BUCKET_OF_PAYEE} AS bucket, amount_hundredths AS change
        FROM ledger_entry WHERE payee >= 0 AND payee % 2 = 0 AND kind <> 'floor_adjustment'
        UNION ALL
        SELECT payer / 2, {BUCKET_OF_PAYER}, -amount_hundredths
        FROM ledger_entry WHERE payer >= 0 AND payer % 2 = 0 AND kind <> 'floor_adjustment') AS legs GROUP BY 1, 2)"""
_WORKERS = """(SELECT worker_id,
        coalesce(sum(amount_hundredths) FILTER (WHERE kind = 'generation'), 0)::bigint AS generated,
        coalesce(sum(amount_hundredths) FILTER (WHERE kind = 'uptime_reward'), 0)::bigint AS uptime,
        count(*) FILTER (WHERE things IS NOT NULL) AS fulfilments
    FROM ledger_entry WHERE worker_id IS NOT NULL GROUP BY 1)"""

CHECKS = (
    Check(
        "Every movement goes from one account to another and moves nothing negative",
        """SELECT id, payer, payee, amount_hundredths FROM ledger
           WHERE payer = payee OR amount_hundredths < 0 ORDER BY id LIMIT 1""",
        "Movement {id} moves {amount_hundredths:kudos} from {payer:account} to {payee:account}: it should move 0 or "
        "more, between two accounts.",
    ),
    Check(
        "Every movement is in the inbox or in the history, and not in both",
        "SELECT id FROM ledger_inbox JOIN ledger_entry USING (id) ORDER BY id LIMIT 1",
        "Movement {id} is in the inbox although it is in the history: it would be booked twice.",
    ),
    Check(
        "The history is what was written to it, day by day",
        """SELECT day, coalesce(counted.movements, 0) AS expected,
                  coalesce(counted.amount_hundredths, 0) AS expected_sum,
                  coalesce(found.movements, 0) AS movements, coalesce(found.amount_hundredths, 0) AS amount_sum
           FROM ledger_day AS counted FULL JOIN (
               SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS movements,
                      sum(amount_hundredths) AS amount_hundredths
               FROM ledger_entry GROUP BY 1) AS found USING (day)
           WHERE (counted.movements, counted.amount_hundredths)
                 IS DISTINCT FROM (found.movements, found.amount_hundredths)
           ORDER BY day LIMIT 1""",
        "Of {day} there are {movements} movements of {amount_sum:kudos} in all: {expected} of {expected_sum:kudos} "
        "were written.",
    ),
    Check(
        "All balances together are zero",
        """SELECT sum(balance_hundredths)::bigint AS total FROM ledger_balance
           HAVING coalesce(sum(balance_hundredths), 0) <> 0""",
        "All balances together are {total:kudos}: they should be 0.00.",
    ),
    Check(
        "Every balance is the sum of its account's movements",
        f"""SELECT ledger_account, coalesce(balance_hundredths, 0) AS balance, coalesce(expected, 0) AS expected
            FROM ledger_balance FULL JOIN {_BALANCES} AS entries USING (ledger_account)
            WHERE coalesce(balance_hundredths, 0) <> coalesce(expected, 0) ORDER BY abs(ledger_account), 1 LIMIT 1""",
        "{ledger_account:account} is {balance:kudos}: its movements come to {expected:kudos}.",
    ),
    Check(
        "Every account's kudos_details are the sums of its movements",
        f"""SELECT account_id, bucket, coalesce(amount_hundredths, 0) AS amount, coalesce(expected, 0) AS expected
            FROM kudos_bucket FULL JOIN {_BUCKETS} AS entries USING (account_id, bucket)
            WHERE coalesce(amount_hundredths, 0) <> coalesce(expected, 0) ORDER BY account_id, bucket LIMIT 1""",
        "Account {account_id} has {amount:kudos} {bucket}: its movements come to {expected:kudos}.",
    ),
    Check(
        "No balance is below its account's floor",
        f"""SELECT account.id AS account_id, balance_hundredths AS balance, {FLOOR_SQL} AS floor
            FROM ledger_balance JOIN account ON ledger_account = 2 * account.id::bigint
            WHERE balance_hundredths < {FLOOR_SQL} ORDER BY account.id LIMIT 1""",
        "The balance of account {account_id} is {balance:kudos}: its floor is {floor:kudos}.",
    ),
    Check(
        "Nothing negative is held back, and the horde's own accounts have the sign that they must have",
        f"""SELECT ledger_account, balance_hundredths AS balance FROM ledger_balance
            WHERE (ledger_account >= 0 AND ledger_account % 2 = 1 AND balance_hundredths < 0)
               OR (ledger_account IN ({MINTED}, {FLOOR}) AND balance_hundredths > 0)
               OR (ledger_account = {BURNT} AND balance_hundredths < 0)
            ORDER BY abs(ledger_account) LIMIT 1""",
        "{ledger_account:account} is {balance:kudos}: it should have the other sign.",
    ),
    Check(
        "Kudos are reserved only for requests of which something is still to come",
        """SELECT id, held_hundredths AS held FROM request
           WHERE held_hundredths < 0 OR (held_hundredths > 0 AND waiting + processing = 0) ORDER BY id LIMIT 1""",
        "Request {id} reserves {held:kudos} although nothing of it is still to come: it should reserve 0.00.",
    ),
    Check(
        "No job was paid twice",
        """SELECT job_id, count(*) AS times FROM ledger WHERE things IS NOT NULL AND job_id IS NOT NULL
           GROUP BY job_id HAVING count(*) > 1 ORDER BY job_id LIMIT 1""",
        "Job {job_id} was settled {times} times: it should be once.",
    ),
    Check(
        "Every job that is done earned what its row says",
        """SELECT job.id AS job_id, reward_hundredths AS reward, coalesce(paid, 0) AS paid
           FROM job LEFT JOIN (SELECT job_id, sum(amount_hundredths)::bigint AS paid FROM ledger
                               WHERE kind = 'generation' GROUP BY job_id) AS entries ON entries.job_id = job.id
           WHERE state = 'done' AND reward_hundredths <> coalesce(paid, 0) ORDER BY job.id LIMIT 1""",
        "Job {job_id} earned {paid:kudos}: its row says {reward:kudos}.",
    ),
    Check(
        "Every request that is kept was charged what its row says",
        """SELECT request.id AS request_id, consumed_hundredths AS consumed, coalesce(charged, 0) AS charged
           FROM request LEFT JOIN (SELECT request_id, payer, sum(amount_hundredths)::bigint AS charged FROM ledger
                                   WHERE request_id IS NOT NULL GROUP BY 1, 2) AS entries
                ON entries.request_id = request.id AND payer = 2 * account_id::bigint
           WHERE consumed_hundredths <> coalesce(charged, 0) ORDER BY request.id LIMIT 1""",
        "Request {request_id} was charged {charged:kudos}: its row says {consumed:kudos}.",
    ),
    Check(
        "Every transfer moved its kudos once",
        """SELECT event_id, coalesce(amount * 100, 0) AS amount, coalesce(moved, 0) AS moved
           FROM kudos_transfer FULL JOIN (
               SELECT event_id, sum(amount_hundredths)::bigint AS moved FROM ledger
               WHERE kind IN ('transfer', 'donation') GROUP BY 1) AS entries USING (event_id)
           WHERE amount * 100 IS DISTINCT FROM moved ORDER BY event_id LIMIT 1""",
        "Transfer {event_id} moved {moved:kudos}: it was for {amount:kudos}.",
    ),
    Check(
        "Every key has spent what its movements say",
        """SELECT id, spent_hundredths AS spent, coalesce(expected, 0) AS expected
           FROM api_key LEFT JOIN (SELECT key_id, sum(amount_hundredths)::bigint AS expected FROM ledger_entry
                                   WHERE key_id IS NOT NULL GROUP BY 1) AS entries ON key_id = id
           WHERE spent_hundredths <> coalesce(expected, 0) ORDER BY id LIMIT 1""",
        "Key {id} has spent {spent:kudos}: its movements come to {expected:kudos}.",
    ),
    Check(
        "Every worker has earned and done what its movements say",
        f"""SELECT id, kudos_generated_hundredths AS generated, coalesce(entries.generated, 0) AS expected_generated,
                  kudos_uptime_hundredths AS uptime, coalesce(entries.uptime, 0) AS expected_uptime,
                  worker.fulfilments, coalesce(entries.fulfilments, 0) AS expected_fulfilments
            FROM worker LEFT JOIN {_WORKERS} AS entries ON worker_id = id
            WHERE (kudos_generated_hundredths, kudos_uptime_hundredths, worker.fulfilments) IS DISTINCT FROM
                  (coalesce(entries.generated, 0), coalesce(entries.uptime, 0), coalesce(entries.fulfilments, 0))
            ORDER BY id LIMIT 1""",
        "Worker {id} earned {generated:kudos} by {fulfilments} jobs and {uptime:kudos} by being there: its movements "
        "come to {expected_generated:kudos}, {expected_fulfilments} and {expected_uptime:kudos}.",
    ),
)


async def begin_proof(conn: Connection) -> None:
    """All that the caller's transaction reads is of one moment, takes as long as it needs, and changes nothing."""
    await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    await conn.execute("SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true)")


async def first_wrong_row(conn: Connection, check: Check) -> dict[str, Any] | None:
    """The columns of the first row that speaks against the claim; None where there is none."""
    cursor = await conn.execute(check.sql.encode())
    row = await cursor.fetchone()
    if row is None:
        return None
    assert cursor.description is not None
    return dict(zip((column.name for column in cursor.description), row, strict=True))


async def movements(conn: Connection) -> tuple[int, int]:
    """How many are in the history and in the inbox."""
    cursor = await conn.execute("SELECT (SELECT count(*) FROM ledger_entry), (SELECT count(*) FROM ledger_inbox)")
    row = await cursor.fetchone()
    assert row is not None
    return row[0], row[1]
