"""What strangers chose, such as a worker's name, steers no terminal of the operator's and makes no line there."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
import structlog
import typer
from typer.testing import CliRunner

from horde_server.command_line import checks
from horde_server.command_line.doctor import doctor
from horde_server.command_line.options import fail
from horde_server.process.logs import configure_logs

EVIL = "w\n\rFAKED\x1b[2J\x9b2J\u202e\u200b\u2028\x7f"
UNSEEN = set(EVIL) - set("w\nFAKED[2J")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def _structlog_as_before() -> Iterator[None]:
    kept = structlog.get_config()
    yield
    structlog.configure(**kept)


@pytest.mark.usefixtures("_structlog_as_before")
def test_the_log_at_a_terminal_is_one_line_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    configure_logs()
    structlog.get_logger().info("workers.deleted", worker=EVIL, names=[EVIL])
    said = terminal.getvalue()
    colours = said.replace("\x1b[", "")  # those of the log itself
    assert said.count("\n") == 1
    assert not (UNSEEN - {"\x1b"}) & set(said)
    assert "2J" not in [part[:2] for part in said.split("\x1b[")], colours


@pytest.mark.usefixtures("_structlog_as_before")
def test_the_log_for_programs_says_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr("sys.stderr", pipe)
    configure_logs()
    structlog.get_logger().info("workers.deleted", worker=EVIL)
    assert json.loads(pipe.getvalue())["worker"] == EVIL
    assert pipe.getvalue().isascii()


def test_findings_and_failures_are_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(_settings: object) -> list[checks.Finding]:
        return [checks.Finding("worker", False, EVIL, EVIL)]

    monkeypatch.setattr(checks, "run_checks", found)
    app = typer.Typer()
    app.command("doctor")(doctor)
    app.command("fail")(lambda: fail(EVIL))

    for command in ("doctor", "fail"):
        said = CliRunner().invoke(app, [command]).output
        assert "FAKED" in said
        assert not UNSEEN & set(said)
