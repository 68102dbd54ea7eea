"""A horde that is stopped for days with jobs in hands: the workers deliver after the restart and are paid."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from acceptance.kinds_on_the_wire import KINDS, KindOnTheWire
from horde_processes import running_horde, wait_until
from stops import stop_was_long

from horde_server.database.embedded import EmbeddedPostgres

pytestmark = pytest.mark.acceptance

DAYS_S = 3 * 86400.0


@pytest.fixture
def database() -> Iterator[str]:
    """A PostgreSQL that outlives the servers on it."""
    folder = Path(tempfile.mkdtemp(prefix="horde-tests-"))
    loop = asyncio.new_event_loop()
    server = EmbeddedPostgres(folder)
    loop.run_until_complete(server.start())
    try:
        yield server.dsn
    finally:
        loop.run_until_complete(server.stop())
        loop.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_job_in_hands_survives_a_stop_of_days(tmp_path: Path, database: str, kind: KindOnTheWire) -> None:
    options = ("--database-url", database)
    with running_horde("serve", tmp_path, *options, HORDE_RATE_LIMITS="0") as horde:
        key = horde.create_user("owner", dsn=database, trusted=True)["api_key"]
        status, asked = horde.api(f"{kind.root}/async", kind.request(2), key="0000000000")
        assert status == 202, asked
        [job_id] = kind.job_ids(horde.api(f"{kind.root}/pop", kind.offer("patient"), key=key)[1])
    stop_was_long(database, DAYS_S)
    with running_horde("serve", tmp_path, *options, HORDE_RATE_LIMITS="0") as horde:
        status, credit = horde.api(f"{kind.root}/submit", kind.result(job_id), key=key)
        assert status == 200 and credit["reward"] > 0, credit
        [job_id] = kind.job_ids(horde.api(f"{kind.root}/pop", kind.offer("patient"), key=key)[1])
        assert horde.api(f"{kind.root}/submit", kind.result(job_id), key=key)[0] == 200
        wait_until(lambda: kind.finished(horde.api(f"{kind.check}/{asked['id']}")[1]) == 2, 20, "both are delivered")
        with psycopg.connect(database) as conn:
            row = conn.execute("SELECT uncompleted_jobs, maintenance, cardinality(suspicions) FROM worker").fetchone()
        assert row == (0, False, 0)
        wait_until(lambda: paid(database) == 2, 20, "both are paid")


def paid(database: str) -> int:
    """How many rewards have reached the books."""
    with psycopg.connect(database) as conn:
        row = conn.execute("SELECT count(*) FROM ledger_entry WHERE kind = 'generation'").fetchone()
    assert row is not None
    return int(row[0])
