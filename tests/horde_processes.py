"""Hordes as real processes on loopback: started on free ports with a temporary data folder, ended by pid."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from horde_server.accounts.creation import NewAccount, create_account
from horde_server.database.embedded import running_dsn
from horde_server.database.pool import connect

READY_LIMIT_S = 90.0
STOP_LIMIT_S = 60.0
PROGRAM = Path(sys.executable).parent / "horde"


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(**extra: str) -> dict[str, str]:
    """This process's environment without any setting of a horde."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HORDE_", "AI_HORDE_"))}
    return {**kept, "PYTHONUNBUFFERED": "1", **extra}


def descendants(pid: int) -> set[int]:
    """Process ids below `pid`, by /proc."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
    found: set[int] = set()
    todo = [pid]
    while todo:
        above = todo.pop()
        below = {child for child, parent in parents.items() if parent == above} - found
        found |= below
        todo += below
    return found


def command_line(pid: int) -> bytes:
    """A process's arguments, each ended by NUL; empty once it has ended, which it may at any moment."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition: Any, limit_s: float, what: str) -> Any:
    """Poll until `condition()` is truthy; its value. Raises AssertionError past the deadline."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {limit_s:g} s: {what}")


def call(url: str, body: Any = None, *, key: str | None = None, method: str | None = None) -> tuple[int, Any]:
    """One HTTP exchange: status and JSON body (or bytes)."""
    headers = {"Content-Type": "application/json", **({"apikey": key} if key else {})}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            raw, status = answer.read(), answer.status
    except urllib.error.HTTPError as error:
        with error:
            raw, status = error.read(), error.code
    try:
        return status, json.loads(raw)
    except ValueError:
        return status, raw


@dataclass
class RunningProcess:
    """A `horde …` process with everything below it, and its log."""

    process: subprocess.Popen[bytes]
    log_path: Path
    seen: set[int] = field(default_factory=set)

    @property
    def pid(self) -> int:
        """Of the process itself."""
        return self.process.pid

    def log(self) -> str:
        """What it printed."""
        return self.log_path.read_text(errors="replace")

    def family(self) -> set[int]:
        """Its process id and those below it, now."""
        self.seen |= descendants(self.pid)
        return {self.pid, *descendants(self.pid)}

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """End it in order; its exit code. Nothing of its family may be left."""
        family = self.family()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(STOP_LIMIT_S)
        wait_until(lambda: not any(map(is_alive, family)), 10, f"processes left behind: {family}")
        return code


@dataclass
class RunningHorde(RunningProcess):
    """A server that answers."""

    url: str = ""
    data: Path = Path()

    def api(self, path: str, body: Any = None, *, key: str | None = None, method: str | None = None) -> tuple[int, Any]:
        """One exchange with `/api/v2/…`."""
        return call(f"{self.url}/api/v2/{path}", body, key=key, method=method)

    def create_user(self, name: str, *, dsn: str | None = None, **given: Any) -> dict[str, Any]:
        """An account, as `horde admin create-user` makes it; a process for each would cost more than most tests.

        Args:
            name: Of the user.
            dsn: The server's database, where it is not its own.
            given: Roles and kudos, as for `create_account`.
        """
        where = dsn or running_dsn(self.data)
        assert where is not None, "the server's own database does not run"
        with ThreadPoolExecutor(1) as thread:  # the caller may be in an event loop
            made = thread.submit(lambda: asyncio.run(_create_account(where, name, given))).result(60)
        return {"id": made.id, "username": name, "alias": made.alias, "api_key": made.api_key}


async def _create_account(dsn: str, name: str, given: dict[str, Any]) -> NewAccount:
    async with await connect(dsn) as conn:
        return await create_account(conn, name, **given)


def start(
    arguments: list[str],
    folder: Path,
    *,
    program: Path = PROGRAM,
    preexec: Callable[[], None] | None = None,
    **environment: str,
) -> RunningProcess:
    """Start `horde …` in `folder`; `program` may be that of another checkout, `preexec` runs in the child before it."""
    folder.mkdir(parents=True, exist_ok=True)
    log_path = folder / f"{arguments[0]}-{time.monotonic_ns()}.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [program, *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=clean_environment(**environment),
            start_new_session=True,
            preexec_fn=preexec,  # noqa: PLW1509 sets limits only, takes no lock
        )
    return RunningProcess(process, log_path)


def start_horde(
    command: str,
    folder: Path,
    *options: str,
    port: int | None = None,
    program: Path = PROGRAM,
    preexec: Callable[[], None] | None = None,
    **environment: str,
) -> RunningHorde:
    """Start `horde serve` or `horde up` and wait until it is ready."""
    port = port or free_port()
    data = folder / "horde data"
    arguments = [command, "--data", str(data), "--port", str(port), *options]
    started = start(arguments, folder, program=program, preexec=preexec, **environment)
    horde = RunningHorde(started.process, started.log_path, url=f"http://127.0.0.1:{port}", data=data)

    def ready() -> bool:
        assert horde.process.poll() is None, horde.log()
        with contextlib.suppress(OSError):
            return call(f"{horde.url}/readyz")[0] == 200
        return False

    try:
        wait_until(ready, READY_LIMIT_S, "the server is ready")
    except BaseException:
        horde.kill()
        raise
    horde.family()
    return horde


@contextlib.contextmanager
def running_horde(
    command: str,
    folder: Path,
    *options: str,
    port: int | None = None,
    program: Path = PROGRAM,
    preexec: Callable[[], None] | None = None,
    **environment: str,
) -> Iterator[RunningHorde]:
    """A horde for the time of a `with` block; afterwards nothing of it is left."""
    horde = start_horde(command, folder, *options, port=port, program=program, preexec=preexec, **environment)
    try:
        yield horde
    finally:
        horde.stop()
