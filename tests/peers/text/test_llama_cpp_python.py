"""The server of `llama-cpp-python`, really: `make test-llamacpp`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from peers.text.programs import python_of, serving, write_model
from peers.text.tried import TOOL, earn, opened, streamed, try_all

OPTIONS = {"context_length": 1024}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server, with a context of 1024 tokens."""
    python, folder = python_of("LLAMA_CPP_PYTHON"), tmp_path_factory.mktemp("llama-cpp-python")
    write_model(python, "--gguf", str(folder / "tiny.gguf"))
    command = [python, "-m", "llama_cpp.server", "--model", folder / "tiny.gguf", "--host", "127.0.0.1"]
    command += ["--port", "PORT", "--n_ctx", "1024", "--n_threads", "1", "--chat_format", "chatml-function-calling"]
    with serving(command, folder / "log", "/v1/models") as address:
        yield address


async def test_it_does_what_is_asked(url: str) -> None:
    await try_all("openai", url, program="llama-cpp-python", may_ignore_end=False, **OPTIONS)


async def test_it_earns_kudos(url: str, tmp_path: Path) -> None:
    assert await earn("openai", url, tmp_path, **OPTIONS) > 0


async def test_it_is_offered_for_functions_as_it_calls_them(url: str) -> None:
    """It knows no JSON schema in OpenAI's form, and does not claim to."""
    backend, maker = await opened("openai", url, **OPTIONS)
    able = maker.abilities.chat
    await backend.close()
    assert able is not None
    assert (able.tools, able.logprobs, able.grammar, able.vision) == (True, True, False, False)


async def test_it_calls_a_function_for_a_client_of_the_horde(url: str, tmp_path: Path) -> None:
    """Each piece of the call's arguments, the id and name once."""
    choice = {"type": "function", "function": {"name": "report_weather"}}
    chunks = await streamed("openai", url, tmp_path, {"tools": [TOOL], "tool_choice": choice}, **OPTIONS)
    calls = [
        one["choices"][0]["delta"]["tool_calls"][0] for one in chunks if one["choices"][0]["delta"].get("tool_calls")
    ]
    assert [call["function"]["name"] for call in calls if "name" in call["function"]] == ["report_weather"]
    arguments = json.loads("".join(call["function"]["arguments"] for call in calls))
    assert isinstance(arguments["raining"], bool)
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
