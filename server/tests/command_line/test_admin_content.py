"""`horde admin news` and `horde admin document`, as real processes, beside a running server and without one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from horde_processes import clean_environment
from hordes import Horde, running_horde

PROGRAM = str(Path(sys.executable).with_name("horde"))


def admin(folder: Path, dsn: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run `horde admin …` on a database to its end."""
    return subprocess.run(
        [PROGRAM, "admin", *arguments, "--database-url", dsn],
        cwd=folder,
        env=clean_environment(),
        input=text,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_news_is_published_listed_and_removed(tmp_path: Path, database_dsn: str) -> None:
    (tmp_path / "bees.txt").write_text("Bees are **welcome**.\n", "utf-8")
    added = admin(
        tmp_path, database_dsn, "news", "add", "Bees", "bees.txt", "--importance", "Workers", "--tag", "bees",
        "--url", "https://example.org", "--date", "2026-12-01", "--json",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    assert json.loads(added.stdout) == {
        "id": "1", "title": "Bees", "newspiece": "Bees are **welcome**.", "importance": "Workers", "tags": ["bees"],
        "more_info_urls": ["https://example.org"], "date_published": "2026-12-01",
    }  # fmt: skip
    assert admin(tmp_path, database_dsn, "news", "add", "Wasps", "-", text="from a pipe").returncode == 0
    listed = admin(tmp_path, database_dsn, "news", "list")
    assert "1  2026-12-01  Workers  Bees" in listed.stdout
    assert [each["id"] for each in json.loads(admin(tmp_path, database_dsn, "news", "list", "--json").stdout)]
    assert admin(tmp_path, database_dsn, "news", "remove", "1").returncode == 0
    again = admin(tmp_path, database_dsn, "news", "remove", "1")
    assert again.returncode == 1
    assert "no such piece of news" in again.stderr
    with psycopg.connect(database_dsn) as conn:
        trail = conn.execute("SELECT via, action FROM audit_entry ORDER BY id").fetchall()
    assert trail == [("command_line", f"news.{action}") for action in ("create", "create", "delete")]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("news", "add", "x" * 201, "-"), "x"),
        (("news", "add", "Bees", "-"), ""),
        (("news", "add", "Bees", "-", "--date", "tomorrow"), "x"),
        (("news", "add", "Bees", "-", "--url", "javascript:x"), "x"),
        (("news", "add", "Bees", "missing.txt"), ""),
        (("document", "set", "terms", "-"), " \n"),
        (("document", "set", "terms", "-"), "x" * 150_001),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_cannot_be_is_refused_in_words(
    tmp_path: Path, database_dsn: str, arguments: tuple[str, ...], text: str
) -> None:
    refused = admin(tmp_path, database_dsn, *arguments, text=text)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert refused.stderr.strip()


async def test_a_running_server_shows_it_at_once(tmp_path: Path, database_dsn: str) -> None:
    """Long before it would look by itself."""
    settings = {"data": tmp_path / "d", "_env_file": None, "reconcile_interval_s": 3600.0}
    async with running_horde(database_dsn, settings) as horde:
        shipped = admin(tmp_path, database_dsn, "document", "show", "terms")
        assert shipped.stdout.startswith("# Terms of")
        written = admin(tmp_path, database_dsn, "document", "set", "terms", "-", text="Be *kind*.\n")
        assert written.returncode == 0, written.stderr
        await _until_terms_are(horde, "Be *kind*.")
        assert admin(tmp_path, database_dsn, "document", "show", "terms").stdout == "Be *kind*."
        assert admin(tmp_path, database_dsn, "document", "reset", "terms").returncode == 0
        await _until_terms_are(horde, shipped.stdout)
    again = admin(tmp_path, database_dsn, "document", "reset", "terms")
    assert (again.returncode, "Nobody has written" in again.stderr) == (1, True)


async def _until_terms_are(horde: Horde, text: str) -> None:
    async def are_they() -> bool:
        answer = await horde.client.get("/api/v2/documents/terms?format=markdown")
        return bool(answer.json()["markdown"] == text)

    await horde.until(are_they, "the terms are what was written")
