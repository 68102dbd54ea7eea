"""vLLM, really, on processors alone: `make test-vllm`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from peers.text.programs import python_of, serving, write_model
from peers.text.tried import earn, opened, try_all


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server, with a context of 1024 tokens."""
    python, folder = python_of("VLLM_PYTHON"), tmp_path_factory.mktemp("vllm")
    write_model(python, "--folder", str(folder / "tiny"))
    command = [python.parent / "vllm", "serve", folder / "tiny", "--host", "127.0.0.1", "--port", "PORT"]
    command += ["--served-model-name", "tiny/Llama", "--max-model-len", "1024", "--enforce-eager", "--dtype", "float32"]
    with serving(command, folder / "log", "/health", VLLM_CPU_KVCACHE_SPACE="1") as address:
        yield address


async def test_its_model_and_its_true_context_are_offered(url: str) -> None:
    """By its own name, which is that of Hugging Face."""
    backend, maker = await opened("openai", url)
    able = maker.abilities
    assert (able.models, able.max_context_length) == (("tiny/Llama",), 1024)
    await backend.close()


async def test_it_does_what_is_asked(url: str) -> None:
    await try_all("openai", url, program="vLLM", may_ignore_end=True)


async def test_it_earns_kudos(url: str, tmp_path: Path) -> None:
    assert await earn("openai", url, tmp_path) > 0
