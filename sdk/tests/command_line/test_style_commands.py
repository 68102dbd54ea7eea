"""`horde styles …`: what makes, changes and deletes styles, examples and collections, against a horde on loopback."""

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

EXAMPLE = "99999999-8888-7777-6666-555555555555"
DONE = Reply(200, {"message": "OK"})
MADE = Reply(200, {"id": JOB, "message": "OK"})


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def a_user(*styles: dict[str, str]) -> dict[str, Any]:
    return {"username": "ann#7", "id": 7, "kudos": 10.0, "styles": list(styles)}


def a_style(**changes: Any) -> Reply:
    return Reply(200, {"id": JOB, "name": "oil", "prompt": "{p}, in oil{np}", "examples": [], **changes})


@pytest.mark.parametrize(
    ("flags", "kind", "prompt"), [((), "image", "{p}{np}"), (("--text",), "text", "{p}")], ids=["image", "text"]
)
def test_style_is_made(horde: FakeHorde, flags: tuple[str, ...], kind: str, prompt: str) -> None:
    horde.will_answer(f"POST /v2/styles/{kind}", MADE, MADE)

    assert run("styles", "create", "oil", "-m", "Deliberate", *flags).stdout == f"{JOB}\n"
    assert horde.asked[0].body == {"name": "oil", "prompt": prompt, "params": {}, "models": ["Deliberate"]}


def test_all_that_is_said_of_a_style_is_sent(horde: FakeHorde) -> None:
    horde.will_answer("POST /v2/styles/image", MADE)
    words = ("--prompt", "{p}, oil###{np}", "--param", "steps=20", "--param", "sampler_name=k_heun", "--tag", "a")

    run(
        "styles",
        "create",
        "oil",
        "-m",
        "a",
        "-m",
        "b",
        *words,
        "--tag",
        "b",
        "--private",
        "--nsfw",
        "--info",
        "Slow to dry.",
    )

    assert horde.asked[0].body == {
        "name": "oil",
        "prompt": "{p}, oil###{np}",
        "params": {"steps": 20, "sampler_name": "k_heun"},
        "models": ["a", "b"],
        "tags": ["a", "b"],
        "public": False,
        "nsfw": True,
        "info": "Slow to dry.",
    }


def test_warnings_of_a_style_go_to_standard_error(horde: FakeHorde) -> None:
    warning = {"code": "StepsTooFew", "message": "Deliberate works best with 20 steps or more."}
    horde.will_answer("POST /v2/styles/image", Reply(200, {"id": JOB, "message": "OK", "warnings": [warning]}))

    result = run("styles", "create", "oil", "-m", "Deliberate", "--json")

    assert result.stderr == "Deliberate works best with 20 steps or more.\n"
    assert json.loads(result.stdout)["id"] == JOB


def test_parameter_without_a_value_is_a_wrong_command_line(horde: FakeHorde) -> None:
    result = run("styles", "create", "oil", "-m", "Deliberate", "--param", "steps")

    assert result.exit_code == 2
    assert "'steps' is no NAME=VALUE" in result.stderr


def test_change_sends_what_is_named_alone(horde: FakeHorde) -> None:
    horde.will_answer("GET /v2/find_user", Reply(200, a_user()))
    horde.will_answer("GET /v2/styles/image_by_name/oil", a_style())
    horde.will_answer(f"PATCH /v2/styles/image/{JOB}", MADE)

    assert run("styles", "edit", "oil", "--no-tags", "--public").exit_code == 0
    assert horde.asked[2].body == {"tags": [], "public": True}


def test_a_shared_key_is_given_and_taken_away(horde: FakeHorde) -> None:
    horde.will_answer("POST /v2/styles/image", MADE)
    horde.will_answer("GET /v2/find_user", Reply(200, a_user()))
    horde.will_answer("GET /v2/styles/image_by_name/oil", a_style())
    horde.will_answer(f"PATCH /v2/styles/image/{JOB}", MADE)

    run("styles", "create", "oil", "-m", "Deliberate", "--shared-key", EXAMPLE)
    run("styles", "edit", "oil", "--shared-key", "0")

    assert horde.asked[0].body["sharedkey"] == EXAMPLE
    assert horde.asked[-1].body == {"sharedkey": "00000000-0000-0000-0000-000000000000"}


def test_change_of_nothing_asks_nobody(horde: FakeHorde) -> None:
    result = run("styles", "edit", "oil")

    assert (result.exit_code, result.stderr) == (1, "Say what to change.\n")
    assert horde.lines == []


def test_style_is_deleted(horde: FakeHorde) -> None:
    horde.will_answer("GET /v2/find_user", Reply(200, a_user()))
    horde.will_answer(f"GET /v2/styles/text/{JOB}", a_style())
    horde.will_answer(f"DELETE /v2/styles/text/{JOB}", DONE)

    assert run("styles", "delete", JOB, "--text").stdout == "The style is deleted.\n"


def test_a_name_means_ones_own_style_first(horde: FakeHorde) -> None:
    """The name alone is somebody else's public style to the horde."""
    own = {"id": JOB, "name": "ann#7::style::oil", "type": "image"}
    of_texts = {"id": EXAMPLE, "name": "ann#7::style::rhymes", "type": "text"}
    horde.will_answer("GET /v2/find_user", Reply(200, a_user(own, of_texts)), Reply(200, a_user(own, of_texts)))
    horde.will_answer(f"GET /v2/styles/image/{JOB}", a_style())
    horde.will_answer(f"DELETE /v2/styles/image/{JOB}", DONE)

    assert run("styles", "delete", "oil", "--apikey", "mine").exit_code == 0
    assert run("styles", "delete", "rhymes", "--apikey", "mine").exit_code == 1
    assert horde.lines[-1] == "GET /v2/styles/image_by_name/rhymes"


def test_examples_are_listed_added_chosen_and_removed(horde: FakeHorde) -> None:
    shown = a_style(examples=[{"id": EXAMPLE, "url": "https://example.org/1.webp", "primary": False}])
    horde.will_answer("GET /v2/find_user", *[Reply(200, a_user())] * 4)
    horde.will_answer("GET /v2/styles/image_by_name/oil", shown, shown, shown, shown, shown)
    horde.will_answer(f"POST /v2/styles/image/{JOB}/example", Reply(200, {"id": EXAMPLE, "message": "OK"}))
    horde.will_answer(f"PATCH /v2/styles/image/{JOB}/example/{EXAMPLE}", Reply(200, {"id": EXAMPLE, "message": "OK"}))
    horde.will_answer(f"DELETE /v2/styles/image/{JOB}/example/{EXAMPLE}", DONE)

    assert "https://example.org/1.webp" in run("styles", "examples", "list", "oil", "--json").stdout
    assert run("styles", "examples", "add", "oil", "https://example.org/2.webp").stdout == f"{EXAMPLE}\n"
    assert run("styles", "examples", "primary", "oil", EXAMPLE).exit_code == 0
    assert run("styles", "examples", "remove", "oil", EXAMPLE).exit_code == 0
    bodies = [asked.body for asked in horde.asked if asked.method in ("POST", "PATCH")]
    assert bodies == [
        {"url": "https://example.org/2.webp", "primary": False},
        {"url": "https://example.org/1.webp", "primary": True},
    ]
    assert run("styles", "examples", "primary", "oil", JOB).stderr == "This style has no such example.\n"


def test_collections_are_made_shown_changed_and_deleted(horde: FakeHorde) -> None:
    one = {"id": JOB, "name": "paints", "type": "image", "public": True, "use_count": 2, "info": None}
    one["styles"] = [{"id": EXAMPLE, "name": "ann#7::style::oil"}]
    horde.will_answer("POST /v2/collections", MADE)
    horde.will_answer("GET /v2/collections", Reply(200, [one]), Reply(200, []))
    horde.will_answer("GET /v2/collection_by_name/paints", *[Reply(200, one)] * 3)
    horde.will_answer(f"PATCH /v2/collections/{JOB}", MADE)
    horde.will_answer(f"DELETE /v2/collections/{JOB}", DONE)

    assert run("styles", "collections", "create", "paints", "oil", "water", "--private").stdout == f"{JOB}\n"
    assert horde.asked[0].body == {"name": "paints", "styles": ["oil", "water"], "public": False}
    listed = run("styles", "collections", "list").stdout
    assert "paints" in listed and "oil" in listed and "ann#7" not in listed
    assert run("styles", "collections", "list").stdout == "There are no collections.\n"
    assert json.loads(run("styles", "collections", "show", "paints").stdout)["use_count"] == 2
    assert run("styles", "collections", "edit", "paints", "--style", "oil").exit_code == 0
    assert horde.asked[-1].body == {"styles": ["oil"]}
    assert run("styles", "collections", "edit", "paints").stderr == "Say what to change.\n"
    assert run("styles", "collections", "delete", "paints").stdout == "The collection is deleted.\n"
