"""What `horde serve`, `up` and `admin` say when they cannot start: one sentence, exit code 1, and at once."""

from __future__ import annotations

import ctypes
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from horde_processes import clean_environment, free_port, running_horde, start, wait_until

PROGRAM = str(Path(sys.executable).with_name("horde"))
COMMANDS = {
    "serve": ["serve", "--port", "0"],
    "up": ["up", "--port", "0"],
    "admin": ["admin", "create-user", "ada", "--new"],
}
# What no start may load before it holds its port and its folder. (pydantic itself comes with typer's options.)
HEAVY = (
    "asyncio",
    "pydantic_settings",
    "horde_server.settings",
    "structlog",
    "psycopg",
    "fastapi",
    "starlette",
    "uvicorn",
    "aiohttp",
    "PIL",
    "numpy",
)
TELL_WHAT_WAS_LOADED = f"""
import sys
from horde_sdk.command_line.main import build_app
try:
    build_app()(sys.argv[1:])
finally:
    print([name for name in {HEAVY!r} if name in sys.modules])
"""


def horde(folder: Path, *arguments: str, before: Callable[[], None] | None = None, **environment: str) -> Any:
    """Run `horde …` to its end."""
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        preexec_fn=before,
    )


def as_plain_user() -> None:
    """Before exec: what root may and others may not is taken away, so that permissions hold for this process too."""
    pr_capbset_drop = 24
    for capability in (1, 2, 3):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
        ctypes.CDLL(None).prctl(pr_capbset_drop, capability, 0, 0, 0)


def a_file(folder: Path) -> str:
    (folder / "data").write_text("no folder")
    return "data"


def below_a_file(folder: Path) -> str:
    (folder / "data").write_text("no folder")
    return "data/horde"


def not_writable(folder: Path) -> str:
    (folder / "data").mkdir(mode=0o500)
    return "data"


def in_a_folder_that_is_not_writable(folder: Path) -> str:
    (folder / "parent").mkdir(mode=0o500)
    return "parent/data"


def somebody_elses(folder: Path) -> str:
    if os.geteuid() != 0:
        pytest.skip("only root makes folders of others")
    (folder / "data").mkdir(mode=0o700)
    os.chown(folder / "data", 12345, 12345)
    return "data"


def in_proc(folder: Path) -> str:
    return "/proc/horde"


def proc_itself(folder: Path) -> str:
    return "/proc"


def a_name_too_long(folder: Path) -> str:
    return "x" * 300


FAULTS = (
    a_file,
    below_a_file,
    not_writable,
    in_a_folder_that_is_not_writable,
    somebody_elses,
    in_proc,
    proc_itself,
    a_name_too_long,
)


class TestAFolderThatCannotBeUsed:
    """A traceback of 40 lines."""

    @pytest.mark.parametrize("command", COMMANDS)
    @pytest.mark.parametrize("make", FAULTS, ids=lambda make: make.__name__)
    def test_it_is_one_sentence(self, tmp_path: Path, command: str, make: Callable[[Path], str]) -> None:
        run = horde(tmp_path, *COMMANDS[command], "--data", make(tmp_path), before=as_plain_user)
        assert run.returncode == 1, run.stderr
        (sentence,) = run.stderr.splitlines()
        assert re.fullmatch(r"The data folder \S+ cannot be used: .+\. Choose another one by --data, .*\.", sentence)
        assert run.stdout == ""

    @pytest.mark.parametrize("make", FAULTS, ids=lambda make: make.__name__)
    def test_it_is_told_where_nothing_is_to_be_made_too(self, tmp_path: Path, make: Callable[[Path], str]) -> None:
        run = horde(tmp_path, "admin", "create-user", "ada", "--data", make(tmp_path), before=as_plain_user)
        assert run.returncode == 1, run.stderr
        (sentence,) = run.stderr.splitlines()
        assert sentence.startswith((f"The data folder {tmp_path}", "There is no horde in "))

    @pytest.mark.parametrize("make", [a_file, not_writable, a_name_too_long], ids=lambda make: make.__name__)
    def test_doctor_tells_it_too(self, tmp_path: Path, make: Callable[[Path], str]) -> None:
        doctor = horde(tmp_path, "doctor", "--port", "0", "--data", make(tmp_path), before=as_plain_user)
        assert (doctor.returncode, doctor.stderr) == (1, "")
        assert "wrong data folder: " in doctor.stdout

    @pytest.mark.parametrize("command", COMMANDS)
    @pytest.mark.parametrize(
        ("options", "words"), [("ro,size=50m", "read-only"), ("size=1m", "is full"), ("size=20m", "is full")]
    )
    def test_a_disk_without_room_is_one_sentence(self, tmp_path: Path, command: str, options: str, words: str) -> None:
        """`initdb` ends with PostgreSQL's own words, of which the one that matters is told."""
        tmp_path.chmod(0o755)
        (tmp_path / "disk").mkdir()
        script = f'mount -t tmpfs -o {options} none disk && exec "$@"'
        run = subprocess.run(
            ["unshare", "--mount", "sh", "-c", script, "sh", PROGRAM, *COMMANDS[command], "--data", "disk/data"],
            cwd=tmp_path,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if "unshare" in run.stderr or "mount:" in run.stderr:
            pytest.skip("this user may not mount a disk")
        assert run.returncode == 1, run.stderr
        assert "Traceback" not in run.stderr
        assert words in run.stderr.splitlines()[-1]
        assert run.stdout == ""


class TestWhatIsTaken:
    """Told after all was loaded, 5.5 s of CPU later."""

    @pytest.mark.parametrize("command", ["serve", "up"])
    @pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]"])
    def test_a_port_in_use_is_told_before_anything_heavy_is_loaded(
        self, tmp_path: Path, command: str, host: str
    ) -> None:
        plain = host.strip("[]")
        with socket.socket(socket.AF_INET6 if ":" in plain else socket.AF_INET) as other:
            try:
                other.bind((plain, 0))
            except OSError:
                pytest.skip("no IPv6 here")
            other.listen()
            port = str(other.getsockname()[1])
            run = self.loaded_by(tmp_path, command, "--data", "d", "--host", host, "--port", port)
        assert run.returncode == 1
        where = f"[{plain}]:{port}" if ":" in plain else f"{plain}:{port}"
        assert run.stderr.startswith(f"Cannot listen on {where}: Address already in use. Choose another --port")
        assert run.stdout == "[]\n"
        assert not (tmp_path / "d").exists()

    @pytest.mark.parametrize("command", ["serve", "up"])
    def test_a_folder_in_use_is_told_before_anything_heavy_is_loaded(self, tmp_path: Path, command: str) -> None:
        from horde_server.database.data_folder import hold

        held = hold(tmp_path / "d")
        run = self.loaded_by(tmp_path, command, "--port", "0", HORDE_DATA="d")
        held.release()
        assert run.returncode == 1
        assert f"is in use by another horde (process {os.getpid()})" in run.stderr
        assert run.stdout == "[]\n"

    def test_an_env_file_says_where_too(self, tmp_path: Path) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = str(other.getsockname()[1])
            (tmp_path / ".env").write_text(f"HORDE_PORT={port}\nHORDE_DATA=d\n")
            run = horde(tmp_path, "serve")
        assert run.returncode == 1
        assert f"Cannot listen on 127.0.0.1:{port}" in run.stderr

    @staticmethod
    def loaded_by(folder: Path, *arguments: str, **environment: str) -> Any:
        """`horde …`, which prints at its end what heavy things it loaded."""
        return subprocess.run(
            [sys.executable, "-c", TELL_WHAT_WAS_LOADED, *arguments],
            cwd=folder,
            env=clean_environment(**environment),
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )


class TestWhereNoHordeIs:
    """`horde admin create-user` in another folder made a new horde, and a key that nobody knows."""

    def test_admin_refuses_and_makes_nothing(self, tmp_path: Path) -> None:
        for data in ([], ["--data", "elsewhere"]):
            run = horde(tmp_path, "admin", "create-user", "zoe", *data)
            assert run.returncode == 1
            folder = tmp_path / (data[1] if data else "horde-data")
            assert f"There is no horde in {folder}" in run.stderr
            assert "--data" in run.stderr
            assert "--new" in run.stderr
            assert run.stdout == ""
            assert list(tmp_path.iterdir()) == []

    def test_admin_refuses_an_empty_database(self, tmp_path: Path, database_dsn: str) -> None:
        with psycopg.connect(database_dsn, autocommit=True) as conn:
            conn.execute("DROP SCHEMA public CASCADE")
            conn.execute("CREATE SCHEMA public")
            run = horde(tmp_path, "admin", "create-user", "zoe", "--database-url", database_dsn)
            assert run.returncode == 1
            assert "There is no horde in this database" in run.stderr
            assert conn.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)

    def test_it_is_told_which_horde_runs_on_this_machine(self, served: Any, tmp_path: Path) -> None:
        run = horde(tmp_path, "admin", "create-user", "zoe")
        assert run.returncode == 1
        assert f"--data '{served.data}'" in run.stderr


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A horde without accounts, and what it said."""
    with running_horde("serve", tmp_path_factory.mktemp("served")) as running:
        yield running


class TestWhatAStartSays:
    """A sentence and the exit code; no trace."""

    def test_steps_come_first_each_in_a_line_of_the_log(self, served: Any) -> None:
        lines = served.log().splitlines()
        steps = [json.loads(line) for line in lines if '"start.step"' in line]
        assert [step["step"] for step in steps] == [
            "loading the server …",
            f"starting the database in {served.data} …",
        ]
        assert lines[0] == json.dumps(steps[0], ensure_ascii=False)
        assert all(line.startswith(("{", "OpenHorde listens", "First account")) for line in lines)

    def test_the_first_account_is_hinted_at_until_there_is_one(self, served: Any, tmp_path: Path) -> None:
        assert f"First account: horde admin create-user NAME --moderator --data '{served.data}'" in served.log()
        data = tmp_path / "horde data"
        made = horde(tmp_path, "admin", "create-user", "ada", "--new", "--json", "--data", str(data))
        assert json.loads(made.stdout)["alias"] == "ada#1", made.stderr
        with running_horde("serve", tmp_path) as again:
            assert "OpenHorde listens" in again.log()
            assert "First account" not in again.log()

    @pytest.mark.parametrize("host", ["::1", "[::1]"])
    def test_an_ipv6_address_stands_in_brackets(self, tmp_path: Path, database_dsn: str, host: str) -> None:
        """Whoever copies the line gets what it says."""
        port = free_port()
        run = start(["serve", "--host", host, "--port", str(port), "--database-url", database_dsn], tmp_path)
        try:
            wait_until(lambda: "listens on" in run.log() or run.process.poll() is not None, 90, "it listens")
            if "Cannot assign requested address" in run.log():
                pytest.skip("no IPv6 here")
            assert f"OpenHorde listens on http://[::1]:{port} " in run.log()
        finally:
            run.stop()


@pytest.mark.parametrize("command", ["serve", "up"])
def test_a_file_of_chat_templates_that_makes_no_sense_is_told_by_its_entry(tmp_path: Path, command: str) -> None:
    """gateway-templates.md §1.4: before there is a database."""
    (tmp_path / "templates.yaml").write_text("- {match: x, template: chatml}\n- {match: y}\n")
    run = horde(tmp_path, *COMMANDS[command], HORDE_TEXT_TEMPLATES="templates.yaml")
    assert run.returncode == 2
    assert "The setting HORDE_TEXT_TEMPLATES is wrong: template 2: give template" in run.stderr
    assert "Traceback" not in run.stderr
