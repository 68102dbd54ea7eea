"""Ollama, by its `/api/embed`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

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
from horde_worker.backends.over_http.server import BackendServer
from horde_worker.backends.text_servers.server import named
from horde_worker.backends.text_servers.streams import number_at, text_at, value_at

MOST_LOOKED_AT: Final = 200


class OllamaEmbeddingServer:
    """Implements `EmbeddingServer`."""

    program: ClassVar = "Ollama"

    def __init__(self, server: BackendServer) -> None:
        self._server = server
        self._shown: dict[tuple[str, str], int] = {}

    async def look(self, options: ServerOptions) -> SeenEmbedder:
        """The models that Ollama says are for this; all of them, or those that the owner chose."""
        digests = _digests(await self._server.get_json("/api/tags"))
        installed = list(digests)
        loaded = _digests(await self._server.get_json("/api/ps"))
        wanted = list(options.models.values()) or installed[:MOST_LOOKED_AT]
        keys = {name: (name, digests.get(name, "")) for name in wanted}
        self._shown = {key: self._shown[key] for key in keys.values() if key in self._shown}
        for name, key in keys.items():
            if key not in self._shown:
                self._shown[key] = await self._length_of(name, is_chosen=bool(options.models))
        found = {name: length for name, key in keys.items() if (length := self._shown[key])}
        models = named(options, {name.removesuffix(":latest"): name for name in found}, self.program, also=installed)
        here = tuple(name for name, local in models.items() if local in loaded)
        return SeenEmbedder(models, min(found.values(), default=UNKNOWN_CONTEXT), here)

    async def _length_of(self, name: str, *, is_chosen: bool) -> int:
        """How many tokens a model takes; 0 where it is not for this. Asked once for each model that is installed."""
        shown = await self._server.post_json("/api/show", {"model": name})
        able = value_at(shown, "capabilities")
        is_for_this = is_chosen or (isinstance(able, list) and "embedding" in able)
        return _length_in(value_at(shown, "model_info")) if is_for_this else 0

    async def embed(self, model: str, texts: Sequence[str], limit_s: float) -> Vectors:
        answer = await self._server.post_json(
            "/api/embed", {"model": model, "input": list(texts)}, limit_s=limit_s, limit_bytes=MOST_ANSWER_BYTES
        )
        found = value_at(answer, "embeddings")
        if not isinstance(found, list):
            raise BackendFailure(f"{self.program} answers without vectors")
        return Vectors(found, number_at(answer, "prompt_eval_count"))


def _digests(answer: object) -> dict[str, str]:
    """The models of a list by name, each with the digest of its files."""
    listed = value_at(answer, "models")
    found = {
        text_at(one, "name") or text_at(one, "model"): text_at(one, "digest")
        for one in (listed if isinstance(listed, list) else [])
    }
    return {name: digest for name, digest in found.items() if name}


def _length_in(info: object) -> int:
    """How many tokens a model takes: it stands under the name of its family."""
    lengths = [
        number_at(info, name) for name in (info if isinstance(info, dict) else {}) if name.endswith(".context_length")
    ]
    return next((length for length in lengths if length), UNKNOWN_CONTEXT)


class OllamaEmbeddings(EmbeddingServerBackend):
    """Ollama's vectors as a backend."""

    name = "ollama-embeddings"
    default_url = "http://127.0.0.1:11434"
    api_path = "/api"

    @classmethod
    def speaker(cls, connections: BackendServer) -> EmbeddingServer:
        """By `/api`."""
        return OllamaEmbeddingServer(connections)
