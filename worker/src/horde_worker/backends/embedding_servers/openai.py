"""Any server with OpenAI's `/v1/embeddings`: vLLM, LM Studio, llama.cpp with `--embeddings` and others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from horde_worker.backends.embedding_servers.maker import (
    MOST_ANSWER_BYTES,
    UNKNOWN_CONTEXT,
    EmbeddingServer,
    EmbeddingServerBackend,
    SeenEmbedder,
    Vectors,
)
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.over_http.options import ServerOptions
from horde_worker.backends.over_http.server import BackendRefused, BackendServer
from horde_worker.backends.text_servers.server import file_name, named
from horde_worker.backends.text_servers.streams import number_at, text_at, value_at


class OpenAiEmbeddingServer:
    """Implements `EmbeddingServer`."""

    program: ClassVar = "the OpenAI-compatible server"

    def __init__(self, server: BackendServer) -> None:
        self._server = server

    async def look(self, options: ServerOptions) -> SeenEmbedder:
        """Its list of models; of several, those whose names say what they are for, unless the owner says which."""
        try:
            listed = value_at(await self._server.get_json("/v1/models"), "data")
        except BackendRefused:
            if not options.models:
                raise
            listed = []  # its owner knows what it has; whether that is so is tried out
        models = [one for one in (listed if isinstance(listed, list) else []) if text_at(one, "id")]
        lengths = {
            text_at(one, "id"): number_at(one, "max_model_len") or number_at(one, "meta", "n_ctx") for one in models
        }
        if options.models:
            chosen = dict(options.models)
        else:
            fitting = [name for name in lengths if "embed" in name.lower()] or list(lengths)[:1]
            chosen = named(options, {file_name(name): name for name in fitting}, self.program)
        known = [length for local in chosen.values() if (length := lengths.get(local))]
        return SeenEmbedder(chosen, min(known, default=UNKNOWN_CONTEXT), tuple(chosen))

    async def embed(self, model: str, texts: Sequence[str], limit_s: float) -> Vectors:
        answer = await self._server.post_json(
            "/v1/embeddings",
            {"model": model, "input": list(texts), "encoding_format": "float"},
            limit_s=limit_s,
            limit_bytes=MOST_ANSWER_BYTES,
        )
        found = value_at(answer, "data")
        if not isinstance(found, list):
            raise BackendFailure(f"{self.program} answers without vectors")
        ordered = sorted(found, key=lambda one: number_at(one, "index") or 0)
        return Vectors([value_at(one, "embedding") for one in ordered], number_at(answer, "usage", "prompt_tokens"))


class OpenAiEmbeddings(EmbeddingServerBackend):
    """Such a server as a backend."""

    name = "openai-embeddings"
    default_url = "http://127.0.0.1:8000"
    api_path = "/v1"

    @classmethod
    def speaker(cls, connections: BackendServer) -> EmbeddingServer:
        """By `/v1`."""
        return OpenAiEmbeddingServer(connections)
