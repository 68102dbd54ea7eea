"""The published clients of OpenAI's API, as their users install them, against a real horde (docs/gateway.md)."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clients.client_places import SCRIPTS, node_place, python_place, run_client
from horde_processes import RunningHorde, running_horde, wait_until

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]

OFFLINE = "koboldcpp/Qwen/Qwen3-0.6B"
"""In the catalogue; nobody serves it."""


@pytest.fixture(scope="module")
def household(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHorde]:
    """`horde up` with its demo workers, which gives up soon what nobody serves."""
    folder = tmp_path_factory.mktemp("gateway")
    with running_horde(
        "up", folder, HORDE_MODEL_FALLBACK="0", HORDE_GATEWAY_HOPELESS_S="2", HORDE_RATE_LIMITS="0"
    ) as horde:
        wait_until(lambda: "Ctrl-C stops everything" in horde.log(), 120, "the first picture")
        yield horde
        assert "Traceback" not in horde.log(), horde.log()[-3000:]


def check(told: dict[str, Any]) -> None:
    """What every client must have been told."""
    assert {"ember-demo", "horde/any-text", "horde/any-image"} <= set(told["models"])
    assert told["chat"] and told["streamed"] and told["finish"] in ("stop", "length")
    assert told["first_role"] == "assistant"
    assert told["usage"] > 0 and len(told["stream_usage"]) == 1
    assert len(told["completions"]) == 2
    assert (told["picture"], told["link"]) == ("\x89PNG", "WEBP")
    assert told["image_stream"][-1] == "image_generation.completed"
    assert (told["edit"], told["variation"]) == ("\x89PNG", "\x89PNG")
    assert told["wrong_key"][:2] == [401, "invalid_api_key"]
    assert told["unknown_model"][:2] == [404, "model_not_found"]
    assert told["bad_request"][:2] == [400, "invalid_value"]
    assert told["tools"][:2] == [400, "unsupported_parameter"]
    assert told["no_worker"][:2] == [503, "no_worker"]
    assert told["no_worker_s"] < 10  # asked once: repeated, it would have waited anew
    assert told["cancelled_s"] < 1  # and not given up, which takes two


def test_the_published_python_package_does_everything(household: RunningHorde, tmp_path: Path) -> None:
    python = python_place("openai==3.57.0", sys.executable)
    key = household.create_user("python", trusted=True)["api_key"]
    command = [str(python), str(SCRIPTS / "openai_program.py"), f"{household.url}/v1", key, OFFLINE]
    told = run_client(command, household, tmp_path)
    check(told)
    assert told["retrieved"] and told["request_id"].startswith("req_")
    assert told["embeddings"][:2] == [404, "model_not_found"]
    assert told["helper"]


def test_the_published_npm_package_does_everything(household: RunningHorde, tmp_path: Path) -> None:
    place = node_place("openai@6.49.0")
    node = shutil.which("node")
    assert node
    key = household.create_user("node", trusted=True)["api_key"]
    script = str(SCRIPTS / "openai_program.mjs")
    told = run_client([node, script, f"{household.url}/v1", key, OFFLINE, str(place)], household, tmp_path)
    check(told)
    assert told["helper"]


@pytest.mark.parametrize(
    ("requirement", "script"),
    [("litellm==1.110.2", "litellm_program.py"), ("langchain-openai==1.7.4", "langchain_openai_program.py")],
)
def test_the_published_libraries_on_top_of_it_work(
    household: RunningHorde, tmp_path: Path, requirement: str, script: str
) -> None:
    python = python_place(requirement, sys.executable)
    key = household.create_user(script.partition("_")[0], trusted=True)["api_key"]
    command = [str(python), str(SCRIPTS / script), f"{household.url}/v1", key, "ember-demo-text"]
    told = run_client(command, household, tmp_path, LITELLM_LOCAL_MODEL_COST_MAP="True")
    assert told["chat"] and told["streamed"] and told["usage"] > 0
    assert told["wrong_key"][0] == 401
    assert told["unknown_model"][0] == 404
