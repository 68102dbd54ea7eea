"""Which program speaks OpenAI's API here, and what it says of its models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from horde_worker.backends.openai_servers import (
    aphrodite,
    llama_cpp,
    llama_cpp_python,
    lm_studio,
    standard,
    tabbyapi,
    transformers_serve,
    vllm,
)
from horde_worker.backends.openai_servers.dialect import Dialect
from horde_worker.backends.over_http.server import BackendRefused, BackendServer
from horde_worker.backends.text_servers.streams import number_at, text_at, value_at

_BY_OWNER: Final = {
    "vllm": vllm.DIALECT,
    "aphrodite": aphrodite.DIALECT,
    "pygmalionai": aphrodite.DIALECT,  # until 2025
    "tabbyAPI": tabbyapi.DIALECT,
    "llamacpp": llama_cpp.DIALECT,
    "organization_owner": lm_studio.DIALECT,
}
"""Most programs put their name where OpenAI says who owns a model."""
_BY_PATH: Final = {
    "/extras/tokenize/count": llama_cpp_python.DIALECT,
    "/load_model": transformers_serve.DIALECT,
}
"""Others are known by an address that only they describe in `/openapi.json`."""
_BETTER: Final = {"koboldcpp": "koboldcpp", "llamacpp": "llamacpp", "library": "ollama"}
"""Programs that have an API of their own besides, which knows more of what a horde asks for."""
OPENAPI_LIMIT_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Model:
    """A model by the server's name; `context_length` in tokens where the server says."""

    id: str
    context_length: int | None = None


async def dialect_of(server: BackendServer, listed: object) -> Dialect:
    """Which program answered `/v1/models` with this."""
    owner = text_at(listed, "data", 0, "owned_by")
    if owner in _BY_OWNER:
        return _BY_OWNER[owner]
    try:
        described = await server.get_json("/openapi.json", limit_bytes=OPENAPI_LIMIT_BYTES)
    except BackendRefused:
        return standard.DIALECT
    paths = value_at(described, "paths")
    found = [dialect for path, dialect in _BY_PATH.items() if isinstance(paths, dict) and path in paths]
    return found[0] if found else standard.DIALECT


def better_backend(listed: object) -> str:
    """What to tell the owner of a program that another backend knows better; empty for the others."""
    backend = _BETTER.get(text_at(listed, "data", 0, "owned_by"))
    return f"the backend {backend} knows this program better" if backend else ""


def models_of(listed: object) -> list[Model]:
    """The models of `/v1/models`, without those that only make vectors."""
    found = value_at(listed, "data")
    return [
        Model(name, number_at(one, "max_model_len") or number_at(one, "meta", "n_ctx"))
        for one in (found if isinstance(found, list) else [])
        if (name := text_at(one, "id")) and "embed" not in name.lower()
    ]


async def loaded_in_tabby(server: BackendServer) -> tuple[list[Model], int | None]:
    """The one model in memory, and how many texts at a time it writes; its list has all that lie on the disk."""
    loaded = await server.get_json("/v1/model")
    name = text_at(loaded, "id")
    model = Model(name, number_at(loaded, "parameters", "max_seq_len"))
    return ([model] if name else []), number_at(loaded, "parameters", "max_batch_size")


async def loaded_in_lm_studio(server: BackendServer) -> list[Model]:
    """Those in memory; where none is, the first that writes texts, which it loads when it is asked for.

    Raises `BackendRefused` at versions without this list.
    """
    listed = value_at(await server.get_json("/api/v0/models"), "data")
    writers = [one for one in (listed if isinstance(listed, list) else []) if text_at(one, "type") in ("llm", "vlm")]
    loaded = [one for one in writers if text_at(one, "state") == "loaded"]
    return [
        Model(text_at(one, "id"), number_at(one, "loaded_context_length") or number_at(one, "max_context_length"))
        for one in loaded or writers[:1]
        if text_at(one, "id")
    ]
