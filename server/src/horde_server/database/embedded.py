"""A PostgreSQL of our own in the data folder, under our supervision.

`initdb` once, then `postgres` on a private socket and no TCP (Windows: `loopback.py`). One holder at a time, by a lock
that dies with the holder; what a crashed holder left running is stopped at the next start; a database that dies under
us is restarted.
Measured on a 2-core machine: initdb 0.7 s, ready in 0.1 s, crash recovery 0.4 s.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
import structlog

from horde_server.database import loopback, pg_ctl
from horde_server.database.binaries import postgres_bin_folder, postgres_program
from horde_server.database.data_folder import DataFolderUnusable, FolderHold, hold
from horde_server.database.loopback import LoopbackPort
from horde_server.database.pool import connect
from horde_server.database.socket_folders import SocketFolder, connection_string, remove_stale
from horde_server.database.system_user import RunAs, let_pass, own, unprivileged_user
from horde_server.system.child_processes import apart
from horde_server.system.disks import disk_of

log = structlog.get_logger(__name__)

DATABASE = "horde"
SUPERUSER = "horde"
START_LIMIT_S = 60.0
STOP_LIMIT_S = 20.0
_LOG_LIMIT_BYTES = 10 * 1024 * 1024
_POLL_S = 0.02
_WATCH_INTERVAL_S = 0.5
_NEW_CLUSTER_BYTES = 100 * 1024 * 1024
_NO_SPACE = os.strerror(errno.ENOSPC)

# A small shared machine is the common case; durability stays as it is by default: fsync and synchronous_commit on.
_SERVER_SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "autovacuum_naptime": "20s",
    "log_checkpoints": "off",
}


class EmbeddedDatabaseError(RuntimeError):
    """The embedded PostgreSQL cannot be used; the message says why and what to do."""


class EmbeddedPostgres:
    """Holds one embedded PostgreSQL: `async with EmbeddedPostgres(folder) as database: database.dsn`."""

    def __init__(
        self, data_folder: Path, held: FolderHold | None = None, *, on_windows: bool = sys.platform == "win32"
    ) -> None:
        """The database of one data folder, not yet started.

        Args:
            data_folder: Where it lies, or will be made.
            held: The hold of this folder, where the caller took it before; it becomes ours.
            on_windows: Do without sockets in files and without signals. Works everywhere, so that it can be tested.
        """
        self._folder = data_folder
        self._home = data_folder.absolute() / "postgres"
        self._cluster = self._home / "cluster"
        self._log_path = self._home / "postgres.log"
        self._log_begin = 0  # bytes that are older than the server
        self._user: RunAs | None = None
        self._held = held
        self._process: subprocess.Popen[bytes] | None = None
        self._address: SocketFolder | LoopbackPort | None = None
        self._on_windows = on_windows
        self._watchdog: asyncio.Task[None] | None = None

    @property
    def dsn(self) -> str:
        """Connection string (keyword form) while it runs."""
        if self._address is None:
            raise EmbeddedDatabaseError("The embedded database is not running.")
        return self._address.connection_string(DATABASE)

    @property
    def pid(self) -> int:
        """Process id of the postmaster while it runs."""
        if self._process is None:
            raise EmbeddedDatabaseError("The embedded database is not running.")
        return self._process.pid

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start it, creating the cluster at the first start.

        Raises `EmbeddedDatabaseError`, or `DataFolderUnusable` for a folder that cannot be used, full disks included.
        """
        try:
            # The process must be made by this thread: the kernel ends it when the thread that made it ends.
            self._prepare()
            self._launch()
            await self._wait_ready()
        except OSError as error:
            await self.stop()
            raise DataFolderUnusable.by(self._folder, error) from error
        except BaseException:
            await self.stop()
            raise
        self._watchdog = asyncio.create_task(self._keep_alive(), name="embedded-postgres-watchdog")

    async def stop(self) -> None:
        """Stop it cleanly (fast shutdown), leaving no process behind. Harmless when it does not run."""
        if self._watchdog is not None:
            self._watchdog.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watchdog
            self._watchdog = None
        if self._process is not None:
            await asyncio.to_thread(self._end, self._process.pid, self._process.poll)
            try:
                self._process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:  # `pg_ctl` could not
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._address is not None:
            self._address.remove()
            self._address = None
        if self._held is not None:
            self._held.release()
            self._held = None

    # ---------------------------------------------------------------- steps

    def _prepare(self) -> None:
        self._user = unprivileged_user()
        if self._held is None:
            self._held = hold(self._folder)
        if self._user:
            let_pass(self._home, self._user)
            let_pass(postgres_bin_folder())
        self._stop_stale()
        if stale := remove_stale(self._user):
            log.info("database.stale_sockets_removed", folders=len(stale))
        if not (self._cluster / "PG_VERSION").exists():
            self._create_cluster()

    def _end(self, pid: int, poll: Callable[[], int | None]) -> None:
        if self._on_windows:
            pg_ctl.stop(self._cluster, STOP_LIMIT_S, env=_environment(), cwd="/", **_as_user(self._user))
        else:
            end_process(pid, poll)

    def _stop_stale(self) -> None:
        """Stop what a crashed holder left running; we hold the lock, so nobody uses it."""
        pid = running_postmaster(self._cluster)
        if pid is not None:
            log.warning("database.stale_server_found", pid=pid)
            self._end(pid, lambda: None if running_postmaster(self._cluster) == pid else 0)

    def _create_cluster(self) -> None:
        shutil.rmtree(self._cluster, ignore_errors=True)
        fresh = self._home / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if disk_of(fresh).free_bytes < _NEW_CLUSTER_BYTES:  # `initdb` may end in other words, or by a bus error
            raise self._full_disk()
        if self._user:
            own(fresh, self._user)
        who_may = loopback.initdb_options(self._home, self._user) if self._on_windows else ["--auth", "trust"]
        command = [
            postgres_program("initdb"), "--pgdata", str(fresh), "--username", SUPERUSER, *who_may,
            "--encoding", "UTF8", "--locale", "C", "--no-instructions",
        ]  # fmt: skip
        made = subprocess.run(
            command, capture_output=True, text=True, cwd="/", env=_environment(), check=False, **_as_user(self._user)
        )
        if made.returncode != 0:
            said = made.stderr.strip() or made.stdout.strip()
            shutil.rmtree(fresh, ignore_errors=True)
            raise self._full_disk() if _NO_SPACE in said else EmbeddedDatabaseError(f"initdb failed: {said}")
        fresh.rename(self._cluster)  # a cluster is there entirely or not at all

    def _new_address(self) -> SocketFolder | LoopbackPort:
        if self._on_windows:
            return LoopbackPort.choose(self._home, SUPERUSER)
        return SocketFolder.make(self._user, SUPERUSER)

    def _launch(self) -> None:
        if self._address is None:
            self._address = self._new_address()
        command = [postgres_program("postgres"), "-D", str(self._cluster), *self._address.server_arguments]
        for name, value in _SERVER_SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        if self._log_path.exists() and self._log_path.stat().st_size > _LOG_LIMIT_BYTES:
            self._log_path.replace(self._log_path.with_suffix(".log.1"))
        with self._log_path.open("ab") as output:
            self._log_begin = output.tell()
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env=_environment(),
                **apart(signal.SIGINT),  # Ctrl-C at the terminal is ours to handle, in order; SIGINT: a fast shutdown
                **_as_user(self._user),
            )

    async def _wait_ready(self) -> None:
        """Wait until it answers and has our database."""
        assert self._address is not None and self._process is not None
        maintenance = self._address.connection_string("postgres")
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                async with await connect(maintenance) as conn:
                    cursor = await conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
                    if await cursor.fetchone() is None:
                        await conn.execute(f"CREATE DATABASE {DATABASE}")
                return
            except psycopg.OperationalError as error:
                if self._process.poll() is not None:
                    if _NO_SPACE in self._log_tail():
                        raise self._full_disk() from error
                    raise EmbeddedDatabaseError(
                        f"PostgreSQL ended while starting; the end of {self._log_path}:\n{self._log_tail()}"
                    ) from error
                if time.monotonic() > deadline:
                    raise EmbeddedDatabaseError(f"PostgreSQL did not start; see {self._log_path}.") from error
            await asyncio.sleep(_POLL_S)

    async def _keep_alive(self) -> None:
        """Restart the database when it dies under us; connections see a gap and reconnect."""
        while True:
            await asyncio.sleep(_WATCH_INTERVAL_S)
            if self._process is not None and (code := self._process.poll()) is not None:
                log.error("database.died", exit_code=code, log=str(self._log_path))
                try:
                    self._stop_stale()
                    self._launch()
                    await self._wait_ready()
                    log.info("database.restarted", pid=self.pid)
                except (EmbeddedDatabaseError, DataFolderUnusable, OSError) as error:
                    log.error("database.restart_failed", reason=str(error))
                    await asyncio.sleep(1.0)

    def _full_disk(self) -> DataFolderUnusable:
        return DataFolderUnusable.by(self._folder, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    def _log_tail(self) -> str:
        with contextlib.suppress(OSError), self._log_path.open("rb") as log_file:
            log_file.seek(self._log_begin)
            return log_file.read()[-2000:].decode(errors="replace")
        return ""


def running_dsn(data_folder: Path) -> str | None:
    """Connection string of an embedded server that runs in this data folder, held by any process; None if none does."""
    cluster = data_folder.absolute() / "postgres" / "cluster"
    if running_postmaster(cluster) is None:
        return None
    lines = (cluster / "postmaster.pid").read_text().splitlines()
    port, sockets = lines[3:5] if len(lines) > 4 else ("", "")
    if sockets:
        return connection_string(Path(sockets), SUPERUSER, DATABASE)
    return LoopbackPort.at(int(port), cluster.parent, SUPERUSER).connection_string(DATABASE) if port else None


def running_postmaster(cluster: Path) -> int | None:
    """Process id of the server on this cluster, when it really is one; never a stranger that got the number."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
    if sys.platform == "linux":
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return None
        return pid if b"-D" in arguments and os.fsencode(cluster) in arguments else None
    if sys.platform == "win32":
        return pid if pg_ctl.runs(cluster) else None
    try:
        os.kill(pid, 0)
    except OSError:
        return None
    return pid


def end_process(pid: int, poll: Callable[[], int | None]) -> None:
    """End a postmaster: fast shutdown, then immediate, then by force. `poll` returns None while it lives."""
    if sys.platform == "win32":
        raise NotImplementedError("pg_ctl.stop ends a postmaster there")
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        deadline = time.monotonic() + STOP_LIMIT_S
        while time.monotonic() < deadline:
            if poll() is not None:
                return
            time.sleep(_POLL_S)


def _environment() -> dict[str, str]:
    """Only what a program needs; no PG… variable of the caller may reach it."""
    names = ("PATH", "TMPDIR", "TZ", "SYSTEMROOT", "TEMP", "TMP")  # the latter three are Windows'
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "LC_ALL": "C"}


def _as_user(user: RunAs | None) -> dict[str, Any]:
    return {"user": user.uid, "group": user.gid, "extra_groups": []} if user else {}
