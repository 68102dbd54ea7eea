"""Libraries of OpenAI's API, as published: a call of a tool, what follows it, and what a time limit leaves behind."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from clients.client_places import SCRIPTS, node_place, python_place, run_client
from clients.text_clients import ABSENT, nothing_waits
from horde_processes import RunningHorde

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]


def check(talkers: RunningHorde, folder: Path, command: list[str], left: str) -> None:
    """Whoever waits longer than it likes leaves, and nothing of it waits on."""
    told = run_client(command, talkers, folder, LITELLM_LOCAL_MODEL_COST_MAP="True")
    assert told["called"] == {"name": "weather", "arguments": {"place": "harbour"}}
    assert told["answer"] == "It is rain."
    assert told["left"] == left
    nothing_waits(talkers)


@pytest.mark.parametrize(
    ("requirement", "script", "left"),
    [
        ("litellm==1.110.2", "litellm_tools.py", "Timeout"),
        ("langchain-openai==1.7.4", "langchain_openai_tools.py", "OpenAITimeoutError"),
    ],
)
def test_python_libraries(
    talkers: RunningHorde, caller: str, tmp_path: Path, requirement: str, script: str, left: str
) -> None:
    key = talkers.create_user("library", trusted=True)["api_key"]
    python = str(python_place(requirement, sys.executable))
    check(talkers, tmp_path, [python, str(SCRIPTS / script), f"{talkers.url}/v1", key, caller, ABSENT], left)


def test_the_npm_package(talkers: RunningHorde, caller: str, tmp_path: Path) -> None:
    place, node = node_place("openai@6.49.0"), shutil.which("node")
    assert node
    key = talkers.create_user("node", trusted=True)["api_key"]
    script = str(SCRIPTS / "openai_tools.mjs")
    command = [node, script, f"{talkers.url}/v1", key, caller, ABSENT, str(place)]
    check(talkers, tmp_path, command, "APIConnectionTimeoutError")
