"""Styles as people use them: made and asked for from a terminal, and counted to the last on two servers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from horde_processes import PROGRAM, RunningHorde, clean_environment, start_horde, wait_until

from horde_server.database.embedded import running_dsn

pytestmark = pytest.mark.acceptance

REQUESTS = 40


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[RunningHorde, RunningHorde]]:
    """Two server processes on one database."""
    first = start_horde("serve", tmp_path / "first", HORDE_RATE_LIMITS="0")
    try:
        dsn = running_dsn(first.data)
        assert dsn is not None
        second = start_horde("serve", tmp_path / "second", "--database-url", dsn, HORDE_RATE_LIMITS="0")
        try:
            yield first, second
        finally:
            second.stop()
    finally:
        first.stop()


def horde(server: RunningHorde, key: str, *arguments: str) -> str:
    """What a command of the terminal prints."""
    done = subprocess.run(
        [str(PROGRAM), *arguments, "--horde", server.url, "--apikey", key],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_styles_from_a_terminal_on_two_servers(servers: tuple[RunningHorde, RunningHorde]) -> None:
    """styles.md §4.7, §4.8: of parallel requests on both, each use is counted, and each reward paid, once."""
    first, second = servers
    ada = first.create_user("ada", trusted=True)["api_key"]
    ben = first.create_user("ben", kudos=10_000)["api_key"]
    dsn = running_dsn(first.data)
    assert dsn is not None
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("UPDATE account SET concurrency = 500")

    words = ("--prompt", "{p}, in oil###{np}", "-m", "stable_diffusion", "--param", "steps=10", "--tag", "paint")
    oil = horde(first, ada, "styles", "create", "oil", *words)
    horde(first, ada, "styles", "create", "water", *words, "--private")
    horde(second, ada, "styles", "edit", "water", "--public", "--info", "Dries in an hour.")
    horde(second, ada, "styles", "examples", "add", "oil", "https://example.org/1.webp")
    horde(second, ben, "styles", "collections", "create", "paints", "oil", "water")
    assert "paint" in json.loads(horde(second, ben, "styles", "show", oil))["tags"]

    plain = json.loads(
        horde(first, ben, "image", "a sea", "-m", "stable_diffusion", "--steps", "10", "--dry-run", "--json")
    )
    styled = json.loads(horde(second, ben, "image", "a sea", "--style", "oil", "--dry-run", "--json"))
    assert styled["kudos"] == plain["kudos"] + 2

    def ask(number: int) -> int:
        order = {"prompt": "a sea", "style": "collection::paints"}
        return int(servers[number % 2].api("generate/async", order, key=ben)[0])

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(ask, range(REQUESTS))) == {202}

    def told(*words: str) -> Any:
        return json.loads(horde(first, ben, "styles", *words))

    def used() -> bool:
        return bool(told("collections", "show", "paints")["use_count"] == REQUESTS)

    wait_until(used, 30, "all uses are counted")
    assert sum(told("show", name)["use_count"] for name in ("oil", "water")) == REQUESTS
    with psycopg.connect(dsn, autocommit=True) as conn:
        folded = "SELECT count(*) FROM ledger_inbox"
        wait_until(lambda: conn.execute(folded).fetchall() == [(0,)], 30, "all rewards are in the balances")
        rewards = conn.execute("SELECT bucket, amount_hundredths FROM kudos_bucket WHERE bucket = 'styled'").fetchall()
        assert rewards == [("styled", 200 * REQUESTS)]
        assert conn.execute("SELECT sum(balance_hundredths) FROM ledger_balance").fetchall() == [(0,)]
        assert conn.execute("SELECT value FROM account_record WHERE record = 'style'").fetchall() == [(REQUESTS,)]
