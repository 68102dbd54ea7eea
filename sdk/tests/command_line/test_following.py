"""`horde text --stream` and `horde image --follow`, against a horde that tells events and one that does not."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from fake_horde import JOB, FakeHorde, Reply, a_check, a_generation, a_picture, a_text
from typer.testing import CliRunner, Result

from horde_sdk.command_line import connection, following
from horde_sdk.command_line.client_commands import register
from horde_sdk.command_line.main import build_app
from horde_sdk.command_line.terminal_pictures import protocol_of

TEXT_EVENTS = f"GET /v2/generate/text/events/{JOB}"
IMAGE_EVENTS = f"GET /v2/generate/events/{JOB}"
OF_EVENTS = {"Content-Type": "text/event-stream"}

app = build_app(plugins=[])
register(app)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(connection, "POLL_INTERVAL_S", 0.0)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def events(*told: tuple[str, Any]) -> Reply:
    pieces = [f"event: {name}\ndata: {json.dumps(data)}\n\n".encode() for name, data in told]
    return Reply(200, iter(pieces), OF_EVENTS)


END = ("end", {"done": True, "faulted": False})


class TestTexts:
    def test_a_text_is_printed_as_it_comes(self, horde: FakeHorde) -> None:
        pieces = [("text", {"job": 0, "at": 0, "text": " there"}), ("text", {"job": 0, "at": 6, "text": " was a fox."})]
        horde.will_answer(TEXT_EVENTS, events(("state", a_check(queue_position=2)), *pieces, END))

        result = run("text", "Once", "--stream")

        assert result.exit_code == 0, result.output
        assert result.stdout == " there was a fox.\n"
        assert "queue position 2" in result.stderr

    def test_a_horde_that_tells_nothing_is_polled(self, horde: FakeHorde) -> None:
        result = run("text", "Once", "--stream")

        assert (result.exit_code, result.stdout) == (0, " there was a fox.\n")

    def test_several_texts_are_printed_one_by_one(self, horde: FakeHorde) -> None:
        horde.texts = ["one", "two"]
        horde.will_answer(TEXT_EVENTS, events(("result", a_text(1, "one")), ("result", a_text(2, "two")), END))

        assert run("text", "p", "-n", "2", "--stream").stdout == "one\n---\ntwo\n"

    def test_no_stranger_steers_the_terminal(self, horde: FakeHorde) -> None:
        horde.texts = ["\x1b[2Jgone"]
        horde.will_answer(TEXT_EVENTS, events(("text", {"job": 0, "at": 0, "text": "\x1b[2J"}), END))

        result = run("text", "p", "--stream")

        assert "\x1b" not in result.stdout

    def test_what_was_streamed_and_is_not_the_end_of_it_is_said(self, horde: FakeHorde) -> None:
        horde.will_answer(TEXT_EVENTS, events(("text", {"job": 0, "at": 0, "text": "another"}), END))

        assert "another than what was told" in run("text", "p", "--stream").stderr

    def test_json_and_a_stream_are_not_both(self, horde: FakeHorde) -> None:
        result = run("text", "p", "--stream", "--json")

        assert result.exit_code == 2
        assert horde.lines == []

    def test_what_is_interrupted_is_cancelled(self, horde: FakeHorde, monkeypatch: pytest.MonkeyPatch) -> None:
        horde.will_answer(TEXT_EVENTS, events(("text", {"job": 0, "at": 0, "text": "a"})))

        def interrupt(_: str) -> str:
            raise KeyboardInterrupt

        monkeypatch.setattr(following, "printable", interrupt)
        result = run("text", "p", "--stream")

        assert result.exit_code == 1
        assert horde.lines[-1] == f"DELETE /v2/generate/text/status/{JOB}"


def a_preview(picture: bytes) -> tuple[str, Any]:
    return "preview", {"job": 0, "image": f"data:image/webp;base64,{base64.b64encode(picture).decode()}"}


class TestImages:
    def test_states_and_steps_are_said(self, horde: FakeHorde) -> None:
        step = ("step", {"job": 0, "step": 12, "steps": 30})
        made = ("result", a_generation(1, f"{horde.url.removesuffix('api/')}image/1"))
        restarted = ("restarted", {"job": 0, "reason": "silent\x1b[2J"})
        horde.will_answer(IMAGE_EVENTS, events(("state", a_check(queue_position=3)), step, restarted, made, END))

        result = run("image", "A cat", "--follow")

        assert result.exit_code == 0, result.output
        assert "queue position 3" in result.stderr
        assert "image 1: step 12 of 30" in result.stderr
        assert "image 1 begins anew: silent" in result.stderr
        assert "\x1b" not in result.stderr
        assert ".webp" in result.stdout
        assert next(one for one in horde.asked if one.line == IMAGE_EVENTS).query == ""

    def test_a_horde_that_tells_nothing_is_polled(self, horde: FakeHorde) -> None:
        horde.will_answer(f"GET /v2/generate/check/{JOB}", Reply(200, a_check(queue_position=2)))
        result = run("image", "A cat", "--follow")

        assert result.exit_code == 0, result.output
        assert "queue position 2" in result.stderr
        assert ".webp" in result.stdout

    @pytest.mark.parametrize(
        ("environment", "mark"),
        [
            ({"COLORTERM": "truecolor"}, "▀"),
            ({"KITTY_WINDOW_ID": "1"}, "\x1b_Ga=T,r=12,f=100,"),
            ({"TERM_PROGRAM": "iTerm.app"}, "\x1b]1337;File=inline=1;height=12;"),
        ],
    )
    def test_pictures_are_shown_in_the_place_of_those_before(
        self, horde: FakeHorde, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], mark: str
    ) -> None:
        for name in ("TERM", "TERM_PROGRAM", "KITTY_WINDOW_ID", "COLORTERM"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        previews = [a_preview(a_picture(side)) for side in (32, 64)]
        horde.will_answer(IMAGE_EVENTS, events(("state", a_check()), *previews, END))
        protocol = protocol_of(environment, is_terminal=True)
        monkeypatch.setattr(following, "protocol_of", lambda *_, **__: protocol)

        result = run("image", "A cat", "--follow")

        assert result.exit_code == 0, result.output
        assert result.stdout.count(f"\x1b[{following.PREVIEW_ROWS + 1}A\r\x1b[J") == 2
        assert mark in result.stdout
        assert next(one for one in horde.asked if one.line == IMAGE_EVENTS).query == "previews=1"

    @pytest.mark.parametrize("picture", [b"", b"no picture", b"GIF89a" + bytes(20), a_picture(1025)])
    def test_what_is_no_small_picture_is_shown_to_nobody(
        self, horde: FakeHorde, picture: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        horde.will_answer(IMAGE_EVENTS, events(a_preview(picture), END))
        monkeypatch.setattr(following, "protocol_of", lambda *_, **__: "blocks")
        monkeypatch.setattr(following, "as_rows", lambda *_: pytest.fail("shown"))

        assert run("image", "A cat", "--follow", "--no-preview").exit_code == 0
        assert run("image", "A cat", "--follow").exit_code == 0
