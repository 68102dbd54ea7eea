"""The data folder: for us alone, and told in a sentence when it cannot be used."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from horde_server.database.data_folder import DataFolderUnusable, hold, prepare
from horde_server.database.embedded import EmbeddedPostgres
from horde_server.database.system_user import unprivileged_user


@pytest.fixture
def folder() -> Iterator[Path]:
    """Readable for the user that the database runs as, which pytest's own is not in another session."""
    made = Path(tempfile.mkdtemp(prefix="horde-tests-"))
    yield made / "data"
    shutil.rmtree(made, ignore_errors=True)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestWhoMayRead:
    """Any local user could read what lay in the data folder."""

    async def test_a_new_horde_is_closed_to_others_and_its_database_runs(self, folder: Path) -> None:
        async with EmbeddedPostgres(folder) as database:
            async with await psycopg.AsyncConnection.connect(database.dsn) as conn:
                await conn.execute("SELECT 1")
            user = unprivileged_user()
            for path in (folder, folder / "postgres"):
                assert mode(path) == (0o710 if user else 0o700), path
                assert user is None or path.stat().st_gid == user.gid
            assert mode(folder / "postgres" / "cluster") == 0o700

    async def test_one_made_by_an_older_version_is_closed_at_its_start(self, folder: Path) -> None:
        for path in (folder, folder / "blobs", folder / "postgres"):
            path.mkdir(mode=0o755)
        for _ in range(2):
            async with EmbeddedPostgres(folder):
                assert mode(folder) & 0o007 == mode(folder / "postgres") & 0o007 == 0

    def test_a_folder_with_other_things_in_it_stays_as_it_is(self, folder: Path) -> None:
        folder.mkdir()
        folder.chmod(0o755)
        (folder / "letter.txt").touch()
        hold(folder).release()
        assert mode(folder) == 0o755
        assert mode(folder / "postgres") == 0o700

    def test_what_was_opened_to_a_group_stays_open_to_it(self, folder: Path) -> None:
        folder.mkdir()
        folder.chmod(0o750)
        prepare(folder)
        assert mode(folder) == 0o750


class TestHolding:
    """One horde at a time."""

    def test_the_second_is_told_who_was_first(self, folder: Path) -> None:
        held = hold(folder)
        with pytest.raises(DataFolderUnusable, match=f"process {os.getpid()}"):
            hold(folder)
        held.release()
        hold(folder).release()

    def test_missing_parents_are_made(self, folder: Path) -> None:
        hold(folder / "a" / "b").release()
        assert mode(folder / "a" / "b") == 0o700
