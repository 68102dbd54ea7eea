"""`horde admin reset-key` and `horde admin recover`, as real processes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from horde_processes import clean_environment
from hordes import running_horde

from horde_server.command_line.household import household_accounts
from horde_server.command_line.household_file import read_household
from horde_server.settings import Settings

PROGRAM = str(Path(sys.executable).with_name("horde"))


def admin(folder: Path, dsn: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `horde admin …` on a database."""
    return subprocess.run(
        [PROGRAM, "admin", *arguments, "--database-url", dsn],
        cwd=folder,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def keys(dsn: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as conn:
        query = "SELECT account_id, name, revoked_at IS NULL FROM api_key ORDER BY id"
        return list(conn.execute(query).fetchall())


def test_a_reset_ends_all_keys_and_makes_one(tmp_path: Path, database_dsn: str) -> None:
    answer(admin(tmp_path, database_dsn, "create-user", "ada", "--json"))
    answer(admin(tmp_path, database_dsn, "create-key", "ada#1", "--scope", "ask", "--name", "bot", "--json"))
    with psycopg.connect(database_dsn) as conn:
        conn.execute(
            """INSERT INTO api_key (account_id, hash, name, scopes, shared_id)
               VALUES (1, '\\x07', 'shared', '{ask}', gen_random_uuid())"""
        )
    made = answer(admin(tmp_path, database_dsn, "reset-key", "ada#1", "--why", "it leaked", "--json"))
    assert (made["alias"], made["ended"], len(made["api_key"])) == ("ada#1", 2, 22)
    assert keys(database_dsn) == [(1, "main", False), (1, "bot", False), (1, "shared", True), (1, "main", True)]
    with psycopg.connect(database_dsn) as conn:
        query = "SELECT action, via, subject_id, concerns, reason FROM audit_entry ORDER BY id DESC LIMIT 1"
        assert conn.execute(query).fetchone() == ("key.reset", "command_line", "1", 1, "it leaked")


@pytest.mark.parametrize(("user", "code"), [("7", 1), ("ada", 2), ("0", 2)])
def test_who_is_not_there_is_said_in_words(tmp_path: Path, database_dsn: str, user: str, code: int) -> None:
    refused = admin(tmp_path, database_dsn, "reset-key", user)
    assert refused.returncode == code
    assert "Traceback" not in refused.stderr
    assert refused.stderr.strip()


def test_the_first_administrator_gets_a_new_key(tmp_path: Path, database_dsn: str) -> None:
    for name in ("ada", "root", "boss"):
        answer(admin(tmp_path, database_dsn, "create-user", name, "--json"))
    admins = {"HORDE_ADMINS": '["boss#3", "root#2", "gone#9"]'}
    made = answer(admin(tmp_path, database_dsn, "recover", "--json", **admins))
    assert (made["alias"], made["set"], made["ended"]) == ("root#2", None, 1)
    assert "ended of root#2" in admin(tmp_path, database_dsn, "recover", **admins).stdout


def test_without_an_administrator_it_says_what_to_set(tmp_path: Path, database_dsn: str) -> None:
    made = answer(admin(tmp_path, database_dsn, "recover", "--json"))
    assert (made["alias"], made["set"]) == ("admin#1", 'HORDE_ADMINS=["admin#1"]')
    answer(admin(tmp_path, database_dsn, "create-user", "ada", "--json"))
    told = admin(tmp_path, database_dsn, "recover").stdout
    assert "One key ended of admin#1" in told
    assert 'set HORDE_ADMINS=["admin#1"]' in told


async def test_a_households_administrator_is_known_and_its_worker_goes_on(tmp_path: Path, database_dsn: str) -> None:
    settings = Settings(data=tmp_path / "horde-data", _env_file=None)
    made = await household_accounts(settings, database_dsn)
    recovered = await asyncio.to_thread(admin, tmp_path, database_dsn, "recover", "--json")
    assert (answer(recovered)["id"], answer(recovered)["set"]) == (made.admin_id, None)
    before = read_household(settings.data)
    assert before is not None
    reset = await asyncio.to_thread(admin, tmp_path, database_dsn, "reset-key", str(before.worker_id), "--json")
    again = await household_accounts(settings, database_dsn)
    assert (again.admin_id, again.worker_key, again.admin_key) == (made.admin_id, answer(reset)["api_key"], None)


async def test_a_running_horde_hears_of_a_reset(tmp_path: Path, database_dsn: str) -> None:
    async with running_horde(database_dsn, {"_env_file": None, "data": tmp_path}) as horde:
        ada = await horde.account("ada")
        assert (await horde.ask(ada.api_key)).status_code == 202
        made = answer(await asyncio.to_thread(admin, tmp_path, database_dsn, "reset-key", "1", "--json"))

        async def is_over() -> bool:
            asked: httpx.Response = await horde.ask(ada.api_key)
            return asked.status_code == 401

        await horde.until(is_over, "the server has heard of it")
        assert (await horde.ask(made["api_key"])).status_code == 202
