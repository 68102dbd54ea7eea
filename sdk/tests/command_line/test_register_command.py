"""`horde register` against a horde on loopback."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fake_horde import FakeHorde, Reply
from typer.testing import CliRunner, Result

from horde_sdk.command_line.client_commands import register
from horde_sdk.command_line.main import build_app

app = build_app(plugins=[])
register(app)

REGISTER = "POST /v2/register"
MADE = {"id": 7, "username": "Ada", "alias": "Ada#7", "api_key": "k" * 22, "approved": True}


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["register", *arguments], input=typed)


def will_make(horde: FakeHorde, **changes: Any) -> None:
    horde.will_answer(REGISTER, Reply(201, {**MADE, **changes}))


def test_key_is_printed_alone_so_that_a_script_can_take_it(horde: FakeHorde) -> None:
    will_make(horde)
    result = run("Ada")

    assert result.exit_code == 0, result.output
    assert result.stdout == f"{MADE['api_key']}\n"
    assert "You are Ada#7." in result.stderr
    assert horde.lines == [REGISTER]


def test_name_is_asked_for_where_it_is_left_out(horde: FakeHorde) -> None:
    will_make(horde, approved=False)
    result = run(typed="Ada\n")

    assert result.exit_code == 0, result.output
    assert "has yet to approve it" in result.stderr


def test_programs_get_json(horde: FakeHorde) -> None:
    will_make(horde)

    assert json.loads(run("Ada", "--json").stdout) == MADE


def test_key_of_the_environment_is_not_sent_and_the_invitation_is(
    horde: FakeHorde, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_HORDE_API_KEY", "somebody's key")
    will_make(horde)
    assert run("Ada", "--invitation", "ABCD-EFGH-JKLM-NPQR").exit_code == 0

    [sent] = horde.asked
    assert "apikey" not in sent.headers
    assert sent.body == {"username": "Ada", "invitation": "ABCD-EFGH-JKLM-NPQR"}


def test_refusals_and_hordes_without_registration_are_told_in_a_sentence(horde: FakeHorde) -> None:
    horde.will_answer(REGISTER, Reply(403, {"message": "By invitation only.", "rc": "InvitationNeeded"}))
    refused = run("Ada")
    horde.will_answer(REGISTER, Reply(404, {"message": "Nothing here.", "rc": "NotFound"}))
    elsewhere = run("Ada")

    assert (refused.exit_code, refused.stderr) == (1, "By invitation only. [InvitationNeeded]\n")
    assert (elsewhere.exit_code, elsewhere.stderr) == (1, "This horde does not support registration by programs.\n")
