"""`transformers serve`, really: `make test-transformers-serve`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from peers.text.programs import python_of, serving, write_model
from peers.text.tried import earn, try_all


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, Any]]]:
    """The server, and the options that its owner sets: it lists no model that lies in a folder."""
    python, folder = python_of("TRANSFORMERS_PYTHON"), tmp_path_factory.mktemp("transformers-serve")
    write_model(python, "--folder", str(folder / "tiny"))
    command = [python.parent / "transformers", "serve", folder / "tiny", "--host", "127.0.0.1", "--port", "PORT"]
    with serving([*command, "--device", "cpu"], folder / "log", "/health") as address:
        yield address, {"models": {"tiny/Llama": str(folder / "tiny")}, "context_length": 1024}


async def test_it_does_what_is_asked(served: tuple[str, dict[str, Any]]) -> None:
    url, options = served
    await try_all("openai", url, program="transformers serve", may_ignore_end=False, **options)


async def test_it_earns_kudos(served: tuple[str, dict[str, Any]], tmp_path: Path) -> None:
    url, options = served
    assert await earn("openai", url, tmp_path, **options) > 0
