"""Published clients of Anthropic's API, as their users install them, talk to a real horde with its demo workers."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from clients.client_places import SCRIPTS, node_place, python_place, run_client
from clients.text_clients import ABSENT, MODEL, nothing_waits
from horde_processes import RunningHorde

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]  # installing takes its time
EVENTS = ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
          "message_stop"]  # fmt: skip


def test_the_published_python_package(talkers: RunningHorde, caller: str, tmp_path: Path) -> None:
    python = python_place("anthropic==2.14.0", sys.executable)
    key = talkers.create_user("ada")["api_key"]
    script = str(SCRIPTS / "anthropic_calls.py")
    told = run_client([str(python), script, talkers.url, key, MODEL, ABSENT, caller], talkers, tmp_path)
    assert {MODEL, caller, "horde/any-text"} <= set(told["models"])  # in pages of one
    assert told["model"] == told["answered_by"] == MODEL
    assert told["counted"] > 0 and min(told["usage"]) > 0
    assert told["whole"].strip() and told["async"].strip() and told["stream"]["text"].strip()
    assert told["request_id"].startswith("req_")
    assert told["stream"]["same"] and told["stream"]["reason"] in ("end_turn", "max_tokens")
    assert list(dict.fromkeys(told["events"])) == EVENTS  # it drops pings
    assert told["events"].count("content_block_delta") > 1  # as the worker writes
    assert told["tools"] == {
        "reason": "tool_use", "name": "weather", "input": {"place": "harbour"}, "told": "It is rain.",
    }  # fmt: skip
    assert told["no_tools"][:2] == ["BadRequestError", 400] and "does not support tools" in told["no_tools"][2]
    assert told["unknown_model"][:2] == ["NotFoundError", 404] and MODEL in told["unknown_model"][2]
    assert told["bad"][:2] == ["BadRequestError", 400] and told["bad"][3].startswith("req_")
    assert told["hopeless"][1] == 503
    assert told["wrong_key"][:2] == ["AuthenticationError", 401]
    assert told["given_up"] == "message_start"
    nothing_waits(talkers)


def test_the_published_npm_package(talkers: RunningHorde, caller: str, tmp_path: Path) -> None:
    place = node_place("@anthropic-ai/sdk@1.14.0")
    node = shutil.which("node")
    assert node
    key = talkers.create_user("bob")["api_key"]
    command = [node, str(SCRIPTS / "npm_anthropic.cjs"), talkers.url, str(place), key, MODEL, ABSENT, caller]
    told = run_client(command, talkers, tmp_path)
    assert {MODEL, caller} <= set(told["models"])
    assert told["counted"] > 0 and min(told["usage"]) > 0
    assert told["streamed"].strip() and told["same"] and told["whole"].strip()
    assert list(dict.fromkeys(told["events"])) == EVENTS
    assert told["called"] == ["tool_use", "weather", {"place": "harbour"}]
    assert told["unknownModel"][:2] == ["NotFoundError", 404]
    assert told["noTools"][:2] == ["BadRequestError", 400]
    assert told["wrongKey"][:2] == ["AuthenticationError", 401]
    assert told["first"] == "message_start"
    nothing_waits(talkers)
