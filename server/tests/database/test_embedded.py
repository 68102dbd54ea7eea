"""The embedded PostgreSQL: made once, restarted when it dies, recovered after its holder's crash, never shared."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from horde_processes import is_alive, wait_until

from horde_server.database.data_folder import DataFolderUnusable
from horde_server.database.embedded import EmbeddedPostgres, running_dsn, running_postmaster
from horde_server.database.socket_folders import remove_stale
from horde_server.database.system_user import unprivileged_user

HOLDER = """
import asyncio, sys
from pathlib import Path
from horde_server.database.embedded import EmbeddedPostgres

async def main():
    database = EmbeddedPostgres(Path(sys.argv[1]))
    await database.start()
    print(database.pid, flush=True)
    await asyncio.sleep(3600)

asyncio.run(main())
"""


def hold(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """A process that holds a database in `folder`, and the database's process id."""
    with (folder / "holder.log").open("w") as log:
        holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=log, text=True)
    wait_until(lambda: (folder / "holder.log").read_text().strip(), 60, "the holder's database runs")
    return holder, int((folder / "holder.log").read_text())


async def ask(dsn: str, query: str) -> object:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as conn:
        cursor = await conn.execute(query.encode())
        return await cursor.fetchone() if cursor.description else None


async def test_data_survives_a_restart_in_a_folder_with_any_name(tmp_path: Path) -> None:
    folder = tmp_path / ("a long name with spaces, 'quotes' and ünïcödé " + "x" * 100)
    async with EmbeddedPostgres(folder) as database:
        await ask(database.dsn, "CREATE TABLE kept (n int)")
        await ask(database.dsn, "INSERT INTO kept VALUES (42)")
        pid = database.pid
        assert running_dsn(folder) is not None
    assert not is_alive(pid)
    assert running_dsn(folder) is None
    async with EmbeddedPostgres(folder) as database:
        assert await ask(database.dsn, "SELECT n FROM kept") == (42,)


async def test_it_listens_on_no_network_port(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path) as database:
        assert await ask(database.dsn, "SHOW listen_addresses") == ("",)
        assert await ask(database.dsn, "SHOW fsync") == ("on",)
        assert await ask(database.dsn, "SHOW synchronous_commit") == ("on",)


async def test_a_second_holder_is_refused_with_the_first_ones_number(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path):
        with pytest.raises(DataFolderUnusable, match=f"process {os.getpid()}"):
            await EmbeddedPostgres(tmp_path).start()


async def test_it_is_restarted_when_it_dies(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path) as database:
        await ask(database.dsn, "CREATE TABLE kept (n int)")
        before = database.pid
        os.kill(before, signal.SIGKILL)

        async def answers_again() -> bool:
            try:
                return await ask(database.dsn, "SELECT count(*) FROM kept") == (0,)
            except psycopg.OperationalError:
                return False

        async with asyncio.timeout(60):
            while not await answers_again():
                await asyncio.sleep(0.05)
        assert database.pid != before


async def test_what_a_crashed_holder_left_is_recovered_at_the_next_start(tmp_path: Path) -> None:
    holder, postmaster = await asyncio.to_thread(hold, tmp_path)
    # a stopped postmaster cannot follow its holder into death: the harder case, found and ended by the next start
    os.kill(postmaster, signal.SIGSTOP)
    holder.kill()
    holder.wait()
    assert running_postmaster(tmp_path / "postgres" / "cluster") == postmaster
    os.kill(postmaster, signal.SIGCONT)
    async with EmbeddedPostgres(tmp_path) as database:
        assert await ask(database.dsn, "SELECT 1") == (1,)
        assert database.pid != postmaster
    assert not is_alive(postmaster)


async def test_it_does_not_outlive_a_holder_that_is_killed(tmp_path: Path) -> None:
    holder, postmaster = await asyncio.to_thread(hold, tmp_path)
    holder.kill()
    holder.wait()
    await asyncio.to_thread(wait_until, lambda: not is_alive(postmaster), 30, "the postmaster ended")


async def test_the_number_of_a_stranger_in_the_pid_file_is_left_alone(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path):
        pass
    stranger = await asyncio.to_thread(subprocess.Popen, [sys.executable, "-c", "import time; time.sleep(3600)"])
    try:
        (tmp_path / "postgres" / "cluster" / "postmaster.pid").write_text(f"{stranger.pid}\n/somewhere\n")
        async with EmbeddedPostgres(tmp_path) as database:
            assert await ask(database.dsn, "SELECT 1") == (1,)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


class TestFoldersOfSockets:
    """24 of 24 killed servers left theirs behind."""

    @pytest.fixture(autouse=True)
    def temporary_files(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
        """A place of its own for the folders of these tests, where the database's user may pass."""
        folder = Path(tempfile.mkdtemp(prefix="horde-tests-"))
        folder.chmod(0o711)
        monkeypatch.setenv("TMPDIR", str(folder))
        monkeypatch.setattr(tempfile, "tempdir", None)
        yield folder
        shutil.rmtree(folder, ignore_errors=True)

    async def test_that_of_a_killed_supervisor_is_removed_at_the_next_start(self, temporary_files: Path) -> None:
        holder, postmaster = await asyncio.to_thread(hold, temporary_files)
        (left,) = temporary_files.glob("ohpg-*")
        holder.kill()
        holder.wait()
        await asyncio.to_thread(wait_until, lambda: not is_alive(postmaster), 30, "the postmaster ended")
        assert left.exists()
        async with EmbeddedPostgres(temporary_files / "another"):
            assert not left.exists()
        assert list(temporary_files.glob("ohpg-*")) == []

    async def test_that_of_a_running_horde_stays(self, temporary_files: Path) -> None:
        async with EmbeddedPostgres(temporary_files / "first") as first:
            async with EmbeddedPostgres(temporary_files / "second"):
                assert len(list(temporary_files.glob("ohpg-*"))) == 2
            assert await ask(first.dsn, "SELECT 1") == (1,)

    async def test_that_of_a_database_that_outlives_its_supervisor_stays(self, temporary_files: Path) -> None:
        holder, postmaster = await asyncio.to_thread(hold, temporary_files)
        (left,) = temporary_files.glob("ohpg-*")
        os.kill(postmaster, signal.SIGSTOP)
        holder.kill()
        holder.wait()
        try:
            assert remove_stale(unprivileged_user()) == []
            assert left.exists()
        finally:
            os.kill(postmaster, signal.SIGCONT)
        await asyncio.to_thread(wait_until, lambda: not is_alive(postmaster), 30, "the postmaster ended")

    def test_what_is_not_ours_stays(self, tmp_path: Path, temporary_files: Path) -> None:
        young = temporary_files / "ohpg-just-made"
        young.mkdir()
        full = temporary_files / "ohpg-with-a-letter"
        full.mkdir()
        (full / "holder.lock").touch()
        (full / "letter.txt").touch()
        (tmp_path / "holder.lock").touch()
        link = temporary_files / "ohpg-link"
        link.symlink_to(tmp_path)
        remove_stale(unprivileged_user())
        assert young.exists()
        assert (full / "letter.txt").exists()
        assert (tmp_path / "holder.lock").exists()
        if os.geteuid() == 0:
            others = temporary_files / "ohpg-others"
            others.mkdir()
            (others / "holder.lock").touch()
            os.chown(others, 12345, 12345)
            remove_stale(unprivileged_user())
            assert others.exists()
