"""The SQL of `horde admin list-users`: an operator's look at the accounts, which may take its time."""

from __future__ import annotations

from enum import Enum
from typing import Any

from psycopg.rows import dict_row

from horde_server.database.pool import Connection
from horde_server.moderation.suspicion import SUSPICIOUS_FROM


class ListedBy(Enum):
    """In which order accounts are listed."""

    KUDOS = "kudos_hundredths DESC, account.id"
    AGE = "account.id"
    ACTIVE = "account.last_active_at DESC NULLS LAST, account.id"
    NAME = "lower(account.username), account.id"


class With(Enum):
    """What the accounts listed have in common."""

    MODERATOR = "account.moderator"
    TRUSTED = "account.trusted"
    FLAGGED = "account.flagged"
    CUSTOMIZER = "account.customizer"
    VPN = "account.vpn"
    SERVICE = "account.service"
    EDUCATION = "account.education"
    SPECIAL = "account.special"
    DELETED = "account.deleted AND account.wiped_at IS NULL"
    SUSPICIOUS = f"cardinality(account.suspicions) >= {SUSPICIOUS_FROM}"
    WORKERS = "EXISTS (SELECT FROM worker WHERE worker.account_id = account.id)"


async def find_users(
    conn: Connection, *, having: With | None, name: str, by: ListedBy, skipped: int, most: int
) -> list[dict[str, Any]]:
    """Accounts whose name contains a text (in any case), but wiped ones; with kudos as they are folded."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            f"""SELECT account.id, username, kind, created_at, last_active_at, deleted_at, moderator, trusted, flagged,
                       customizer, vpn, service, education, special, deleted, concurrency, worker_invited,
                       coalesce((SELECT balance_hundredths FROM ledger_balance
                                 WHERE ledger_account = 2 * account.id), 0) AS kudos_hundredths,
                       (SELECT count(*) FROM worker WHERE worker.account_id = account.id) AS workers
                FROM account
                WHERE wiped_at IS NULL AND strpos(lower(username), lower(%(name)s)) > 0
                  AND {having.value if having else "true"}
                ORDER BY {by.value} OFFSET %(skipped)s LIMIT %(most)s""".encode(),
            {"name": name, "skipped": skipped, "most": most},
        )
        return await cursor.fetchall()


async def find_dates(conn: Connection, account_id: int) -> dict[str, Any]:
    """What an operator is told of an account besides its user object."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            """SELECT kind, created_at, last_active_at, deleted_at, usage_multiplier, suspicions,
                      (SELECT count(*) FROM api_key WHERE account_id = account.id AND revoked_at IS NULL
                       AND (expires_at IS NULL OR expires_at > now())) AS keys
               FROM account WHERE id = %s""",
            (account_id,),
        )
        return await cursor.fetchone() or {}
