"""The accounts of `horde up`: made once, found again, made anew for another database."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import psycopg

from horde_server.command_line.household import household_accounts, with_admin
from horde_server.settings import Settings


async def test_the_admin_key_is_told_at_the_first_start_only(database_dsn: str, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    first = await household_accounts(settings, database_dsn)
    second = await household_accounts(settings, database_dsn)
    assert first.admin_key is not None
    assert second.admin_key is None
    assert (second.admin_id, second.worker_key) == (first.admin_id, first.worker_key)
    assert with_admin(settings, first.admin_id).admin_ids == {first.admin_id}


async def test_the_admin_key_is_kept_nowhere_and_the_workers_for_the_owner_only(
    database_dsn: str, tmp_path: Path
) -> None:
    made = await household_accounts(Settings(data=tmp_path), database_dsn)
    kept = tmp_path / "household.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert made.admin_key is not None
    assert made.admin_key not in kept.read_text()


async def test_a_folder_that_was_given_another_database_gets_accounts_there(database_dsn: str, tmp_path: Path) -> None:
    first = await household_accounts(Settings(data=tmp_path), database_dsn)
    async with await psycopg.AsyncConnection.connect(database_dsn, autocommit=True) as conn:
        await conn.execute("DELETE FROM api_key WHERE account_id > 0; DELETE FROM account WHERE id > 0")
    second = await household_accounts(Settings(data=tmp_path), database_dsn)
    assert second.admin_key is not None
    assert second.worker_key != first.worker_key
    assert json.loads((tmp_path / "household.json").read_text())["worker_key"] == second.worker_key
