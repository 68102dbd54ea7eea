"""Published clients ask for embeddings, as their users install them (docs/api/embeddings.md §5)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from clients.client_places import SCRIPTS, python_place, run_client
from clients.embedding_worker import embedding_worker, vector_of
from horde_processes import RunningHorde, running_horde

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]
TEXTS = ["a harbour", "a ship"]


@pytest.fixture(scope="module")
def horde(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHorde]:
    with running_horde("serve", tmp_path_factory.mktemp("embeddings"), HORDE_RATE_LIMITS="0") as running:
        yield running
        assert "Traceback" not in running.log(), running.log()[-3000:]


@pytest.fixture(scope="module")
def model(horde: RunningHorde) -> Iterator[str]:
    """Of a worker that works for all tests here."""
    with embedding_worker(horde) as model:
        yield model


def test_openais_python_package(horde: RunningHorde, model: str, tmp_path: Path) -> None:
    python = python_place("openai==3.57.0", sys.executable)
    key = horde.create_user("python", trusted=True)["api_key"]
    command = [str(python), str(SCRIPTS / "openai_embeddings.py"), f"{horde.url}/v1", key, model]
    told = run_client(command, horde, tmp_path)
    assert told["by_itself"] == told["numbers"] == [vector_of(text) for text in TEXTS]
    assert told["one"] == vector_of("a ship")
    assert model in told["models"]
    assert told["wrong_key"] == [401, "invalid_api_key"]
    assert told["unknown_model"] == [404, "model_not_found"]


def test_ollamas_python_package(horde: RunningHorde, model: str, tmp_path: Path) -> None:
    python = python_place("ollama==0.6.3", sys.executable)
    told = run_client([str(python), str(SCRIPTS / "ollama_embeddings.py"), horde.url, model], horde, tmp_path)
    assert told["embed"] == [vector_of(text) for text in TEXTS]
    assert told["before"] == vector_of("a ship")
    assert told["unknown_model"] == 404
