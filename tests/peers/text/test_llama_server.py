"""llama.cpp's own server, really, by `/completion` and by `/v1`: `make test-llama-server`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from peers.text.programs import python_of, serving, write_model
from peers.text.tried import SCHEMA, content_of, earn, opened, streamed, try_all
from text_jobs import a_job, events_of, pieces_of

from horde_worker.backends.text import Conversation, TextResult


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server, with two slots of 1024 tokens."""
    program, folder = python_of("LLAMA_SERVER"), tmp_path_factory.mktemp("llama-server")
    write_model(python_of("LLAMA_CPP_PYTHON"), "--gguf", str(folder / "tiny.gguf"))
    command = [program, "-m", folder / "tiny.gguf", "--host", "127.0.0.1", "--port", "PORT", "-c", "2048"]
    command += ["--parallel", "2", "--threads", "1", "--alias", "tiny-llama"]
    with serving(command, folder / "log", "/health") as address:
        yield address


async def test_its_slots_and_its_true_context_are_offered(url: str) -> None:
    """Two of 1024 tokens each, though the model was made for 2048."""
    backend, maker = await opened("llamacpp", url)
    able = maker.abilities
    assert (able.models, able.max_context_length, able.max_batch) == (("tiny-llama",), 1024, 2)
    await backend.close()


async def test_it_does_what_is_asked(url: str) -> None:
    await try_all("llamacpp", url, program="llama.cpp", may_ignore_end=True)


async def test_it_does_what_is_asked_by_openais_api(url: str) -> None:
    await try_all("openai", url, program="llama.cpp", may_ignore_end=True)


async def test_it_earns_kudos(url: str, tmp_path: Path) -> None:
    assert await earn("llamacpp", url, tmp_path) > 0


ASKED = ({"role": "user", "content": "Does it rain?"},)


async def test_it_answers_and_only_what_it_does_is_offered(url: str) -> None:
    """Its model has random weights, and calls no function by itself: that is not offered."""
    backend, maker = await opened("llamacpp", url)
    able = maker.abilities.chat
    events = await events_of(maker, a_job(conversation=Conversation(ASKED, logprobs=2), max_length=16, may_end=False))
    await backend.close()
    assert able is not None
    assert (able.grammar, able.logprobs, able.tools, able.vision) == (True, True, False, False)
    assert (maker.abilities.loaded, maker.abilities.templates) == (("tiny-llama",), {"tiny-llama": "chatml"})
    [result] = [event for event in events if isinstance(event, TextResult)]
    assert result.logprobs is not None
    assert len(result.logprobs["content"]) == result.tokens == 16


async def test_it_goes_on_with_an_answer_that_has_begun(url: str) -> None:
    """Without repeating its beginning."""
    backend, maker = await opened("llamacpp", url)
    begun = (*ASKED, {"role": "assistant", "content": "Well, it was a cat and"})
    job = a_job(conversation=Conversation(begun, continues=True), max_length=12, may_end=False)
    events = await events_of(maker, job)
    await backend.close()
    [result] = [event for event in events if isinstance(event, TextResult)]
    assert result.text == pieces_of(events, 1)[0]
    assert not result.text.startswith("Well")


async def test_it_keeps_to_a_schema_for_a_client_of_the_horde(url: str, tmp_path: Path) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "weather", "schema": SCHEMA}}
    chunks = await streamed("llamacpp", url, tmp_path, {"response_format": schema})
    assert isinstance(json.loads(content_of(chunks))["raining"], bool)
