"""A PostgreSQL of our own in the data folder, under our supervision.

`initdb` once, then `postgres` on a private socket and no TCP. One holder at a time, by a file lock that dies with the
holder; what a crashed holder left running is stopped at the next start; a database that dies under us is restarted.
Measured on a 2-core machine: initdb 0.7 s, ready in 0.1 s, crash recovery 0.4 s.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
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

from horde_server.database.binaries import postgres_bin_folder
from horde_server.database.data_folder import DataFolderUnusable, FolderHold, hold
from horde_server.database.pool import connect
from horde_server.database.socket_folders import SocketFolder, remove_stale
from horde_server.database.system_user import RunAs, let_pass, own, unprivileged_user

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
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
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

    def __init__(self, data_folder: Path, held: FolderHold | None = None) -> None:
        """`held`: the hold of this folder, where the caller took it before; it becomes ours."""
        self._folder = data_folder
        self._home = data_folder.absolute() / "postgres"
        self._cluster = self._home / "cluster"
        self._log_path = self._home / "postgres.log"
        self._log_begin = 0  # bytes that are older than the server
        self._user: RunAs | None = None
        self._held = held
        self._process: subprocess.Popen[bytes] | None = None
        self._sockets: SocketFolder | None = None
        self._watchdog: asyncio.Task[None] | None = None

    @property
    def dsn(self) -> str:
        """Connection string (keyword form) while it runs."""
        if self._sockets is None:
            raise EmbeddedDatabaseError("The embedded database is not running.")
        return connection_string(self._sockets.path)

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
            await asyncio.to_thread(end_process, self._process.pid, self._process.poll)
            self._process.wait()
            self._process = None
        if self._sockets is not None:
            self._sockets.remove()
            self._sockets = None
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

    def _stop_stale(self) -> None:
        """Stop what a crashed holder left running; we hold the lock, so nobody uses it."""
        pid = running_postmaster(self._cluster)
        if pid is not None:
            log.warning("database.stale_server_found", pid=pid)
            end_process(pid, lambda: None if running_postmaster(self._cluster) == pid else 0)

    def _create_cluster(self) -> None:
        shutil.rmtree(self._cluster, ignore_errors=True)
        fresh = self._home / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        disk = os.statvfs(fresh)
        if disk.f_bavail * disk.f_frsize < _NEW_CLUSTER_BYTES:  # `initdb` may end in other words, or by a bus error
            raise self._full_disk()
        if self._user:
            own(fresh, self._user)
        command = [
            str(postgres_bin_folder() / "initdb"), "--pgdata", str(fresh), "--username", SUPERUSER, "--auth", "trust",
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

    def _launch(self) -> None:
        if self._sockets is None:
            self._sockets = SocketFolder.make(self._user)
        command = [str(postgres_bin_folder() / "postgres"), "-D", str(self._cluster), "-k", str(self._sockets.path)]
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
                start_new_session=True,  # Ctrl-C at the terminal is ours to handle, in order
                preexec_fn=_die_with_parent,  # noqa: PLW1509 one call of prctl, no lock
                **_as_user(self._user),
            )

    async def _wait_ready(self) -> None:
        """Wait until it answers and has our database."""
        assert self._sockets is not None and self._process is not None
        maintenance = connection_string(self._sockets.path, "postgres")
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


def connection_string(sockets: Path, database: str = DATABASE) -> str:
    """Keyword connection string for a server whose socket lies in `sockets`."""
    return psycopg.conninfo.make_conninfo(host=str(sockets), user=SUPERUSER, dbname=database)


def running_dsn(data_folder: Path) -> str | None:
    """Connection string of an embedded server that runs in this data folder, held by any process; None if none does."""
    cluster = data_folder.absolute() / "postgres" / "cluster"
    if running_postmaster(cluster) is None:
        return None
    lines = (cluster / "postmaster.pid").read_text().splitlines()
    return connection_string(Path(lines[4])) if len(lines) > 4 and lines[4] else None


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
    try:
        os.kill(pid, 0)
    except OSError:
        return None
    return pid


def end_process(pid: int, poll: Callable[[], int | None]) -> None:
    """End a postmaster: fast shutdown, then immediate, then by force. `poll` returns None while it lives."""
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        deadline = time.monotonic() + STOP_LIMIT_S
        while time.monotonic() < deadline:
            if poll() is not None:
                return
            time.sleep(_POLL_S)


def _die_with_parent() -> None:
    """In the child, before exec: have the kernel send a fast shutdown when our process dies (Linux)."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGINT)


def _environment() -> dict[str, str]:
    """Only what a program needs; no PG… variable of the caller may reach it."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "TZ") if name in os.environ}
    return {**kept, "LC_ALL": "C"}


def _as_user(user: RunAs | None) -> dict[str, Any]:
    return {"user": user.uid, "group": user.gid, "extra_groups": []} if user else {}
