"""The published `openai` asks a model that llama.cpp runs, through a horde and its worker: text, pieces, a tool call.

It needs what `make test-llamacpp` installs; the model is `tiny_llama` of random weights, whose calls are kept to their
schema by llama.cpp's grammar.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from clients.client_places import REPOSITORY, SCRIPTS, python_place, run_client
from horde_processes import RunningHorde, running_horde, wait_until
from peers.text.programs import serving, write_model

from horde_worker.backends.interface import BackendSettings
from horde_worker.exit_codes import ExitCode
from horde_worker.run import run_worker
from horde_worker.settings import OperatorWishes, WorkerSettings

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]

LLAMA = Path(os.environ.get("LLAMA_CPP_PYTHON", REPOSITORY / ".peers" / "llama-cpp-python" / "bin" / "python"))
ASKS = 5
"""Of the script."""


@pytest.fixture
def llama(tmp_path: Path) -> Iterator[str]:
    """The server of `llama-cpp-python`."""
    if not LLAMA.exists():
        pytest.skip("llama-cpp-python is not installed: `make test-llamacpp` does it")
    write_model(LLAMA, "--gguf", str(tmp_path / "tiny.gguf"))
    command = [LLAMA, "-m", "llama_cpp.server", "--model", tmp_path / "tiny.gguf", "--host", "127.0.0.1"]
    command += ["--port", "PORT", "--n_ctx", "1024", "--n_threads", "1", "--chat_format", "chatml-function-calling"]
    with serving(command, tmp_path / "log", "/v1/models") as url:
        yield url


async def test_a_tool_call_goes_all_the_way(llama: str, tmp_path: Path) -> None:
    python = python_place("openai==3.57.0", sys.executable)
    with running_horde("serve", tmp_path / "horde", HORDE_RATE_LIMITS="0") as horde:
        caller = horde.create_user("caller", kudos=1000)
        settings = WorkerSettings(
            horde_url=horde.url,
            api_key=horde.create_user("owner", trusted=True)["api_key"],
            wishes=OperatorWishes(name="a llama"),
            backends=(BackendSettings("openai", {"url": llama, "context_length": 1024}),),
            jobs_wanted=ASKS,
        )
        working = asyncio.create_task(run_worker(settings))
        model = await asyncio.to_thread(_served, horde)
        command = [str(python), str(SCRIPTS / "openai_tools.py"), f"{horde.url}/v1", caller["api_key"], model]
        told = await asyncio.to_thread(run_client, command, horde, tmp_path)
        async with asyncio.timeout(60):
            assert await working is ExitCode.OK
        assert "Traceback" not in horde.log(), horde.log()[-3000:]
    assert told["text"].strip() and told["streamed"].strip()
    assert told["called"][0] == "report_weather" and isinstance(told["called"][1]["raining"], bool)
    assert told["called"][2] == "tool_calls"
    assert told["call_streamed"][0] == "report_weather" and isinstance(told["call_streamed"][1]["raining"], bool)
    assert told["call_streamed"][2:] == ["tool_calls", 1]
    assert told["after"][1] in ("stop", "length")


def _served(horde: RunningHorde) -> str:
    """The model's name, once it is there with what it can do."""

    def able() -> str:
        _, listed = horde.api("status/models?type=text")
        return next((str(each["name"]) for each in listed if each["count"]), "")

    found: str = wait_until(able, 120, "the llama has come")
    return found
