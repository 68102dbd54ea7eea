"""`horde kudos` against a horde on loopback."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from fake_horde import FakeHorde, Reply, a_line, a_statement
from typer.testing import CliRunner, Result

from horde_sdk.command_line.client_commands import register
from horde_sdk.command_line.main import build_app

app = build_app(plugins=[])
register(app)
ASK = "GET /v2/kudos/statement"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["kudos", *arguments], env={"COLUMNS": "140"})


def test_what_you_have_and_how_it_came_about(horde: FakeHorde) -> None:
    lines = (
        a_line(),
        a_line(kind="reward", amount=5.5, escrow=5.5, balance_after=42.0, counterpart=None, model="Deliberate"),
    )
    horde.will_answer(ASK, Reply(200, a_statement(*lines, escrow=5.5, held=3.0)))

    said = run("-n", "2").stdout.splitlines()

    assert said[0] == (
        "37 kudos; 3 of them reserved for requests that are not served yet; "
        "5.5 more are held back until you are trusted."
    )
    assert [line.split() for line in said[2:]] == [
        ["2026-07-14", "12:00:00", "given", "-5.00", "37.00", "ben#8"],
        ["2026-07-14", "12:00:00", "reward", "+5.50", "+5.50", "42.00", "Deliberate"],
    ]
    assert horde.asked[0].query == "limit=2"


def test_a_new_account_is_told_so(horde: FakeHorde) -> None:
    horde.will_answer(ASK, Reply(200, a_statement(balance=0.0)))

    assert run().stdout == "0 kudos.\nNothing moved yet.\n"


def test_programs_get_the_page(horde: FakeHorde) -> None:
    told = json.loads(run("--json").stdout)

    assert (told["balance"], told["lines"][0]["counterpart"]) == (37.0, "ben#8")


def test_all_pages_of_a_time_go_into_a_file(horde: FakeHorde, tmp_path: Path) -> None:
    horde.will_answer(ASK, Reply(200, a_statement(a_line(), next="more")))
    horde.will_answer(ASK, Reply(200, a_statement(a_line(amount=-0.5, counterpart="=cmd()#9"))))
    into = tmp_path / "july.csv"

    assert run("--from", "2026-07-01", "--to", "2026-08-01T06:00:00", "--csv", str(into)).stdout.endswith("2 lines.\n")

    with into.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["kind"], row["amount"], row["counterpart"]) for row in rows] == [
        ("given", "-5.00", "ben#8"),
        ("given", "-0.50", "'=cmd()#9"),
    ]
    assert [one.query for one in horde.asked] == [
        "from=2026-07-01+00%3A00%3A00&limit=1000&to=2026-08-01+06%3A00%3A00",
        "before=more&from=2026-07-01+00%3A00%3A00&limit=1000&to=2026-08-01+06%3A00%3A00",
    ]
    assert list(tmp_path.iterdir()) == [into]


def test_a_file_that_was_there_stays_as_it_was_when_something_fails(horde: FakeHorde, tmp_path: Path) -> None:
    horde.will_answer(ASK, Reply(200, a_statement(a_line(), next="more")))
    horde.will_answer(ASK, Reply(403, {"message": "no more", "rc": "AnonForbidden"}))
    into = tmp_path / "july.csv"
    into.write_text("before")

    assert run("--csv", str(into)).exit_code == 1
    assert into.read_text() == "before"
    assert list(tmp_path.iterdir()) == [into]


def test_lines_go_to_standard_output_alone(horde: FakeHorde) -> None:
    said = run("--csv", "-").stdout.splitlines()

    assert said[0].startswith("time,kind,amount,")
    assert len(said) == 2


@pytest.mark.parametrize("wrong", [["-n", "1001"], ["--from", "yesterday"]])
def test_a_wrong_command_line_asks_nothing(horde: FakeHorde, wrong: list[str]) -> None:
    assert run(*wrong).exit_code == 2
    assert horde.lines == []


def test_a_place_that_cannot_be_written_is_said(horde: FakeHorde, tmp_path: Path) -> None:
    result = run("--csv", str(tmp_path / "nowhere" / "july.csv"))

    assert result.exit_code == 1
    assert "could not be written" in result.stderr
