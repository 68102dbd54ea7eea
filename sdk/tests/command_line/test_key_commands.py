"""`horde keys …` against a horde on loopback."""

from __future__ import annotations

import json
from typing import Any

from fake_horde import FakeHorde, Reply
from typer.testing import CliRunner, Result

from horde_sdk.command_line.client_commands import register
from horde_sdk.command_line.main import build_app

app = build_app(plugins=[])
register(app)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["keys", *arguments])


def a_key(**changes: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "name": "bot",
        "scopes": ["ask", "read"],
        "created": "2026-11-30T10:00:00+00:00",
        "spent": 12.5,
        "spent_today": 3.0,
        "this_one": False,
        **changes,
    }


LIMITED = a_key(
    kudos=87.5, daily_kudos=20, expires="2026-12-24T18:00:00+00:00", last_used="2026-11-30T11:00:00+00:00",
    models=["stable_diffusion"], networks=["192.0.2.0/24"], this_one=True,
)  # fmt: skip


def test_keys_are_listed_with_what_they_may_and_spent(horde: FakeHorde) -> None:
    horde.will_answer("GET /v2/keys", Reply(200, {"keys": [a_key(), LIMITED]}))

    result = run("list")

    assert result.stdout.splitlines() == [
        "7  bot: ask, read",
        "  12.5 kudos spent, 3 today; never ends; not used yet",
        "7  bot: ask, read (the one in use)",
        "  12.5 kudos spent, 3 today; 87.5 left; 20 a day; ends 2026-12-24 18:00 UTC; last used 2026-11-30 11:00 UTC",
        "  models: stable_diffusion",
        "  networks: 192.0.2.0/24",
    ]


def test_names_of_keys_cannot_fake_lines(horde: FakeHorde) -> None:
    horde.will_answer("GET /v2/keys", Reply(200, {"keys": [a_key(name="bot\n8  admin: full")]}))

    assert len(run("list").stdout.splitlines()) == 2


def test_a_key_is_made_with_its_limits_and_printed_once(horde: FakeHorde) -> None:
    horde.will_answer("POST /v2/keys", Reply(200, {**LIMITED, "api_key": "k" * 22}))

    result = run(
        "create", "bot", "--scope", "ask", "--scope", "read", "--hours", "24", "--kudos", "100", "--daily-kudos", "20",
        "--model", "stable_diffusion", "--network", "192.0.2.0/24",
    )  # fmt: skip

    assert f"the key, shown only now: {'k' * 22}" in result.stdout
    assert horde.asked[-1].body == {
        "name": "bot", "scopes": ["ask", "read"], "expires_in_hours": 24, "kudos": 100, "daily_kudos": 20,
        "models": ["stable_diffusion"], "networks": ["192.0.2.0/24"],
    }  # fmt: skip


def test_a_key_asks_unless_told_otherwise(horde: FakeHorde) -> None:
    horde.will_answer("POST /v2/keys", Reply(200, {**a_key(), "api_key": "k" * 22}))

    assert json.loads(run("create", "bot", "--json").stdout)["api_key"] == "k" * 22
    assert horde.asked[-1].body["scopes"] == ["ask"]


def test_only_what_is_named_is_changed(horde: FakeHorde) -> None:
    horde.will_answer("PATCH /v2/keys/7", Reply(200, a_key()))

    run("change", "7", "--daily-kudos", "-1", "--all-networks")

    assert horde.asked[-1].body == {"daily_kudos": -1, "networks": []}


def test_a_key_is_rotated_with_an_overlap(horde: FakeHorde) -> None:
    horde.will_answer("POST /v2/keys/7/rotate", Reply(200, {**a_key(), "api_key": "n" * 22}))

    assert "n" * 22 in run("rotate", "7", "--overlap-hours", "24").stdout
    assert horde.asked[-1].body == {"overlap_hours": 24}
    assert run("rotate", "7", "--overlap-hours", "721").exit_code == 2


def test_a_key_is_revoked(horde: FakeHorde) -> None:
    horde.will_answer("DELETE /v2/keys/7", Reply(200, {"message": "OK"}))

    assert run("revoke", "7").stdout == "The key is no longer valid.\n"


def test_a_refusal_is_told(horde: FakeHorde) -> None:
    refused = {"message": "This is your last key for everything.", "rc": "LastFullKey"}
    horde.will_answer("DELETE /v2/keys/7", Reply(400, refused))

    result = run("revoke", "7")

    assert result.exit_code == 1
    assert "[LastFullKey]" in result.stderr
