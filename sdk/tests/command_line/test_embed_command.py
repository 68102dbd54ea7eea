"""`horde embed` against a horde on loopback."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest
from fake_horde import JOB, FakeHorde, Reply, a_check
from typer.testing import CliRunner, Result

from horde_sdk.command_line import connection
from horde_sdk.command_line.client_commands import register
from horde_sdk.command_line.main import build_app

ASYNC = "POST /v2/generate/embedding/async"
STATUS = f"GET /v2/generate/embedding/status/{JOB}"

app = build_app(plugins=[])
register(app)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "POLL_INTERVAL_S", 0.0)


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["embed", *arguments], input=typed)


def done(*vectors: tuple[float, ...]) -> Reply:
    """The status of a request whose vectors are there."""
    made: dict[str, Any] = {
        "vectors": [base64.b64encode(struct.pack(f"<{len(one)}f", *one)).decode() for one in vectors],
        "dimensions": len(vectors[0]),
        "model": "all-MiniLM-L6-v2",
        "id": JOB,
        "worker_id": JOB,
        "worker_name": "embedder",
    }
    return Reply(200, a_check(done=True, finished=1, waiting=0, generations=[made]))


@pytest.fixture
def embedding_horde(horde: FakeHorde) -> FakeHorde:
    horde.will_answer(ASYNC, Reply(202, {"id": JOB, "kudos": 0.11}))
    return horde


def test_vectors_are_printed_a_line_each(embedding_horde: FakeHorde) -> None:
    embedding_horde.will_answer(STATUS, Reply(200, a_check(queue_position=2, generations=[])), done((1, 0.5), (0, -1)))

    result = run("a harbour", "a ship")

    assert result.exit_code == 0, result.output
    assert result.stdout == "+1.0000 +0.5000\n+0.0000 -1.0000\n"
    assert "queue position 2" in result.stderr
    assert embedding_horde.asked[0].body["input"] == ["a harbour", "a ship"]


def test_of_long_vectors_the_beginning_is_shown(embedding_horde: FakeHorde) -> None:
    embedding_horde.will_answer(STATUS, done(tuple(range(10))))

    assert run("a harbour").stdout == "+0.0000 +1.0000 +2.0000 +3.0000 +4.0000 +5.0000 …\n"


def test_programs_get_every_number(embedding_horde: FakeHorde) -> None:
    embedding_horde.will_answer(STATUS, done((0.5,) * 10))

    told = json.loads(run("a harbour", "--json").stdout)

    assert (told["id"], told["model"], told["dimensions"]) == (JOB, "all-MiniLM-L6-v2", 10)
    assert told["embeddings"] == [[0.5] * 10]


def test_lines_of_the_input_are_texts(embedding_horde: FakeHorde) -> None:
    embedding_horde.will_answer(STATUS, done((1,), (2,), (3,)))

    assert run("first", "-", typed="second\n\nthird\n").exit_code == 0
    assert embedding_horde.asked[0].body["input"] == ["first", "second", "third"]


def test_options_are_parts_of_the_request(embedding_horde: FakeHorde) -> None:
    embedding_horde.will_answer(STATUS, done((1,)))

    assert run("x", "-m", "a", "-m", "b", "--dimensions", "1", "--trusted-workers", "--fast-workers").exit_code == 0
    body = embedding_horde.asked[0].body
    assert (body["models"], body["dimensions"]) == (["a", "b"], 1)
    assert (body["trusted_workers"], body["slow_workers"]) == (True, False)


def test_the_price_is_told_and_nothing_is_made(horde: FakeHorde) -> None:
    horde.will_answer(ASYNC, Reply(200, {"kudos": 0.18}))

    result = run("x", "--dry-run")

    assert result.exit_code == 0, result.output
    assert "0.18" in result.stdout
    assert horde.lines == [ASYNC]


@pytest.mark.parametrize("arguments", [[], ["x", "--dimensions", "0"], ["x", "--dimensions", "8193"]])
def test_wrong_command_line_is_exit_code_2(horde: FakeHorde, arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2
    assert horde.lines == []


def test_too_many_texts_are_one_sentence(horde: FakeHorde) -> None:
    result = run(*["x"] * 257)

    assert result.exit_code == 1
    assert "256" in result.stderr
    assert horde.lines == []


def test_a_horde_without_embeddings_is_told(horde: FakeHorde) -> None:
    horde.will_answer(ASYNC, Reply(404, {"message": "There is nothing here.", "rc": "NotFound"}))

    result = run("x")

    assert result.exit_code == 1
    assert "There is nothing here." in result.stderr
