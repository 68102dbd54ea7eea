"""`horde admin create-user`, `horde doctor` and what `horde serve` says when it cannot start, as real processes."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
from horde_processes import clean_environment, free_port

PROGRAM = str(Path(sys.executable).with_name("horde"))


def horde(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `horde …` to its end."""
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_the_very_first_account_is_made_on_the_database(tmp_path: Path) -> None:
    made = horde(
        tmp_path, "admin", "create-user", "ada", "--moderator", "--kudos", "500", "--json", "--data", "d", "--new"
    )
    assert made.returncode == 0, made.stderr
    answer = json.loads(made.stdout)
    assert (answer["alias"], len(answer["api_key"])) == ("ada#1", 22)


def test_an_account_is_made_on_any_postgresql(tmp_path: Path, database_dsn: str) -> None:
    made = horde(tmp_path, "admin", "create-user", "bob", "--database-url", database_dsn)
    assert made.returncode == 0, made.stderr
    assert "bob#1" in made.stdout
    with psycopg.connect(database_dsn) as conn:
        assert conn.execute("SELECT username, moderator FROM account WHERE id = 1").fetchone() == ("bob", False)


def test_an_impossible_name_is_refused_in_words(tmp_path: Path, database_dsn: str) -> None:
    for name in ("x" * 31, "a#b", " "):
        made = horde(tmp_path, "admin", "create-user", name, "--database-url", database_dsn)
        assert made.returncode != 0, name
        assert "Traceback" not in made.stderr
        assert made.stderr.strip()


def test_an_account_is_given_keys_for_certain_things_only(tmp_path: Path, database_dsn: str) -> None:
    where = ("--database-url", database_dsn)
    assert horde(tmp_path, "admin", "create-user", "bob", *where).returncode == 0
    made = horde(
        tmp_path, "admin", "create-key", "bob#1", "--scope", "read", "--scope", "ask", "--name", "bot", "--json", *where
    )
    assert made.returncode == 0, made.stderr
    answer = json.loads(made.stdout)
    assert (answer["scopes"], len(answer["api_key"])) == (["ask", "read"], 22)
    with psycopg.connect(database_dsn) as conn:
        keys = conn.execute("SELECT account_id, name, scopes, revoked_at FROM api_key ORDER BY id").fetchall()
    assert keys == [(1, "main", ["full"], None), (1, "bot", ["ask", "read"], None)]
    for user, code in (("bob", 2), ("7", 1), ("0", 2)):
        refused = horde(tmp_path, "admin", "create-key", user, "--scope", "ask", *where)
        assert refused.returncode == code, user
        assert "Traceback" not in refused.stderr
        assert refused.stderr.strip()


def test_doctor_finds_a_healthy_machine_healthy(tmp_path: Path) -> None:
    found = horde(tmp_path, "doctor", "--data", "d", "--port", str(free_port()))
    assert found.returncode == 0, found.stdout
    assert "PostgreSQL" in found.stdout


def test_doctor_says_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        found = horde(tmp_path, "doctor", "--data", "d", "--port", port, "--database-url", "postgresql://127.0.0.1:1/x")
    assert found.returncode == 1
    assert port in found.stdout
    assert "database" in found.stdout


def test_doctor_tells_a_full_disk_and_an_unusable_folder(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("no folder")
    found = horde(tmp_path, "doctor", "--data", "d", "--port", str(free_port()), HORDE_MIN_FREE_BYTES=str(10**17))
    assert found.returncode == 1
    assert "is full: " in found.stdout
    assert f"{tmp_path / 'd'}: there is a file of this name" in found.stdout


def test_a_taken_port_is_said_in_words(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        run = horde(tmp_path, "serve", "--data", "d", "--port", port)
    assert run.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_database_that_does_not_answer_is_said_in_words(tmp_path: Path) -> None:
    run = horde(
        tmp_path,
        "serve",
        "--database-url",
        "postgresql://127.0.0.1:1/x",
        "--port",
        str(free_port()),
        HORDE_DATABASE_WAIT_S="1",
    )
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    assert "database" in run.stderr.lower()


def test_a_wrong_setting_is_said_in_words(tmp_path: Path) -> None:
    run = horde(tmp_path, "serve", HORDE_PORT="lots")
    assert run.returncode != 0
    assert "HORDE_PORT" in run.stderr or "port" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_newer_database_is_refused_in_words(tmp_path: Path, database_dsn: str) -> None:
    with psycopg.connect(database_dsn, autocommit=True) as conn:
        conn.execute("INSERT INTO schema_migration (version, name, checksum) VALUES (9999, 'future', 'x')")
    run = horde(tmp_path, "serve", "--database-url", database_dsn, "--port", str(free_port()))
    assert run.returncode == 1
    assert "newer than this program" in run.stderr
    assert "Traceback" not in run.stderr
