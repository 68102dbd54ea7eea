"""Embeddings between real processes: a horde, a worker that speaks HTTP, both clients of the SDK and `horde embed`."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from horde_processes import RunningHorde, running_horde
from typer.testing import CliRunner

from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIAsyncClientSession, AIHordeAPIAsyncSimpleClient
from horde_sdk.ai_horde_api.embedding_models import EmbeddingAsyncRequest
from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient
from horde_sdk.command_line.client_commands import register
from horde_sdk.command_line.main import build_app
from horde_sdk.events import EndEvent, ResultEvent

MODEL = "bytes-of-the-hash"
TEXTS = ["a quiet harbour", "boats at rest"]


def vector_of(text: str) -> tuple[float, ...]:
    """What the worker of this test makes of a text: the bytes of its hash."""
    return tuple(float(byte) for byte in hashlib.blake2s(text.encode(), digest_size=8).digest())


@pytest.fixture(scope="module")
def horde(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHorde]:
    with running_horde("serve", tmp_path_factory.mktemp("embeddings"), HORDE_RATE_LIMITS="0") as running:
        yield running


def serve_one(horde: RunningHorde, key: str) -> dict[str, Any]:
    """Pop a job, waiting for it, make its vectors and submit them."""
    status, job = horde.api("generate/embedding/pop?wait=30", {"name": "hasher", "models": [MODEL]}, key=key)
    assert (status, bool(job["id"])) == (200, True), job
    vectors = [base64.b64encode(struct.pack("<8f", *vector_of(text))).decode() for text in job["payload"]["input"]]
    status, paid = horde.api("generate/embedding/submit", {"id": job["id"], "vectors": vectors}, key=key)
    assert status == 200, paid
    return dict(paid)


def test_everybody_gets_the_same_vectors(horde: RunningHorde, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_HORDE_URL", horde.url)
    key = horde.create_user("owner", kudos=100, trusted=True)["api_key"]
    horde.api("generate/embedding/pop", {"name": "hasher", "models": [MODEL]}, key=key)  # it is there
    request = EmbeddingAsyncRequest(input=TEXTS, models=[MODEL])
    wanted = [vector_of(text) for text in TEXTS]
    app = build_app(plugins=[])
    register(app)
    with ThreadPoolExecutor(1) as worker:
        serving = worker.submit(serve_one, horde, key)
        status, _ = AIHordeAPISimpleClient().embedding_request(request, timeout=60)
        assert status.generations[0].floats == wanted
        assert serving.result()["reward"] > 0

        async def ask() -> list[tuple[float, ...]]:
            async with aiohttp.ClientSession() as http, AIHordeAPIAsyncClientSession(http) as session:
                client = AIHordeAPIAsyncSimpleClient(horde_client_session=session)
                found, _ = await client.embedding_request(request, timeout=60)
                return found.generations[0].floats

        serving = worker.submit(serve_one, horde, key)
        assert asyncio.run(ask()) == wanted
        serving.result()

        serving = worker.submit(serve_one, horde, key)
        with AIHordeAPISimpleClient().open_embedding_request(request, timeout=60) as opened:
            told = list(opened.events())
            assert opened.result().generations[0].floats == wanted
        serving.result()
        [made] = [one.generation for one in told if isinstance(one, ResultEvent)]
        assert (made.dimensions, made.vectors) == (8, [])  # they may be megabytes
        assert told[-1] == EndEvent(done=True, faulted=False)

        serving = worker.submit(serve_one, horde, key)
        printed = CliRunner().invoke(app, ["embed", *TEXTS, "--model", MODEL, "--json"])
        assert printed.exit_code == 0, printed.output
        assert [tuple(vector) for vector in json.loads(printed.stdout)["embeddings"]] == wanted
        serving.result()
