"""`horde cancel`, `transfer`, `worker`, `account`, `users`, `sharedkeys` and `styles` against a horde on loopback."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from fake_horde import JOB, FakeHorde, Reply
from typer.testing import CliRunner, Result

from horde_sdk.command_line.client_commands import register
from horde_sdk.command_line.main import build_app

app = build_app(plugins=[])
register(app)

GONE = Reply(404, {"message": "no such request", "rc": "RequestNotFound"})
IMAGE, TEXT, ALCHEMY = (f"DELETE /v2/{kind}/status/{JOB}" for kind in ("generate", "generate/text", "interrogate"))
SHARED = "99999999-8888-7777-6666-555555555555"
A_WORKER = {
    "type": "image",
    "name": "mill",
    "id": JOB,
    "online": True,
    "maintenance_mode": False,
    "requests_fulfilled": 12,
    "performance": "2.1 megapixelsteps per second",
    "models": ["Deliberate"],
    "bridge_agent": "a:1:b",
}


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed)


def a_shared_key(**changes: Any) -> dict[str, Any]:
    return {
        "id": SHARED,
        "username": "ann#7",
        "kudos": 100,
        "name": "club",
        "expiry": None,
        "utilized": 5,
        "max_image_pixels": -1,
        "max_image_steps": 30,
        "max_text_tokens": -1,
        **changes,
    }


def test_image_request_is_cancelled(horde: FakeHorde) -> None:
    result = run("cancel", JOB)

    assert result.stdout == "The image request is cancelled; 1 of its results were finished.\n"
    assert horde.lines == [IMAGE]


def test_kind_of_a_request_is_found_out(horde: FakeHorde) -> None:
    horde.will_answer(IMAGE, GONE)

    assert json.loads(run("cancel", JOB, "--json").stdout) == {"id": JOB, "kind": "text", "finished": 1}
    assert horde.lines == [IMAGE, TEXT]


def test_request_that_nobody_knows_is_an_error(horde: FakeHorde) -> None:
    horde.will_answer(IMAGE, GONE)
    horde.will_answer(TEXT, GONE)
    horde.will_answer(ALCHEMY, GONE)

    result = run("cancel", JOB)

    assert result.exit_code == 1
    assert "[RequestNotFound]" in result.stderr
    assert horde.lines == [IMAGE, TEXT, ALCHEMY]


ME = {"id": 7, "username": "ann#7", "kudos": 25.0, "deleted": False}
FIND, MINE = "GET /v2/find_user", "/v2/users/7"


def test_account_goes_only_after_a_yes_and_says_how_to_come_back(horde: FakeHorde) -> None:
    horde.will_answer(FIND, *[Reply(200, ME)] * 2, Reply(200, {**ME, "deleted": True}))
    horde.will_answer(f"DELETE {MINE}", *[Reply(200, {"message": "OK"})] * 2)

    refused = run("account", "delete", typed="n\n")
    assert refused.exit_code == 1
    assert "Delete ann#7 with its workers, keys and 25 kudos?" in refused.stderr
    assert horde.lines == [FIND]

    done = run("account", "delete", typed="y\n")
    assert "horde account undelete" in done.stdout
    wiped = run("account", "delete", "--yes", "--json")
    assert json.loads(wiped.stdout) == {"username": "ann#7", "deleted": True, "wiped": True}
    assert horde.lines == [FIND, FIND, f"DELETE {MINE}", FIND, f"DELETE {MINE}"]


def test_account_comes_back(horde: FakeHorde) -> None:
    horde.will_answer(FIND, Reply(200, {**ME, "deleted": True}))
    horde.will_answer(f"PUT {MINE}", Reply(200, {"undeleted": True}))

    assert run("account", "undelete").stdout == "Your account is as it was.\n"
    assert horde.asked[-1].body == {"undelete": True}


def test_account_is_changed_only_in_what_is_named(horde: FakeHorde) -> None:
    horde.will_answer(FIND, Reply(200, ME))
    horde.will_answer(f"PUT {MINE}", Reply(200, {"username": "anna"}))

    assert run("account", "change").exit_code == 2
    assert run("account", "change", "--name", "anna").stdout == "Changed: username anna\n"
    assert horde.asked[-1].body == {"username": "anna"}


def test_passkey_is_shown_once_it_is_made(horde: FakeHorde) -> None:
    horde.will_answer(FIND, Reply(200, ME))
    horde.will_answer(f"PUT {MINE}", Reply(200, {"proxy_passkey": "p" * 22}))

    assert "p" * 22 in run("account", "passkey").stdout
    assert horde.asked[-1].body == {"generate_proxy_passkey": True}


def test_users_are_listed_a_page_at_a_time(horde: FakeHorde) -> None:
    horde.will_answer(
        "GET /v2/users", Reply(200, [{**ME, "username": "an\x1b[2Jn#7", "moderator": True}]), Reply(200, [])
    )

    shown = run("users", "--sort", "age", "--page", "3")
    assert "moderator" in shown.stdout
    assert "\x1b[2J" not in shown.stdout
    assert parse_qs(horde.asked[-1].query) == {"page": ["3"], "sort": ["age"]}
    assert run("users").stdout == "No user is on this page.\n"


def test_kudos_go_only_after_a_yes(horde: FakeHorde) -> None:
    refused = run("transfer", "ann#7", "25", typed="n\n")
    assert (refused.exit_code, horde.lines) == (1, [])

    assert "ann#7 has 25 kudos more" in run("transfer", "ann#7", "25", typed="y\n").stdout
    assert json.loads(run("transfer", "ann#7", "25", "--yes", "--json").stdout) == {"transferred": 25}
    assert horde.asked[0].body == {"username": "ann#7", "amount": 25}


def test_interrupted_transfer_is_not_said_to_be_cancelled(horde: FakeHorde, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("horde_sdk.ai_horde_api.simple_clients.AIHordeAPISimpleClient.transfer_kudos", interrupted)

    result = run("transfer", "ann#7", "25", "--yes")

    assert result.exit_code == 1
    assert "not known" in result.stderr


@pytest.mark.parametrize("amount", ["0", "-5", "many"])
def test_senseless_amount_is_a_wrong_command_line(horde: FakeHorde, amount: str) -> None:
    assert run("transfer", "ann#7", "--yes", "--", amount).exit_code == 2
    assert horde.lines == []


def test_worker_is_shown(horde: FakeHorde) -> None:
    horde.will_answer("GET /v2/workers/name/mill", Reply(200, A_WORKER))

    said = run("worker", "mill").stdout

    assert "mill: image worker, online" in said
    assert "models: Deliberate" in said


def test_worker_is_changed_by_what_was_said_only(horde: FakeHorde) -> None:
    horde.will_answer("GET /v2/workers/name/mill", Reply(200, A_WORKER))
    horde.will_answer(f"GET /v2/workers/{JOB}", Reply(200, {**A_WORKER, "maintenance_mode": True}))

    said = run("worker", "mill", "--maintenance", "--reason", "new fan", "--team", "").stdout

    assert "in maintenance" in said
    assert horde.lines == ["GET /v2/workers/name/mill", f"PUT /v2/workers/{JOB}", f"GET /v2/workers/{JOB}"]
    assert horde.asked[1].body == {"maintenance": True, "maintenance_msg": "new fan", "team": ""}


def test_shared_key_is_made_with_its_limits(horde: FakeHorde) -> None:
    horde.will_answer("PUT /v2/sharedkeys", Reply(200, a_shared_key()))

    said = run("sharedkeys", "create", "--kudos", "100", "--max-image-steps", "30", "--name", "club").stdout

    assert said.splitlines()[0] == SHARED
    assert "kudos: 100; pixels of an image: no limit; steps of an image: 30" in said
    assert "ends: never" in said
    assert horde.asked[0].body == {
        "kudos": 100,
        "name": "club",
        "expiry": -1,
        "max_image_pixels": -1,
        "max_image_steps": 30,
        "max_text_tokens": -1,
    }


def test_shared_key_is_shown_changed_and_ended(horde: FakeHorde) -> None:
    horde.will_answer(f"GET /v2/sharedkeys/{SHARED}", Reply(200, a_shared_key(utilized=7)))
    horde.will_answer(f"PATCH /v2/sharedkeys/{SHARED}", Reply(200, a_shared_key(kudos=50)))
    horde.will_answer(f"DELETE /v2/sharedkeys/{SHARED}", Reply(200, {"message": "OK"}))

    assert json.loads(run("sharedkeys", "show", SHARED, "--json").stdout)["utilized"] == 7
    assert "kudos: 50" in run("sharedkeys", "change", SHARED, "--kudos", "50").stdout
    assert "no longer valid" in run("sharedkeys", "delete", SHARED).stdout

    assert horde.asked[1].body == {"kudos": 50}


@pytest.mark.parametrize(("flag", "kind"), [((), "image"), (("--text",), "text")], ids=["image", "text"])
def test_styles_are_listed(horde: FakeHorde, flag: tuple[str, ...], kind: str) -> None:
    a_style = {
        "id": JOB,
        "name": "raw photo",
        "creator": "ann#7",
        "use_count": 3,
        "models": ["Deliberate"],
        "prompt": "{p}",
    }
    horde.will_answer(f"GET /v2/styles/{kind}", Reply(200, [a_style]), Reply(200, []))

    said = run("styles", "list", *flag, "--tag", "photo").stdout

    assert "raw photo" in said
    assert "tag=photo" in horde.asked[0].query
    assert run("styles", "list", *flag).stdout == "There are no such styles.\n"


@pytest.mark.parametrize(
    ("name", "path"), [(JOB, f"/v2/styles/image/{JOB}"), ("raw photo", "/v2/styles/image_by_name/raw%20photo")]
)
def test_style_is_shown_by_id_or_name(horde: FakeHorde, name: str, path: str) -> None:
    horde.will_answer(f"GET {path}", Reply(200, {"id": JOB, "name": "raw photo", "prompt": "{p}, raw photo"}))

    assert json.loads(run("styles", "show", name).stdout)["prompt"] == "{p}, raw photo"


def test_completion_knows_the_commands() -> None:
    done = CliRunner().invoke(
        app,
        [],
        env={"_HORDE_COMPLETE": "complete_bash", "COMP_WORDS": "horde sh", "COMP_CWORD": "1"},
        prog_name="horde",
    )

    assert done.stdout.split() == ["sharedkeys"]
