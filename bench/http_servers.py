"""Compare HTTP servers below our app: processor milliseconds of the server process for a check and for an empty pop.

`horde serve` uses uvicorn. granian is measured too where it is installed (it is no dependency of ours). Each serves the
same app, in one process with uvloop, on an embedded database of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from horde_processes import call, clean_environment, free_port, wait_until  # found by measured_horde
from load import load_on
from measured_horde import Measurement
from operations import Bench, check, empty_pop

from horde_server.app import create_app
from horde_server.database.opening import database
from horde_server.settings import Settings

FOLDER = Path(__file__).parent
CHILD_DSN = "BENCH_DSN"
START_LIMIT_S = 30
COMMANDS = {
    "uvicorn": "uvicorn --factory --app-dir {folder} --host 127.0.0.1 --port {port} --loop uvloop --lifespan on "
    "--no-access-log --no-server-header --no-date-header --log-level warning http_servers:app",
    "granian": "granian --factory --working-dir {folder} --host 127.0.0.1 --port {port} --loop uvloop --interface asgi "
    "--no-access-log --log-level warning http_servers:app",
}


def app() -> Any:
    """The app in a server's process: what `COMMANDS` name."""
    return create_app(Settings(), os.environ[CHILD_DSN])


@contextlib.asynccontextmanager
async def served_by(name: str) -> AsyncIterator[tuple[str, int]]:
    """Address and process id of our app below this HTTP server; both end with the block."""
    with tempfile.TemporaryDirectory(prefix="horde-bench-") as folder:
        async with database(Settings(data=Path(folder))) as dsn:
            port = free_port()
            command = COMMANDS[name].format(folder=FOLDER, port=port).split()
            environment = clean_environment(
                HORDE_DATA=folder,
                HORDE_PORT=str(port),
                HORDE_TEST_APIKEYS="1",
                HORDE_RATE_LIMITS="0",
                **{CHILD_DSN: dsn},
            )
            child = await asyncio.to_thread(subprocess.Popen, [sys.executable, "-m", *command], env=environment)
            try:
                await asyncio.to_thread(wait_until, lambda: _ready(child, port), START_LIMIT_S, f"{name} answers")
                yield f"http://127.0.0.1:{port}", child.pid
            finally:
                child.terminate()
                await asyncio.to_thread(child.wait, START_LIMIT_S)


def _ready(child: subprocess.Popen[bytes], port: int) -> bool:
    assert child.poll() is None, f"ended with {child.returncode}"
    with contextlib.suppress(OSError):
        return call(f"http://127.0.0.1:{port}/readyz")[0] == 200
    return False


async def measure(name: str, seconds: float, connections: int) -> list[Measurement]:
    """Checks and empty pops below this HTTP server."""
    async with served_by(name) as (url, pid), load_on(url, connections) as load:
        bench = Bench(load, pid, seconds, jobs=0)
        return [*await check(bench), *await empty_pop(1000)(bench)]


def main() -> int:
    """Measure those that are installed, and print a line for each result."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=4.0, help="for each operation")
    parser.add_argument("--connections", type=int, default=16, help="at once")
    arguments = parser.parse_args()
    print(f"{'server':<10}{'operation':<16}{'count':>8}{'rate/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}")
    for name in COMMANDS:
        if importlib.util.find_spec(name) is None:
            print(f"{name:<10}not installed: skipped")
            continue
        for result in asyncio.run(measure(name, arguments.seconds, arguments.connections)):
            print(
                f"{name:<10}{result.operation:<16}{result.count:>8}{result.count / result.seconds:>9.0f}"
                f"{result.latency_ms(0.5):>9.1f}{result.latency_ms(0.99):>9.1f}{result.server_ms():>9.3f}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
