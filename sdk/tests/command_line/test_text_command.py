"""`horde text` against a horde on loopback."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fake_horde import JOB, FakeHorde, Reply, a_check, a_text
from typer.testing import CliRunner, Result

from horde_sdk.command_line import connection
from horde_sdk.command_line.client_commands import register
from horde_sdk.command_line.main import build_app
from horde_sdk.harmless_text import printable

STATUS = f"GET /v2/generate/text/status/{JOB}"
WORKER = "99999999-0000-0000-0000-000000000000"

app = build_app(plugins=[])
register(app)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "POLL_INTERVAL_S", 0.0)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["text", *arguments])


def test_text_is_printed_and_progress_goes_elsewhere(horde: FakeHorde) -> None:
    horde.will_answer(STATUS, Reply(200, a_check(queue_position=2, generations=[])))

    result = run("Once upon a time")

    assert result.exit_code == 0, result.output
    assert result.stdout == " there was a fox.\n"
    assert "queue position 2" in result.stderr
    assert horde.asked[0].body == {"prompt": "Once upon a time", "models": [], "params": {"n": 1}}


def test_texts_are_set_apart(horde: FakeHorde) -> None:
    horde.texts = ["one", "two"]

    assert run("p", "-n", "2").stdout == "one\n---\ntwo\n"


def test_texts_as_json_name_seeds_and_workers(horde: FakeHorde) -> None:
    told = json.loads(run("p", "--json").stdout)

    assert told["id"] == JOB
    (text,) = told["generations"]
    assert (text["text"], text["seed"], text["worker_name"]) == (" there was a fox.", 1, "a worker")


@pytest.mark.parametrize(
    ("options", "params"),
    [
        (["--max-length", "200", "--max-context", "4096"], {"max_length": 200, "max_context_length": 4096}),
        (["--temperature", "0", "--top-k", "0"], {"temperature": 0, "top_k": 0}),
        (["--top-p", "0.9", "--min-p", "0.05", "--typical", "0.7"], {"top_p": 0.9, "min_p": 0.05, "typical": 0.7}),
        (["--rep-pen", "1.1", "--rep-pen-range", "320"], {"rep_pen": 1.1, "rep_pen_range": 320}),
        (["--sampler-order", "6, 0,1,3,4,2,5"], {"sampler_order": [6, 0, 1, 3, 4, 2, 5]}),
        (["--stop", "THE END", "--stop", "\\n\\n"], {"stop_sequence": ["THE END", "\n\n"]}),
        (["--single-line", "--trim"], {"singleline": True, "frmttriminc": True}),
    ],
)
def test_options_are_parameters_of_the_request(horde: FakeHorde, options: list[str], params: dict[str, Any]) -> None:
    assert run("p", *options).exit_code == 0

    assert horde.asked[0].body["params"] == {"n": 1, **params}


def test_a_webhook_is_named_with_the_request(horde: FakeHorde) -> None:
    assert run("p", "--webhook", "https://example.org/hook").exit_code == 0

    assert horde.asked[0].body["webhook"] == "https://example.org/hook"


def test_workers_are_chosen_or_avoided(horde: FakeHorde) -> None:
    run("p", "--model", "a", "--model", "b", "--worker", WORKER, "--trusted-workers", "--validated-backends")
    run("p", "--avoid-worker", WORKER, "--fast-workers", "--allow-downgrade")
    chosen, avoided = (one.body for one in horde.asked if one.method == "POST")

    assert chosen["models"] == ["a", "b"]
    assert (chosen["workers"], chosen["worker_blacklist"]) == ([WORKER], False)
    assert (chosen["trusted_workers"], chosen["validated_backends"]) == (True, True)
    assert (avoided["workers"], avoided["worker_blacklist"]) == ([WORKER], True)
    assert (avoided["slow_workers"], avoided["allow_downgrade"]) == (False, True)


@pytest.mark.parametrize(
    "arguments",
    [[], ["p", "--worker", "a", "--avoid-worker", "b"], ["p", "--sampler-order", "6,x"], ["p", "-n", "21"]],
)
def test_wrong_command_line_is_exit_code_2(horde: FakeHorde, arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2
    assert horde.lines == []


def test_parameter_that_no_horde_takes_is_one_sentence(horde: FakeHorde) -> None:
    result = run("p", "--temperature", "9")

    assert result.exit_code == 1
    assert result.stderr.startswith("params.temperature: ")
    assert horde.lines == []


def test_refusal_is_one_sentence_with_its_code(horde: FakeHorde) -> None:
    refusal = {"message": "The context is too small.", "rc": "TokenOverflow"}
    horde.will_answer("POST /v2/generate/text/async", Reply(400, refusal))

    result = run("p")

    assert (result.exit_code, result.stderr) == (1, "The context is too small. [TokenOverflow]\n")


def test_dry_run_says_the_price(horde: FakeHorde) -> None:
    assert run("p", "--dry-run").stdout == "It would cost 7.5 kudos.\n"
    assert horde.lines == ["POST /v2/generate/text/async"]


def test_ctrl_c_cancels_the_request_on_the_horde(horde: FakeHorde, monkeypatch: pytest.MonkeyPatch) -> None:
    horde.will_answer(STATUS, Reply(200, a_check(generations=[])))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("horde_sdk.command_line.progress_display.PlainProgress.show", interrupted)

    assert run("p").exit_code == 1
    assert horde.lines[-1] == f"DELETE /v2/generate/text/status/{JOB}"


def test_censored_text_is_said_to_be_so(horde: FakeHorde) -> None:
    censored = {**a_text(1, ""), "state": "censored"}
    horde.will_answer(STATUS, Reply(200, a_check(done=True, generations=[censored])))

    assert "Text 1 is censored." in run("p").stderr


def test_words_of_a_stranger_do_not_steer_the_terminal(horde: FakeHorde) -> None:
    horde.texts = ["fine\x1b]0;title\x07\x9b2J\r\n\tend"]

    assert run("p").stdout == "fine]0;title2J\n\tend\n"
    assert printable("plain ünïcödé\n\t") == "plain ünïcödé\n\t"
