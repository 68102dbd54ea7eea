"""The server of `llama-cpp-python`, really: `make test-llamacpp`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from peers.text.programs import python_of, serving, write_model
from peers.text.tried import earn, try_all

OPTIONS = {"context_length": 1024}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server, with a context of 1024 tokens."""
    python, folder = python_of("LLAMA_CPP_PYTHON"), tmp_path_factory.mktemp("llama-cpp-python")
    write_model(python, "--gguf", str(folder / "tiny.gguf"))
    command = [python, "-m", "llama_cpp.server", "--model", folder / "tiny.gguf", "--host", "127.0.0.1"]
    command += ["--port", "PORT", "--n_ctx", "1024", "--n_threads", "1"]
    with serving(command, folder / "log", "/v1/models") as address:
        yield address


async def test_it_does_what_is_asked(url: str) -> None:
    await try_all("openai", url, program="llama-cpp-python", may_ignore_end=False, **OPTIONS)


async def test_it_earns_kudos(url: str, tmp_path: Path) -> None:
    assert await earn("openai", url, tmp_path, **OPTIONS) > 0
