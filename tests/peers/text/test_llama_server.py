"""llama.cpp's own server, really, by `/completion` and by `/v1`: `make test-llama-server`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from peers.text.programs import python_of, serving, write_model
from peers.text.tried import earn, opened, try_all


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
