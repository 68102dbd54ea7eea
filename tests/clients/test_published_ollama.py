"""Published clients of Ollama, as their users install them, talk to a real horde with its demo workers."""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from clients.client_places import SCRIPTS, newer_python, node_place, python_place, run_client
from clients.text_clients import ABSENT, MODEL, is_served, nothing_waits
from horde_processes import RunningHorde, wait_until

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]  # installing takes its time


def test_the_published_python_package(talkers: RunningHorde, tmp_path: Path) -> None:
    python = python_place("ollama==0.6.3", sys.executable)
    key = talkers.create_user("ada")["api_key"]
    script = str(SCRIPTS / "ollama_calls.py")
    told = run_client([str(python), script, talkers.url, key, MODEL, ABSENT], talkers, tmp_path)
    assert MODEL in told["models"] and MODEL in told["loaded"]
    assert "completion" in told["capabilities"] and told["context"][0] > 0
    assert (told["pulled"], told["loads"]) == ("success", "load")
    assert all(told[name].strip() for name in ("stream", "whole", "raw", "async"))
    assert told["stream_done"][-1] is True and not any(told["stream_done"][:-1])
    assert told["role"] == "assistant" and told["reason"] in ("stop", "length")
    assert min(told["figures"]) > 0
    assert told["by_tag"] and told["by_path"]
    assert told["unknown_model"][0] == 404 and MODEL in told["unknown_model"][1]
    assert told["tools"] == [400, f"{MODEL} does not support tools"]
    assert told["wrong_key"][0] == 401
    assert told["given_up"] == 1
    nothing_waits(talkers)


TOOLED = "koboldcpp/a-model-with-tools"


def work_with_tools(horde: RunningHorde, key: str, handed: list[dict[str, Any]]) -> None:
    """A worker whose backend calls the function first, and answers with its result then."""
    offer = {"name": "toolsmith", "models": [TOOLED], "chat": True, "tools": True, "max_context_length": 8192}
    while len(handed) < 2:
        status, job = horde.api("generate/text/pop?wait=20", offer, key=key)
        assert status == 200, job
        if job["id"] is None:
            continue
        handed.append(job["payload"])
        called = {"name": "larger", "arguments": '{"a": 3, "b": 7}'}
        call = {"id": "call_1", "type": "function", "function": called}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        told: dict[str, Any] = {"generation": "", "message": message, "finish_reason": "tool_calls"}
        if len(handed) == 2:
            told = {"generation": f"It is {job['payload']['messages'][-1]['content']}."}
        status, answer = horde.api("generate/text/submit", {"id": job["id"], **told}, key=key)
        assert status == 200, answer


def test_a_model_calls_a_function_of_the_python_package(talkers: RunningHorde, tmp_path: Path) -> None:
    python = python_place("ollama==0.6.3", sys.executable)
    key, owner = (talkers.create_user(name, trusted=True)["api_key"] for name in ("tom", "smith"))
    handed: list[dict[str, Any]] = []
    with ThreadPoolExecutor(1) as worker:
        work = worker.submit(work_with_tools, talkers, owner, handed)
        wait_until(lambda: is_served(talkers, TOOLED), 30, "the worker has come")
        told = run_client([str(python), str(SCRIPTS / "ollama_tools.py"), talkers.url, key, TOOLED], talkers, tmp_path)
        work.result(60)
    assert told == {"capabilities": ["completion", "tools"], "called": ["larger"], "found": [7], "answer": "It is 7."}
    assert handed[0]["tools"][0]["function"]["name"] == "larger"
    assert [message["role"] for message in handed[1]["messages"]] == ["user", "assistant", "tool"]


def test_the_published_npm_package(talkers: RunningHorde, tmp_path: Path) -> None:
    place = node_place("ollama@0.6.4")
    node = shutil.which("node")
    assert node
    key = talkers.create_user("bob")["api_key"]
    command = [node, str(SCRIPTS / "npm_ollama.cjs"), talkers.url, str(place), key, MODEL, ABSENT]
    told = run_client(command, talkers, tmp_path)
    assert MODEL in told["models"] and told["loaded"] >= 1
    assert told["version"].count(".") == 2
    assert "completion" in told["capabilities"]
    assert told["streamed"].strip() and told["whole"].strip() and told["raw"].strip()
    assert told["done"][0] is True and told["done"][2] is True
    assert told["byPath"] is True
    assert "no-such-model" in told["unknownModel"]
    assert told["wrongKey"]
    assert told["stopped"] == "AbortError"
    nothing_waits(talkers)


def test_the_published_langchain_package(talkers: RunningHorde, tmp_path: Path) -> None:
    python = python_place("langchain-ollama==1.1.0", newer_python())
    key = talkers.create_user("eve")["api_key"]
    script = str(SCRIPTS / "langchain_ollama_calls.py")
    told = run_client([str(python), script, talkers.url, key, MODEL], talkers, tmp_path)
    assert told["whole"].strip() and told["streamed"].strip() and told["plain"].strip()
    assert told["model"] == MODEL
    assert told["usage"]["output_tokens"] > 0 and told["usage"]["input_tokens"] > 0
    assert "no-such-model" in told["unknown"]
