"""`horde teams`, `messages` and `news` against a horde on loopback."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fake_horde import JOB, FakeHorde, Reply
from typer.testing import CliRunner, Result

from horde_sdk.command_line.client_commands import register
from horde_sdk.command_line.main import build_app

app = build_app(plugins=[])
register(app)

OTHER = "99999999-8888-7777-6666-555555555555"
A_TEAM: dict[str, Any] = {
    "name": "Keepers", "id": JOB, "info": "Of the light.", "creator": "ann#7", "requests_fulfilled": 12, "kudos": 50.5,
    "contributions": 3.25, "uptime": 5400, "performance": 1.0, "speed": 2.0, "worker_count": 2,
    "workers": [{"type": "image", "name": "mill", "id": OTHER, "online": False}],
    "models": [{"name": "Deliberate", "count": 2}],
}  # fmt: skip
A_MESSAGE = {"id": JOB, "message": "Hello.", "origin": "The crew", "expiry": "Sun, 22 Nov 2026 04:42:16 -0000"}
A_WORKER = {"type": "image", "name": "mill", "id": OTHER, "maintenance_mode": False, "bridge_agent": "a:1:b"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_teams_are_listed_the_richest_first(horde: FakeHorde) -> None:
    rich = {**A_TEAM, "name": "Rich", "kudos": 99.0}
    horde.will_answer("GET /v2/teams", Reply(200, [A_TEAM, rich]), Reply(200, []))

    said = run("teams", "list").stdout

    assert said.index("Rich") < said.index("Keepers")
    assert horde.asked[0].query == "page=1"
    assert run("teams", "list", "--page", "2").stdout == "There are no more teams.\n"


@pytest.mark.parametrize("team", [JOB, "keepers"], ids=["id", "name"])
def test_team_is_shown_by_id_or_name(horde: FakeHorde, team: str) -> None:
    horde.will_answer(f"GET /v2/teams/{JOB}", Reply(200, A_TEAM))
    horde.will_answer("GET /v2/teams", Reply(200, [{**A_TEAM, "name": "Others", "id": OTHER}, A_TEAM]))

    said = run("teams", "show", team).stdout

    assert f"Keepers of ann#7: {JOB}\n  Of the light.\n" in said
    assert "12 done, 50.5 kudos, 1.5 hours" in said
    assert "3.25 megapixelsteps, 2 per second" in said
    assert "2 workers: mill (offline)" in said
    assert "Deliberate ×2" in said


def test_team_that_nobody_made_is_a_wrong_command_line(horde: FakeHorde) -> None:
    horde.will_answer("GET /v2/teams", Reply(200, [A_TEAM]))

    said = run("teams", "show", "Strangers")

    assert said.exit_code == 2
    assert "no team is called so" in said.stderr


def test_teams_are_made_changed_and_deleted(horde: FakeHorde) -> None:
    brief = {"id": JOB, "name": "Keepers"}
    horde.will_answer("POST /v2/teams", Reply(200, brief))
    horde.will_answer("GET /v2/teams", Reply(200, [A_TEAM]))
    horde.will_answer(f"PATCH /v2/teams/{JOB}", Reply(200, brief))
    horde.will_answer(f"DELETE /v2/teams/{JOB}", Reply(200, {"deleted_id": JOB, "deleted_name": "Keepers"}))

    assert run("teams", "create", "Keepers").stdout == f"Keepers: {JOB}\n"
    assert json.loads(run("teams", "change", "Keepers", "--info", "Of the lamp.", "--json").stdout) == brief
    assert run("teams", "delete", JOB).stdout == "The team Keepers is gone.\n"

    assert [one.body for one in horde.asked if one.method in ("POST", "PATCH")] == [
        {"name": "Keepers"}, {"info": "Of the lamp."}
    ]  # fmt: skip


def test_messages_are_listed(horde: FakeHorde) -> None:
    to_one = {**A_MESSAGE, "message": "To one.", "worker_id": OTHER}
    horde.will_answer("GET /v2/workers/messages", Reply(200, [A_MESSAGE, to_one]), Reply(200, []))
    horde.will_answer("GET /v2/workers/name/mill", Reply(200, A_WORKER))

    said = run("messages", "list").stdout

    assert "Hello." in said
    assert "all workers" in said
    assert run("messages", "list", "--worker", "mill", "--validity", "all").stdout == "There are no such messages.\n"
    assert {"validity=all", f"worker_id={OTHER}"} <= set(horde.asked[-1].query.split("&"))


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ((), {}),
        (("--worker", "mill"), {"worker_id": OTHER}),
        (("--worker", "mill", "--worker", JOB), {"worker_ids": [OTHER, JOB]}),
        (("--kind", "text", "--origin", "The crew"), {"worker_type": "text", "origin": "The crew"}),
    ],
    ids=["all", "one", "several", "kind"],
)
def test_messages_are_sent(horde: FakeHorde, arguments: tuple[str, ...], body: dict[str, Any]) -> None:
    horde.will_answer("GET /v2/workers/name/mill", Reply(200, A_WORKER))
    horde.will_answer("POST /v2/workers/messages", Reply(200, {**A_MESSAGE, **body}))

    said = run("messages", "send", "Hello.", "--hours", "3", *arguments)

    assert said.exit_code == 0, said.stderr
    assert said.stdout.endswith(f" as {JOB}.\n")
    assert horde.asked[-1].body == {"message": "Hello.", "expiry": 3, **body}


def test_messages_are_taken_back(horde: FakeHorde) -> None:
    horde.will_answer(f"DELETE /v2/workers/messages/{JOB}", Reply(200, {"message": "OK"}))

    assert run("messages", "delete", JOB).stdout == "No worker is told it any more.\n"


def test_news_is_told_the_newest_first(horde: FakeHorde) -> None:
    pieces = [
        {"title": f"Piece {n}", "newspiece": "Bees.\nWasps.", "date_published": "2026-12-01", "importance": "Workers"}
        for n in range(5)
    ]
    pieces[0]["more_info_urls"] = ["https://example.org"]  # type: ignore[assignment] # a list beside texts
    horde.will_answer("GET /v2/status/news", Reply(200, pieces), Reply(200, []))

    said = run("news", "--most", "2").stdout

    assert said.startswith("2026-12-01  Piece 0\n│ Bees.\n│ Wasps.\n  https://example.org\n\n2026-12-01  Piece 1\n")
    assert "Piece 2" not in said
    assert run("news").stdout == "There is no news.\n"
