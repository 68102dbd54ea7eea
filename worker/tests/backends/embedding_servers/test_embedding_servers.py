"""Servers that make vectors, played by their documents: looked at, tried out, asked in lots, never trusted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, ClassVar, Literal

import pytest
import pytest_asyncio
from text_contracts.served import Body, ContractServer

from horde_worker.backends.embedding import EmbeddingJob, EmbeddingMaker, EmbeddingResult
from horde_worker.backends.embedding_servers.maker import AT_A_TIME, EmbeddingServerMaker
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.registry import open_backend


class Embeddings(Body):
    """OpenAI's own keys of `POST /v1/embeddings`."""

    model: str
    input: str | list[str]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int = 0
    user: str = ""


class Embed(Body):
    """The parameters of Ollama's `POST /api/embed`."""

    model: str
    input: str | list[str]
    truncate: bool = True
    options: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it
    keep_alive: str = "5m"
    dimensions: int = 0


class Show(Body):
    model: str


def row_of(text: str) -> list[float]:
    return [float(len(text)), 1.0]


class OpenAiEmbedder(ContractServer):
    bodies: ClassVar = {"/v1/embeddings": Embeddings}
    rows: list[Any] | None = None

    def got(self, path: str, query: Mapping[str, str]) -> Any:
        ids = ("chatty-7b", "author/text-embed-small")
        return {"data": [{"id": one, "max_model_len": 512} for one in ids]} if path == "/v1/models" else None

    def told(self, path: str, body: dict[str, Any]) -> Any:
        rows = [row_of(text) for text in body["input"]] if self.rows is None else self.rows
        data = [{"index": place, "embedding": row} for place, row in enumerate(rows)]
        return {"data": data[::-1], "usage": {"prompt_tokens": len(body["input"]), "total_tokens": 9}}


class OllamaEmbedder(ContractServer):
    bodies: ClassVar = {"/api/embed": Embed, "/api/show": Show}
    rows: list[Any] | None = None
    is_loaded = True
    digest = "sha256:1"

    def got(self, path: str, query: Mapping[str, str]) -> Any:
        names = ("mistral:latest", "nomic-embed-text:latest")
        return {
            "/api/tags": {"models": [{"name": name, "digest": self.digest} for name in names]},
            "/api/ps": {"models": [{"name": names[1]}] if self.is_loaded else []},
        }.get(path)

    def told(self, path: str, body: dict[str, Any]) -> Any:
        if path == "/api/show":
            able = "embedding" if "embed" in body["model"] else "completion"
            return {"capabilities": [able], "model_info": {"bert.context_length": 2048}}
        rows = [row_of(text) for text in body["input"]] if self.rows is None else self.rows
        return {"embeddings": rows, "prompt_eval_count": len(body["input"])}


Open = Callable[..., Awaitable[EmbeddingMaker]]
SERVERS = [
    pytest.param(OpenAiEmbedder, "openai-embeddings", "text-embed-small", 512, id="openai"),
    pytest.param(OllamaEmbedder, "ollama-embeddings", "nomic-embed-text", 2048, id="ollama"),
]


@pytest_asyncio.fixture
async def opened() -> AsyncIterator[Open]:
    """Opens a backend to a server; at the end, no server was asked for what it lacks."""
    servers: list[ContractServer] = []
    async with AsyncExitStack() as closing:

        async def open_to(server: ContractServer, name: str, **options: Any) -> EmbeddingMaker:
            servers.append(server)
            await server.open()
            closing.push_async_callback(server.close)
            backend = await open_backend(BackendSettings(name, {"url": server.url, **options}))
            closing.push_async_callback(backend.close)
            assert backend.makers.embedding is not None
            return backend.makers.embedding

        yield open_to
    assert [one for server in servers for one in server.violations] == []


async def result_of(maker: EmbeddingMaker, *texts: str) -> EmbeddingResult:
    job = EmbeddingJob(("e1",), maker.abilities.models[0], texts, 60.0)
    [result] = [event async for event in maker.make(job) if isinstance(event, EmbeddingResult)]
    return result


@pytest.mark.parametrize(("server", "name", "model", "length"), SERVERS)
async def test_what_is_for_vectors_is_offered(
    opened: Open, server: type[ContractServer], name: str, model: str, length: int
) -> None:
    """Of all models that there are, and how long a text they take."""
    able = (await opened(server(), name)).abilities
    assert (able.models, able.max_tokens, able.loaded) == ((model,), length, (model,))


@pytest.mark.parametrize(("server", "name", "_model", "_length"), SERVERS)
async def test_many_texts_are_asked_in_lots_and_come_in_order(
    opened: Open, server: type[ContractServer], name: str, _model: str, _length: int
) -> None:
    asked = server()
    maker = await opened(asked, name)
    texts = ["x" * place for place in range(AT_A_TIME + 3)]
    result = await result_of(maker, *texts)
    assert [list(vector) for vector in result.vectors] == [row_of(text or " ") for text in texts]
    assert result.tokens == len(texts)
    lots = [body["input"] for path, body in asked.sent if path in ("/v1/embeddings", "/api/embed")]
    assert [len(lot) for lot in lots] == [1, AT_A_TIME, 3]  # the first is the self-test's


@pytest.mark.parametrize(("server", "name", "_model", "_length"), SERVERS)
@pytest.mark.parametrize("rows", [[], [[]], [["x"]], [[1.0] * 9000], ["AAAA"]], ids=range(5))
async def test_what_is_no_vector_fails_the_job(
    opened: Open, server: type[Any], name: str, _model: str, _length: int, rows: list[Any]
) -> None:
    asked = server()
    maker = await opened(asked, name)
    asked.rows = rows
    with pytest.raises(BackendFailure):
        await result_of(maker, "a")


async def test_a_model_that_comes_and_goes_is_neither_tried_nor_asked_about_again(opened: Open) -> None:
    """Ollama lets go of models after minutes, and each trial would load it again; a new model is asked about."""
    asked = OllamaEmbedder()
    maker = await opened(asked, "ollama-embeddings")
    assert isinstance(maker, EmbeddingServerMaker)
    before = list(asked.sent)
    asked.is_loaded = False
    await maker.attendance._look_once()
    assert maker.abilities.loaded == ()
    assert [path for path, _ in before if path != "/api/embed"] == ["/api/show"] * 2
    assert asked.sent == before
    asked.digest = "sha256:2"
    await maker.attendance._look_once()
    assert [path for path, _ in asked.sent[len(before) :]] == ["/api/show"] * 2


async def test_the_owner_says_which_model_is_which(opened: Open) -> None:
    maker = await opened(OpenAiEmbedder(), "openai-embeddings", models={"minilm": "chatty-7b"}, context_length=128)
    assert (maker.abilities.models, maker.abilities.max_tokens) == (("minilm",), 128)


async def test_a_model_that_is_not_there_is_told_at_the_start(opened: Open) -> None:
    with pytest.raises(BackendFailure):
        await opened(OllamaEmbedder(), "ollama-embeddings", context_length=3)
