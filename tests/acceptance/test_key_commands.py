"""Keys as people use them: made and ended from a terminal, and never beyond their budget on several servers."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from horde_processes import PROGRAM, RunningHorde, clean_environment, start_horde, wait_until

from horde_server.database.embedded import running_dsn

pytestmark = pytest.mark.acceptance

ORDER = {
    "prompt": "a lighthouse",
    "models": ["stable_diffusion"],
    "params": {"width": 512, "height": 512, "steps": 10},
}
BUDGET, REQUESTS = 100, 60


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


def horde(server: RunningHorde, key: str, *arguments: str) -> Any:
    """What a command of the terminal prints as JSON."""
    done = subprocess.run(
        [str(PROGRAM), *arguments, "--json", "--horde", server.url, "--apikey", key],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_keys_from_a_terminal_on_two_servers(servers: tuple[RunningHorde, RunningHorde]) -> None:
    """keys.md §5.5: of parallel requests on both as many are taken as the budget covers; a key ends at once on both."""
    first, second = servers
    ada = first.create_user("ada", kudos=10_000)["api_key"]
    own = horde(first, ada, "keys", "create", "bot", "--kudos", str(BUDGET))
    shared = horde(first, ada, "sharedkeys", "create", "--kudos", str(BUDGET), "--name", "friends")
    dsn = running_dsn(first.data)
    assert dsn is not None
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("UPDATE account SET concurrency = 500")

    def ask(number: int) -> int:
        key = (own["api_key"], shared["id"])[number // 2 % 2]
        return servers[number % 2].api("generate/async", ORDER, key=key)[0]

    with ThreadPoolExecutor(16) as threads:
        outcomes = Counter(threads.map(ask, range(REQUESTS)))
    with psycopg.connect(dsn, autocommit=True) as conn:
        [(most,)] = conn.execute("SELECT DISTINCT key_job_hundredths FROM request").fetchall()
    covered = BUDGET * 100 // (300 + most)
    assert covered < REQUESTS // 2
    assert outcomes == {202: 2 * covered, 403: REQUESTS - 2 * covered}

    assert horde(second, ada, "sharedkeys", "show", shared["id"])["utilized"] == 3 * covered
    listed = {key["name"]: key for key in horde(second, ada, "keys", "list")}
    assert (listed["bot"]["spent"], listed["bot"]["kudos"]) == (3 * covered, BUDGET - 3 * covered)

    rotated = horde(first, ada, "keys", "rotate", str(own["id"]))
    horde(first, ada, "sharedkeys", "delete", shared["id"])
    for ended in (own["api_key"], shared["id"]):
        for server in servers:
            wait_until(lambda: server.api("generate/async", ORDER, key=ended)[0] == 401, 10, "the key has ended")  # noqa: B023
    horde(first, ada, "keys", "change", str(own["id"]), "--kudos", "200")
    assert second.api("generate/async", ORDER, key=rotated["api_key"])[0] == 202
