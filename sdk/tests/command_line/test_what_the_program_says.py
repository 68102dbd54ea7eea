"""What the program says about warnings, remarks, limits, dead hordes and what a horde does not support."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from fake_horde import JOB, FakeHorde, Reply, a_check, a_form, a_generation, a_picture, a_text, an_alchemy_status
from typer.testing import CliRunner

from horde_sdk.command_line import connection, main

CLIENT = EntryPoint("client", "horde_sdk.command_line.client_commands:register", main.ENTRY_POINT_GROUP)
app = main.build_app([CLIENT])
run = CliRunner()

PROGRAM = "from horde_sdk.command_line.program import main; main()"
NOBODY = "No available workers can fulfill this request: 1 serves none of the models."
UNSERVED = Reply(
    202, {"id": JOB, "kudos": 1.0, "message": NOBODY, "warnings": [{"code": "NoAvailableWorker", "message": NOBODY}]}
)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "POLL_INTERVAL_S", 0.0)


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "source.webp"
    path.write_bytes(a_picture())
    return str(path)


def waiting_lines(horde: FakeHorde) -> None:
    horde.will_answer(f"GET /v2/generate/check/{JOB}", *[Reply(200, a_check(is_possible=False))] * 9999)
    texts = {**a_check(is_possible=False), "generations": []}
    horde.will_answer(f"GET /v2/generate/text/status/{JOB}", *[Reply(200, texts)] * 9999)
    forms = an_alchemy_status("waiting", a_form("caption", "waiting"))
    horde.will_answer(f"GET /v2/interrogate/status/{JOB}", *[Reply(200, forms)] * 9999)


KINDS = [
    (["image", "p"], "/v2/generate/async", "/v2/generate/status"),
    (["text", "p"], "/v2/generate/text/async", "/v2/generate/text/status"),
    (["alchemy", "SOURCE", "--form", "caption"], "/v2/interrogate/async", "/v2/interrogate/status"),
]
by_kind = pytest.mark.parametrize(("arguments", "path", "status"), KINDS, ids=["image", "text", "alchemy"])


def command(arguments: list[str], picture: str, folder: Path) -> list[str]:
    output = [] if arguments[0] == "text" else ["-o", str(folder)]
    return [*(picture if one == "SOURCE" else one for one in arguments), *output]


@by_kind
def test_warning_is_printed_and_whoever_fails_fast_waits_no_longer(
    horde: FakeHorde, picture: str, tmp_path: Path, arguments: list[str], path: str, status: str
) -> None:
    horde.will_answer(f"POST {path}", UNSERVED)
    waiting_lines(horde)

    result = run.invoke(app, [*command(arguments, picture, tmp_path), "--fail-fast"])

    assert result.exit_code == 1
    assert result.stderr.startswith(f"Request {JOB}: {NOBODY}\n")
    assert "was cancelled" in result.stderr
    assert "[NoValidWorkers]" in result.stderr
    assert horde.lines == [f"POST {path}", f"DELETE {status}/{JOB}"]


@by_kind
def test_wait_ends_after_the_timeout_that_was_said(
    horde: FakeHorde, picture: str, tmp_path: Path, arguments: list[str], path: str, status: str
) -> None:
    waiting_lines(horde)

    result = run.invoke(app, [*command(arguments, picture, tmp_path), "--timeout", "1"])

    assert result.exit_code == 1
    assert "was not complete after 1 s and was cancelled" in result.stderr
    assert f"DELETE {status}/{JOB}" in horde.lines


@by_kind
def test_program_that_is_told_to_end_cancels_its_request(
    horde: FakeHorde, picture: str, tmp_path: Path, arguments: list[str], path: str, status: str
) -> None:
    waiting_lines(horde)
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *command(arguments, picture, tmp_path)],
        env={**os.environ, "AI_HORDE_URL": horde.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr is not None
        while "finished 0" not in (line := running.stderr.readline()):
            assert line

        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=30)

    assert said.endswith("Interrupted; what was asked for has been cancelled.\n")
    assert running.returncode == 1
    assert horde.lines[-1] == f"DELETE {status}/{JOB}"


REMARKS = [
    {"type": "information", "value": "see_ref", "ref": "ignored words: portrait, old"},
    {"type": "censorship", "value": "nsfw"},
    {"type": "lora", "value": "download_failed", "ref": "detail"},
    {"type": "batch_index", "value": "see_ref", "ref": "0"},
]


def test_remarks_about_an_image_are_told_after_it_was_saved(horde: FakeHorde, tmp_path: Path) -> None:
    root = horde.url.removesuffix("api/")
    generation = {**a_generation(1, f"{root}image/1"), "gen_metadata": REMARKS}
    horde.will_answer(f"GET /v2/generate/status/{JOB}", Reply(200, a_check(done=True, generations=[generation])))

    result = run.invoke(app, ["image", "p", "-o", str(tmp_path)])

    assert result.exit_code == 0
    assert result.stderr.endswith(
        "  ignored words: portrait, old\n  censorship: nsfw\n  lora: download failed (detail)\n"
    )
    assert "ignored" not in result.stdout


def test_remarks_about_a_text_are_told_too_and_not_without_end(horde: FakeHorde) -> None:
    text = {**a_text(1, "once"), "gen_metadata": [REMARKS[0]] * 1000}
    horde.will_answer(
        f"GET /v2/generate/text/status/{JOB}", Reply(200, {**a_check(done=True, finished=1), "generations": [text]})
    )

    result = run.invoke(app, ["text", "p"])

    assert result.stdout == "once\n"
    assert result.stderr.count("ignored words") == 10
    assert "and 990 more remarks" in result.stderr


def test_rate_limit_is_told_in_words_while_it_is_waited_for(horde: FakeHorde) -> None:
    limit = Reply(429, {"message": "2 per 1 second"}, {"Retry-After": "0"})
    horde.will_answer("GET /v2/find_user", limit)

    result = run.invoke(app, ["me"])

    assert result.exit_code == 0
    assert result.stderr.startswith("The horde allows 2 calls a second. Trying again in 0.")


def test_horde_that_is_not_there_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("nobody waits for a horde that is not there")

    monkeypatch.setattr("horde_sdk.generic_api.sync_transport.time.sleep", never)

    result = run.invoke(app, ["models", "--horde", "http://127.0.0.1:9"])

    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "127.0.0.1:9 refused the connection: is a horde running there?" in result.stderr


def test_address_without_a_scheme_is_a_wrong_command_line(horde: FakeHorde) -> None:
    result = run.invoke(app, ["me", "--horde", "127.0.0.1:7001"])

    assert result.exit_code == 2
    assert "did you mean http://127.0.0.1:7001?" in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "feature"),
    [
        (["styles", "list"], "styles"),
        (["styles", "show", "x"], "styles"),
        (["teams", "list"], "teams"),
        (["messages", "list"], "messages to workers"),
        (["sharedkeys", "create"], "shared keys"),
        (["sharedkeys", "show", "00000000-0000-0000-0000-000000000000"], "shared keys"),
        (["sharedkeys", "delete", "00000000-0000-0000-0000-000000000000"], "shared keys"),
    ],
)
def test_what_a_horde_does_not_support_is_told_as_such(horde: FakeHorde, arguments: list[str], feature: str) -> None:
    result = run.invoke(app, arguments)

    assert result.exit_code == 1
    assert result.stderr == f"This horde does not support {feature}. [NotFound]\n".replace(" [NotFound]", "")


def test_style_that_is_not_there_is_told_apart_from_that(horde: FakeHorde) -> None:
    horde.will_answer(
        "GET /v2/styles/image_by_name/x", Reply(404, {"message": "No such style.", "rc": "StyleNotFound"})
    )

    assert run.invoke(app, ["styles", "show", "x"]).stderr == "No such style. [StyleNotFound]\n"


def test_refused_number_is_repeated(horde: FakeHorde) -> None:
    result = run.invoke(app, ["image", "p", "--width", "500", "--dry-run"])

    assert result.stderr == "params.width: Input should be a multiple of 64, not 500\n"


def test_width_and_height_may_be_said_alone_and_models_shortly(horde: FakeHorde) -> None:
    assert run.invoke(app, ["image", "p", "-m", "Deliberate", "--height", "640", "--dry-run"]).exit_code == 0

    assert horde.asked[0].body["models"] == ["Deliberate"]
    assert horde.asked[0].body["params"] == {"width": 512, "height": 640, "n": 1}


def names_in(page: str) -> set[str]:
    return {word.strip(",") for word in page.split() if word.startswith("--")}


@pytest.mark.parametrize("columns", [80, 60])
@pytest.mark.parametrize(
    "words", [["image"], ["text"], ["alchemy"], ["sharedkeys", "create"], ["worker"]], ids="-".join
)
def test_no_name_is_cut_in_a_help_page(words: list[str], columns: int) -> None:
    narrow = run.invoke(app, [*words, "--help"], terminal_width=columns).stdout
    wide = run.invoke(app, [*words, "--help"], terminal_width=200).stdout

    assert narrow.count("…") == wide.count("…")
    assert names_in(wide) <= names_in(narrow)
    assert max(map(len, narrow.splitlines())) <= columns


def test_options_stay_grouped_in_a_help_page() -> None:
    page = run.invoke(app, ["image", "--help"]).stdout

    assert [line for line in page.splitlines() if line.endswith(":") and not line.startswith(" ")] == [
        "Arguments:",
        "Options:",
        "Sampling:",
        "Source image:",
        "Extras:",
        "Who may serve it:",
    ]


def test_json_is_not_disturbed_by_warnings(horde: FakeHorde, tmp_path: Path) -> None:
    horde.will_answer("POST /v2/generate/async", UNSERVED)

    result = run.invoke(app, ["image", "p", "-o", str(tmp_path), "--json"])

    assert json.loads(result.stdout)["id"] == JOB
    assert NOBODY in result.stderr
