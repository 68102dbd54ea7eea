"""The proof of the books finds each thing that can be wrong, and says what was expected (kudos.md §11)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from horde_processes import clean_environment
from ledger_checks import add_account, add_worker, fold_all

from horde_server.accounts.creation import adjust_kudos
from horde_server.database.pool import Connection, Pool
from horde_server.kudos.ledger import MINTED, EntryKind, Movement, escrow, request_tax, settlement, spendable
from horde_server.kudos.ledger_store import post
from horde_server.kudos.proof import prove
from horde_server.kudos.proof_store import CHECKS
from horde_server.kudos.transfers import transfer

PROGRAM = str(Path(sys.executable).with_name("horde"))
JOB, REQUEST = UUID(int=1), UUID(int=2)


async def some_history(pool: Pool) -> None:
    """Account 1 asked account 2, who is not trusted, for a picture, gave it kudos, and asks for another one."""
    async with pool.connection() as conn:
        ada, ben = await add_account(conn), await add_account(conn, "ben")
        worker = await add_worker(conn, ben)
        await adjust_kudos(conn, ada, 100_000)
        await fold_all(pool)
        await conn.execute(
            """INSERT INTO request (id, kind, account_id, jobs, waiting, finished, order_key, price_hundredths,
                                    consumed_hundredths, held_hundredths, payer_covered, client_agent, expires_at,
                                    request_order)
               VALUES (%s, 'image', %s, 2, 1, 1, 0, 0, 1500, 1200, true, 'test', now() + interval '1 hour', '{}')""",
            (REQUEST, ada),
        )
        await conn.execute(
            """INSERT INTO job (id, request_id, worker_id, owner_id, model, state, ttl_s, deadline, settled_at, result,
                                reward_hundredths)
               VALUES (%s, %s, %s, %s, 'm', 'done', 9, now(), now(), 'r', 1100)""",
            (JOB, REQUEST, worker, ben),
        )
        cursor = await conn.execute("INSERT INTO api_key (account_id, hash) VALUES (%s, 'x') RETURNING id", (ada,))
        [(key_id,)] = await cursor.fetchall()
        await post(conn, [request_tax(ada, REQUEST, 300, "image", key_id)])
        await post(conn, settlement(
            request_id=REQUEST, job_id=JOB, requester_id=ada, owner_id=ben, owner_trusted=False, worker_id=worker,
            paid_hundredths=1_100, debit_hundredths=1_200, domain="image", things=1e6, speed=1.0, model="m",
            key_id=key_id,
        ))  # fmt: skip
        await post(conn, [Movement(uuid4(), EntryKind.UPTIME_REWARD, MINTED, escrow(ben), 5_000, owner_id=ben,
                                   worker_id=worker)])  # fmt: skip
        await transfer(pool, ada, str(ben), 40)
        await fold_all(pool)
        await post(conn, [Movement(uuid4(), EntryKind.AWARD, MINTED, spendable(ada), 700)])


async def findings(conn: Connection) -> dict[str, str]:
    """What is wrong, by claim."""
    return {found.claim: found.wrong async for found in prove(conn) if found.wrong is not None}


@pytest.mark.asyncio
async def test_books_that_are_right_are_right(pool: Pool) -> None:
    async with pool.connection() as conn:
        assert await findings(conn) == {}
        await some_history(pool)
        assert await findings(conn) == {}


CORRUPTIONS = {
    "Every movement goes from one account to another and moves nothing negative": (
        "ALTER TABLE ledger_inbox DROP CONSTRAINT ledger_inbox_amount_hundredths_check;"
        "UPDATE ledger_inbox SET amount_hundredths = -700",
        "moves -7.00 from The horde's account of minted kudos to The balance of account 1",
    ),
    "Every movement is in the inbox or in the history, and not in both": (
        "INSERT INTO ledger_entry SELECT * FROM ledger_inbox",
        "is in the inbox although it is in the history",
    ),
    "The history is what was written to it, day by day": (
        "DELETE FROM ledger_entry WHERE kind = 'uptime_reward'",
        "there are 6 movements of 1055.00 in all: 7 of 1105.00 were written.",
    ),
    "All balances together are zero": (
        "UPDATE ledger_balance SET balance_hundredths = balance_hundredths + 1 WHERE ledger_account = 2",
        "All balances together are 0.01: they should be 0.00.",
    ),
    "Every balance is the sum of its account's movements": (
        "UPDATE ledger_balance SET balance_hundredths = balance_hundredths + 5 WHERE ledger_account = 5;"
        "UPDATE ledger_balance SET balance_hundredths = balance_hundredths - 5 WHERE ledger_account = -1",
        "The horde's account of minted kudos is -50.05: its movements come to -50.00.",
    ),
    "Every account's kudos_details are the sums of its movements": (
        "DELETE FROM kudos_bucket WHERE bucket = 'gifted'",
        "Account 1 has 0.00 gifted: its movements come to -40.00.",
    ),
    "No balance is below its account's floor": (
        "UPDATE account SET kind = 'registered' WHERE id = 1;"
        "UPDATE ledger_balance SET balance_hundredths = 2499 WHERE ledger_account = 2",
        "The balance of account 1 is 24.99: its floor is 25.00.",
    ),
    "Nothing negative is held back, and the horde's own accounts have the sign that they must have": (
        "UPDATE ledger_balance SET balance_hundredths = -1 WHERE ledger_account = 5",
        "What is held back of account 2 is -0.01: it should have the other sign.",
    ),
    "Kudos are reserved only for requests of which something is still to come": (
        "UPDATE request SET waiting = 0",
        "reserves 12.00 although nothing of it is still to come",
    ),
    "No job was paid twice": (
        "INSERT INTO ledger_inbox (event_id, kind, payer, payee, amount_hundredths, job_id, things)"
        " SELECT gen_random_uuid(), 'job_tax', 2, -2, 0, job_id, 1 FROM job_paid",
        f"Job {JOB} was settled 2 times: it should be once.",
    ),
    "Every job that is done earned what its row says": (
        "UPDATE job SET reward_hundredths = 1101",
        f"Job {JOB} earned 11.00: its row says 11.01.",
    ),
    "Every request that is kept was charged what its row says": (
        "UPDATE request SET consumed_hundredths = 1501",
        f"Request {REQUEST} was charged 15.00: its row says 15.01.",
    ),
    "Every transfer moved its kudos once": (
        "UPDATE kudos_transfer SET amount = 41",
        " moved 40.00: it was for 41.00.",
    ),
    "Every key has spent what its movements say": (
        "UPDATE api_key SET spent_hundredths = 1499",
        "has spent 14.99: its movements come to 15.00.",
    ),
    "Every worker has earned and done what its movements say": (
        "UPDATE worker SET fulfilments = 2",
        "earned 11.00 by 2 jobs and 50.00 by being there: its movements come to 11.00, 1 and 50.00.",
    ),
}


def test_every_check_is_tried() -> None:
    assert list(CORRUPTIONS) == [check.claim for check in CHECKS]


@pytest.mark.asyncio
@pytest.mark.parametrize("claim", CORRUPTIONS)
async def test_what_is_wrong_is_named(pool: Pool, claim: str) -> None:
    await some_history(pool)
    statements, sentence = CORRUPTIONS[claim]
    async with pool.connection() as conn:
        await conn.execute(f"CREATE VIEW job_paid AS SELECT id AS job_id FROM job;{statements}".encode())
        assert sentence in (await findings(conn))[claim]


@pytest.mark.asyncio
async def test_a_changed_amount_of_the_history_is_found_from_both_sides(pool: Pool) -> None:
    """By its day, and by the balances of who gave and who got."""
    await some_history(pool)
    async with pool.connection() as conn:
        await conn.execute("UPDATE ledger_entry SET amount_hundredths = 3999 WHERE kind = 'transfer'")
        found = await findings(conn)
    assert "7 movements of 1104.99 in all: 7 of 1105.00" in found["The history is what was written to it, day by day"]
    assert "The balance of account 1 is 945.00: its movements come to 945.01." in found.values()
    assert len(found) == 4


@pytest.mark.asyncio
async def test_the_command_proves_and_ends_with_its_verdict(pool: Pool, database_dsn: str, tmp_path: Path) -> None:
    """§11.1: 0 where all is right, 1 where something is wrong; people and programs are told the same."""
    await some_history(pool)

    def audit(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, "admin", "audit-ledger", "--database-url", database_dsn, *arguments],
            cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip

    right = audit()
    assert (right.returncode, right.stderr) == (0, "")
    assert right.stdout.splitlines()[0] == "7 movements in the history, 1 that are not booked yet."
    assert right.stdout.splitlines()[-1] == "The books are right."
    with psycopg.connect(database_dsn, autocommit=True) as conn:
        conn.execute("UPDATE ledger_balance SET balance_hundredths = balance_hundredths + 1 WHERE ledger_account = 2")
    wrong = audit()
    assert wrong.returncode == 1
    assert "WRONG  Every balance is the sum" in wrong.stdout
    assert "The balance of account 1 is 945.01: its movements come to 945.00." in wrong.stdout
    told = json.loads(audit("--json").stdout)
    assert told["is_right"] is False
    assert len(told["checks"]) == len(CHECKS)
    assert sum(check["wrong"] is not None for check in told["checks"]) == 2


@pytest.mark.asyncio
async def test_the_proof_changes_nothing(pool: Pool) -> None:
    """It runs in a transaction that cannot."""
    async with pool.connection() as conn:
        async for _ in prove(conn):
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                async with conn.transaction():
                    await conn.execute("UPDATE account SET username = 'x'")
            break
