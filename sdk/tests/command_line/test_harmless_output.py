"""Whatever a horde and its workers call things: no command lets it steer the terminal, fake a line or hide."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import typer
from fake_horde import JOB, Asked, FakeHorde, Reply, a_check
from typer.testing import CliRunner

from horde_sdk.command_line import connection
from horde_sdk.command_line.client_commands import register
from horde_sdk.command_line.main import build_app
from horde_sdk.harmless_text import one_line, printable, printable_json

EVIL = (
    "\r\nFAKED line\x1b[2J\x1b]0;title\x07\x9b2J\x7f\x00\u2028\u2029\u0085\v\f\b"
    "\u202e\u2066\u200f\u061c\u200b\u2060\ufeff\u00ad\u034f\u115f\u180e\u2800\u3164\uffa0\ufff9\U000e0041\ud800"
)
LETTERS_JOINED = "می\u200cخوب ❤\ufe0f 👩\u200d🚀"
PLAIN = "Ünïcödé 漢字 שלום: [bold] :smile: \\n"
SHARED_KEY = {
    "id": JOB, "username": "u", "name": "n", "kudos": 5, "expiry": "later", "utilized": 0,
    "max_image_pixels": 1, "max_image_steps": 1, "max_text_tokens": 1,
}  # fmt: skip
STYLE = {
    "id": JOB, "name": "s", "info": "i", "prompt": "{p}{np}", "params": {}, "public": True, "nsfw": False,
    "tags": ["t"], "models": ["m"], "creator": "c", "use_count": 1,
    "examples": [{"id": JOB, "url": "https://example.org/e.webp", "primary": True}],
}  # fmt: skip
MADE = {"id": JOB, "message": "m", "warnings": [{"code": "StepsTooFew", "message": "w"}]}
COLLECTION = {
    "id": JOB, "name": "n", "type": "image", "info": "i", "public": True, "use_count": 1,
    "styles": [{"id": JOB, "name": "c::style::s"}],
}  # fmt: skip
WORKER = {
    "type": "image", "name": "w", "id": JOB, "bridge_agent": "a:1:b", "performance": "fast", "info": "i",
    "models": ["m"], "maintenance_mode": False, "requests_fulfilled": 1, "online": True,
    "team": {"name": "t", "id": JOB},
    "messages": [{"id": JOB, "message": "m", "origin": "o", "expiry": "later"}],
}  # fmt: skip
USER = {"username": "u", "id": 7, "kudos": 5}
TEAM = {
    "name": "t", "id": JOB, "info": "i", "creator": "c", "requests_fulfilled": 1, "kudos": 1.0, "uptime": 1,
    "worker_count": 1, "workers": [{"type": "image", "name": "w", "id": JOB}], "models": [{"name": "m", "count": 1}],
}  # fmt: skip
MESSAGE = {"id": JOB, "message": "m", "origin": "o", "expiry": "later", "worker_type": "image"}
NEWS = {"title": "t", "newspiece": "n", "date_published": "d", "importance": "i", "more_info_urls": ["u"]}

VECTORS = {
    "vectors": ["AACAPw=="], "dimensions": 1, "model": "m", "id": JOB, "worker_id": JOB, "worker_name": "w",
}  # fmt: skip
EXPLANATION = {
    "id": JOB, "type": "image", "eta_accuracy": {"requests": 0},
    "parts": [
        {
            "done": False, "faulted": False, "is_possible": False, "queue_position": 1, "online": 1, "able": 0,
            "refused": [{"reason": "lora", "workers": 1, "description": "take no LoRAs"}],
            "suggestions": [{"description": "Without LoRAs.", "workers": 1, "points": 9, "changes": []}],
        }
    ],
}  # fmt: skip
NEW_USER = {"id": 7, "username": "ada", "alias": "ada#7", "api_key": "k", "approved": False}

app = build_app(plugins=[])
register(app)
run = CliRunner()

OWN_KEY = {
    "id": 7, "name": "", "scopes": ["ask"], "created": "2026-11-30T10:00:00Z", "spent": 1.5,
    "spent_today": 0.0, "kudos": 3.5, "models": ["m"], "networks": ["192.0.2.0/24"], "api_key": "k",
}  # fmt: skip


class EvilHorde(FakeHorde):
    """Answers as usual, but with `EVIL` in every text that is no address, id, or state it waits for."""

    def _usual(self, asked: Asked) -> Reply:
        match asked.method, asked.path.split("/")[2:]:
            case "GET", ["keys"]:
                reply = Reply(200, {"keys": [OWN_KEY]})
            case "DELETE", ["keys", _]:
                reply = Reply(200, {"message": "OK"})
            case _, ["keys", *_]:
                reply = Reply(200, OWN_KEY)
            case _, ["sharedkeys", *_]:
                reply = Reply(200, {"message": "OK"} if asked.method == "DELETE" else SHARED_KEY)
            case "DELETE", ["styles" | "collections", *_]:
                reply = Reply(200, {"message": "OK"})
            case "POST" | "PATCH", ["styles" | "collections", *_]:
                reply = Reply(200, MADE)
            case "GET", ["collections"]:
                reply = Reply(200, [COLLECTION])
            case "GET", ["collections" | "collection_by_name", _]:
                reply = Reply(200, COLLECTION)
            case "GET", ["styles", _]:
                reply = Reply(200, [STYLE])
            case "GET", ["styles", _, *_]:
                reply = Reply(200, STYLE)
            case "GET", ["teams"]:
                reply = Reply(200, [TEAM])
            case "DELETE", ["teams", _]:
                reply = Reply(200, {"deleted_id": JOB, "deleted_name": "t"})
            case _, ["teams", *_]:
                reply = Reply(200, TEAM)
            case "DELETE", ["workers", "messages", _]:
                reply = Reply(200, {"message": "OK"})
            case method, ["workers", "messages"]:
                reply = Reply(200, [MESSAGE] if method == "GET" else MESSAGE)
            case "GET", ["status", "news"]:
                reply = Reply(200, [NEWS])
            case "GET", ["workers", _, *_]:
                reply = Reply(200, WORKER)
            case "POST", ["register"]:
                reply = Reply(201, NEW_USER)
            case "GET", ["users"]:
                reply = Reply(200, [USER])
            case _, ["users", _]:
                reply = Reply(200, {"username": "u", "proxy_passkey": "p", "message": "OK"})
            case "POST", ["generate", "embedding", "async"]:
                reply = Reply(202, {"id": JOB, "kudos": 0.1})
            case _, ["generate", "embedding", "status", _]:
                reply = Reply(200, a_check(done=True, finished=1, waiting=0, generations=[VECTORS]))
            case "GET", ["explain", _]:
                reply = Reply(200, EXPLANATION)
            case _:
                reply = super()._usual(asked)
        if not isinstance(reply.body, bytes):
            reply.body = evil(reply.body)
        return reply


TYPED = ("type", "state", "form", "bridge_agent", "created", "time", "vectors")
"""Fields whose texts are read as something else."""


def evil(value: Any, name: str = "") -> Any:
    """A body with `EVIL` in its texts; half of them in front, so that neither end is safe."""
    match value:
        case dict():
            return {key: evil(one, key) for key, one in value.items()}
        case list():
            return [evil(one, name) for one in value]
        case str() if not (is_id(value) or value.startswith("http") or name in TYPED):
            return EVIL + value + EVIL
    return value


def is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@pytest.fixture
def evil_horde(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(connection, "POLL_INTERVAL_S", 0.0)
    with EvilHorde() as running:
        monkeypatch.setenv("AI_HORDE_URL", running.url)
        yield running


COMMANDS = {
    "image": ["p", "--no-preview"],
    "text": ["p"],
    "alchemy": ["http://example.com/a.webp", "--form", "caption"],
    "embed": ["p"],
    "cancel": [JOB],
    "explain": [JOB],
    "models": [],
    "workers": [],
    "worker": ["w"],
    "me": [],
    "kudos": [],
    "news": [],
    "transfer": ["ann#7", "5", "--yes"],
    "register": ["ada"],
    "users": [],
    "account change": ["--name", "n-n"],
    "account passkey": [],
    "account delete": ["--yes"],
    "account undelete": [],
    "keys list": [],
    "keys create": ["bot"],
    "keys change": ["7", "--name", "x"],
    "keys rotate": ["7"],
    "keys revoke": ["7"],
    "sharedkeys create": [],
    "sharedkeys show": [JOB],
    "sharedkeys change": [JOB, "--kudos", "5"],
    "sharedkeys delete": [JOB],
    "styles list": [],
    "styles show": ["s"],
    "styles create": ["s", "-m", "m"],
    "styles edit": ["s", "--nsfw"],
    "styles delete": ["s"],
    "styles examples list": ["s"],
    "styles examples add": ["s", "https://example.org/e.webp"],
    "styles examples primary": ["s", JOB],
    "styles examples remove": ["s", JOB],
    "styles collections list": [],
    "styles collections show": ["c"],
    "styles collections create": ["c", "s"],
    "styles collections edit": ["c", "--public"],
    "styles collections delete": ["c"],
    "teams list": [],
    "teams show": [JOB],
    "teams create": ["Keepers"],
    "teams change": [JOB, "--info", "Of the lamp."],
    "teams delete": [JOB],
    "messages list": [],
    "messages send": ["hello"],
    "messages delete": [JOB],
}
LISTED = {
    name
    for name in COMMANDS
    if name != "styles show" and not (name.startswith(("styles examples", "styles collections")) and "list" not in name)
}


def names_in(group: typer.Typer) -> set[str]:
    """Return every command of a group, and of the groups in it."""
    known = {str(one.name or one.callback.__name__) for one in group.registered_commands if one.callback}
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        known |= {f"{inner.name} {name}" for name in names_in(inner.typer_instance)}
    return known


def test_every_command_is_looked_at() -> None:
    assert names_in(app) == {*COMMANDS, "mcp"}  # what that says goes to a program, as JSON


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("answers", ["good", "refused"])
@pytest.mark.parametrize("as_json", [False, True], ids=["for people", "as JSON"])
def test_no_command_prints_what_is_not_seen(
    evil_horde: EvilHorde, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, answers: str, as_json: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    if answers == "refused":
        body = evil({"message": "no", "rc": "X", "errors": {f"a{EVIL}": "b"}})
        monkeypatch.setattr(evil_horde, "_usual", lambda _: Reply(400, body))

    arguments = [*command.split(), *COMMANDS[command], *(["--json"] if as_json and command in LISTED else [])]
    result = run.invoke(app, arguments)

    assert result.exit_code == (1 if answers == "refused" else 0), result.output
    assert evil_horde.asked
    said = result.stdout + result.stderr
    assert {one for one in said if one in EVIL} <= set("\nFAKED linetitle[2J]0;"), ascii(said)
    if command != "text" or answers == "refused":
        assert not re.search(r"^\s*FAKED", said, re.MULTILINE)


@pytest.mark.parametrize("character", sorted(set(EVIL) - set("FAKED linetitle[2J]0;")), ids=ascii)
def test_what_is_not_seen_is_shown_as_an_escape_in_a_line(character: str) -> None:
    shown = one_line(f"a{character}b")

    assert shown.isascii()
    assert shown.isprintable()
    assert json.loads(f'"{shown}"') == f"a{character}b"


def test_plain_words_of_all_languages_stay_as_they_are() -> None:
    assert one_line(PLAIN) == printable(PLAIN) == PLAIN


def test_a_text_keeps_its_lines_and_what_joins_its_letters() -> None:
    assert printable(f"{LETTERS_JOINED}\n\tmore") == f"{LETTERS_JOINED}\n\tmore"
    assert printable(EVIL) == "\nFAKED line[2J]0;title2J"


def test_a_name_with_joined_letters_does_not_look_like_one_without() -> None:
    assert one_line("a\u200dworker") == r"a\u200dworker"


def test_json_says_the_same_with_escapes() -> None:
    written = printable_json(json.dumps([EVIL, LETTERS_JOINED], ensure_ascii=False))

    assert json.loads(written) == [EVIL, LETTERS_JOINED]
    assert not {one for one in EVIL if not one.isprintable()} & set(written)
