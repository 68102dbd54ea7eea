"""Published clients of OpenAI's responses, as their users install them, talk to a real horde with its demo workers."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from clients.client_places import SCRIPTS, newer_python, node_place, python_place, run_client
from clients.text_clients import ABSENT, MODEL, nothing_waits
from horde_processes import RunningHorde

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]  # installing takes its time


def test_the_published_python_package(talkers: RunningHorde, caller: str, tmp_path: Path) -> None:
    python = python_place("openai==3.57.0", sys.executable)
    key = talkers.create_user("carl")["api_key"]
    script = str(SCRIPTS / "openai_responses.py")
    told = run_client([str(python), script, talkers.url, key, MODEL, ABSENT, caller], talkers, tmp_path)
    assert told["whole"].strip() and told["async"].strip() and told["stream"]["text"].strip()
    assert (told["status"], told["metadata"]) == ("completed", {"a": "b"})
    assert min(told["usage"]) > 0
    assert told["stream"]["same"] and told["stream"]["status"] == "completed"
    assert told["stream"]["kinds"][:2] == ["response.created", "response.in_progress"]
    assert told["stream"]["kinds"][-1] == "response.completed"
    assert told["called"] == {"name": "weather", "arguments": {"place": "harbour"}, "told": "It is rain."}
    assert told["no_tools"] == ["BadRequestError", 400, "unsupported_parameter", "tools"]
    assert told["unknown_model"] == ["NotFoundError", 404, "model_not_found", "model"]
    assert told["memory"] == ["BadRequestError", 400, "unsupported_parameter", "previous_response_id"]
    assert told["wrong_key"][:3] == ["AuthenticationError", 401, "invalid_api_key"]
    assert told["given_up"] == "response.created"
    nothing_waits(talkers)


def test_the_published_npm_package(talkers: RunningHorde, caller: str, tmp_path: Path) -> None:
    place = node_place("openai@6.49.0")
    node = shutil.which("node")
    assert node
    key = talkers.create_user("dora")["api_key"]
    command = [node, str(SCRIPTS / "npm_responses.cjs"), talkers.url, str(place), key, MODEL, ABSENT, caller]
    told = run_client(command, talkers, tmp_path)
    assert told["streamed"].strip() and told["same"] and told["whole"].strip()
    assert told["status"] == "completed" and min(told["usage"]) > 0
    assert told["called"] == ["function_call", "weather", {"place": "harbour"}]
    assert told["unknownModel"] == ["NotFoundError", 404, "model_not_found"]
    assert told["wrongKey"] == ["AuthenticationError", 401, "invalid_api_key"]
    assert told["first"] == "response.created"
    nothing_waits(talkers)


def test_the_published_langchain_package(talkers: RunningHorde, tmp_path: Path) -> None:
    python = python_place("langchain-openai==1.7.4", newer_python())
    key = talkers.create_user("emma")["api_key"]
    script = str(SCRIPTS / "langchain_responses.py")
    told = run_client([str(python), script, talkers.url, key, MODEL], talkers, tmp_path)
    assert told["whole"].strip() and told["streamed"].strip()
    for usage in (told["usage"], told["stream_usage"]):
        assert usage["input_tokens"] > 0 and usage["output_tokens"] > 0
    assert told["unknown"] == "model_not_found"
    nothing_waits(talkers)
