"""`horde admin`: invitations, approvals and many accounts at once, on a database and beside a running server."""

from __future__ import annotations

import csv
import io
import json
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from horde_processes import clean_environment

from horde_server.identity.keys import key_hash
from horde_server.registration.many import MOST_BYTES, MOST_ROWS, UnusableList, read_list

PROGRAM = str(Path(sys.executable).with_name("horde"))


def admin(folder: Path, dsn: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `horde admin …` on a database to its end."""
    return subprocess.run(
        [PROGRAM, "admin", *arguments, "--database-url", dsn],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def told(done: subprocess.CompletedProcess[str]) -> Any:
    """What it printed as JSON."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# ---------------------------------------------------------------- many at once


def test_a_thousand_accounts_are_made_in_one_go(tmp_path: Path, database_dsn: str) -> None:
    """registration.md §6.1: with their keys in a file of one's own."""
    rows = [f"pupil {number},{number % 3},{'education' if number % 2 else ''}" for number in range(1000)]
    (tmp_path / "class.csv").write_text("\n".join(["name,kudos,roles", *rows]))
    began = time.monotonic()
    done = admin(tmp_path, database_dsn, "create-users", "class.csv")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 60
    keys = tmp_path / "class-keys.csv"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    made = list(csv.DictReader(io.StringIO(keys.read_text())))
    assert [row["name"] for row in made] == [f"pupil {number}" for number in range(1000)]
    assert made[1]["alias"] == f"pupil 1#{made[1]['id']}"
    with psycopg.connect(database_dsn) as conn:
        [(salt,)] = conn.execute("SELECT value FROM horde_secret WHERE name = 'api_key_salt'").fetchall()
        found = conn.execute(
            """SELECT account.id, education, concurrency, approved_at IS NOT NULL, kind FROM account
               JOIN api_key ON api_key.account_id = account.id WHERE api_key.hash = %s""",
            (key_hash(bytes(salt), made[1]["api_key"]),),
        ).fetchall()
        assert found == [(int(made[1]["id"]), True, 200, True, "registered")]
        given = conn.execute("SELECT sum(amount_hundredths) FROM ledger WHERE kind = 'admin_adjustment'").fetchone()
        assert given == (sum(number % 3 for number in range(1000)) * 100,)
        recorded = conn.execute("SELECT count(*) FROM audit_entry WHERE action = 'account.create'").fetchone()
        assert recorded == (1000,)
    again = admin(tmp_path, database_dsn, "create-users", "class.csv")
    assert again.returncode == 2
    assert "--output" in again.stderr


def test_all_are_made_or_none(tmp_path: Path, database_dsn: str) -> None:
    """registration.md §6.1: neither where a line is wrong, nor where the database refuses the last."""
    (tmp_path / "bad.csv").write_text("name,kudos\nada,1\nb#b,2\ncai,x\n")
    done = admin(tmp_path, database_dsn, "create-users", "bad.csv")
    assert done.returncode == 2
    assert "Line 3: the name must not contain #" in done.stderr
    assert "Line 4: kudos must be a whole number" in done.stderr
    (tmp_path / "good.csv").write_text("name\nada\nbob\n")
    with psycopg.connect(database_dsn, autocommit=True) as conn:
        conn.execute("ALTER TABLE account ADD CONSTRAINT no_bob CHECK (username <> 'bob')")
        done = admin(tmp_path, database_dsn, "create-users", "good.csv")
        assert done.returncode != 0
        assert conn.execute("SELECT count(*) FROM account WHERE id > 0").fetchone() == (0,)
        assert conn.execute("SELECT count(*) FROM audit_entry").fetchone() == (0,)
    assert not (tmp_path / "good-keys.csv").exists()


def test_a_dry_run_only_looks(tmp_path: Path, database_dsn: str) -> None:
    """registration.md §6.1: and makes no file."""
    (tmp_path / "few.csv").write_text("name\nada\nbob\n")
    done = admin(tmp_path, database_dsn, "create-users", "few.csv", "--dry-run")
    assert (done.returncode, done.stdout) == (0, "2 accounts could be made.\n")
    assert not (tmp_path / "few-keys.csv").exists()
    missing = admin(tmp_path, database_dsn, "create-users", "none.csv")
    assert missing.returncode == 2
    assert "Traceback" not in missing.stderr


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "The first line names the columns"),
        ("kudos\n1\n", "The first line names the columns"),
        ("name,pet\nada,cat\n", "The first line names the columns"),
        ("name,name\nada,bob\n", "The first line names the columns"),
        ("name\n", "names nobody"),
        ("name\nada,1\n", "Line 2: has more values"),
        ("name,roles\nada,king\n", "Line 2: roles are some of"),
        ("name,concurrency\nada,501\n", "Line 2: concurrency must be"),
        ("name,kudos\nada,-1\n", "Line 2: kudos must be"),
        ("name\nad\n", "Line 2: the name must have 3 to 30 characters"),
        ('name\n"ada\nbob"\n', "remove U+000A"),
        ('name\n"ada\n', "no CSV"),
        ("name\n" + "a#b\n" * 25, "and 5 more"),
        ("name\n" + "ada\n" * (MOST_ROWS + 1), "more than 10000 accounts"),
        ("x" * (MOST_BYTES + 1), "more than 4194304 bytes"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_by_line(text: str, wrong: str) -> None:
    """registration.md §6.1: up to twenty faults."""
    with pytest.raises(UnusableList, match=wrong.replace("+", r"\+")):
        read_list(text.encode())
    with pytest.raises(UnusableList, match="not in UTF-8"):
        read_list(b"name\n\xff\xfe\n")


def test_a_file_of_a_spreadsheet_is_read() -> None:
    """registration.md §6.1: with its mark in front, its line ends, and blanks."""
    wanted = read_list("\ufeffname,roles,concurrency,worker_invited\r\n Zoë ,trusted vpn,,3\r\n".encode())
    assert [each.name for each in wanted] == ["Zoë"]
    assert wanted[0].grants.told() == {"roles": ["trusted", "vpn"], "worker_invited": 3}
    assert wanted[0].grants.columns()["concurrency"] == 30


# ---------------------------------------------------------------- invitations, approvals


async def test_an_invitation_of_the_command_line_lets_somebody_in(tmp_path: Path, database_dsn: str) -> None:
    """registration.md §6.2: with a server running, which knows nothing of it before."""
    from hordes import running_horde

    settings = {"_env_file": None, "data": tmp_path, "registration": "invitation"}
    async with running_horde(database_dsn, settings) as horde:
        made = told(admin(tmp_path, database_dsn, "invite", "--role", "trusted", "--kudos", "5", "--json"))
        answer = await horde.client.post("/api/v2/register", json={"username": "ada", "invitation": made["code"]})
        assert answer.status_code == 201
        again = admin(tmp_path, database_dsn, "invite", "--note", "for more", "--uses", "2")
        code = again.stdout.strip().rpartition(" ")[2]
        listed = told(admin(tmp_path, database_dsn, "list-invitations", "--json"))
        assert [(each["note"], each["used"], each["is_good"]) for each in listed] == [
            ("for more", 0, True),
            (None, 1, False),
        ]
        assert "for more" in admin(tmp_path, database_dsn, "list-invitations").stdout
        assert admin(tmp_path, database_dsn, "revoke-invitation", listed[0]["id"]).returncode == 0
        refused = await horde.client.post("/api/v2/register", json={"username": "bob", "invitation": code})
        assert refused.json()["rc"] == "InvitationInvalid"
        twice = admin(tmp_path, database_dsn, "revoke-invitation", listed[0]["id"])
        assert (twice.returncode, "Traceback" in twice.stderr) == (1, False)
        recorded = await horde.sql("SELECT action, via FROM audit_entry WHERE subject_kind = 'invitation' ORDER BY id")
        assert recorded == [("invitation.create", "command_line")] * 2 + [("invitation.revoke", "command_line")]


def test_a_wrong_invitation_is_refused_in_words(tmp_path: Path, database_dsn: str) -> None:
    """registration.md §6.2: and so is a wrong decision."""
    for arguments in (
        ["invite", "--role", "king"],
        ["invite", "--uses", "0"],
        ["invite", "--note", "a\nb"],
        ["revoke-invitation", "nothing"],
        ["approvals", "--approve", "1", "--refuse", "2"],
    ):
        done = admin(tmp_path, database_dsn, *arguments)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), arguments


async def test_approvals_count_in_the_running_server_at_once(tmp_path: Path, database_dsn: str) -> None:
    """registration.md §6.2: although it remembers accounts."""
    from hordes import running_horde

    settings = {"_env_file": None, "data": tmp_path, "registration": "approval"}
    async with running_horde(database_dsn, settings) as horde:
        made = (await horde.client.post("/api/v2/register", json={"username": "ada"})).json()
        assert (await horde.ask(made["api_key"])).status_code == 403
        waiting = told(admin(tmp_path, database_dsn, "approvals", "--json"))
        assert [each["alias"] for each in waiting] == [made["alias"]]
        done = admin(tmp_path, database_dsn, "approvals", "--approve", made["alias"], "--reason", "A neighbour.")
        assert done.stdout == f"{made['alias']} is approved.\n"

        async def may_ask() -> bool:
            return (await horde.ask(made["api_key"])).status_code == 202

        await horde.until(may_ask, "the server knows it")
        assert admin(tmp_path, database_dsn, "approvals").stdout == "Nobody waits.\n"
        again = admin(tmp_path, database_dsn, "approvals", "--refuse", made["alias"])
        assert (again.returncode, "Traceback" in again.stderr) == (1, False)
