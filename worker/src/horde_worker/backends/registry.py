"""Backends by name: built in, or from packages that offer them in the entry point group `horde.backends`."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import Final

from horde_worker.backends.interface import Backend, BackendSettings

GROUP = "horde.backends"

BUILT_IN: Final = {
    "a1111": "horde_worker.backends.a1111_backend:A1111Backend",
    "alchemy": "horde_worker.backends.alchemy_backend:AlchemyBackend",
    "comfyui": "horde_worker.backends.comfyui_backend:ComfyUiBackend",
    "demo": "horde_worker.backends.demo_backend:DemoBackend",
    "demo-alchemy": "horde_worker.backends.demo_alchemy_backend:DemoAlchemyBackend",
    "demo-embedding": "horde_worker.backends.demo_embedding_backend:DemoEmbeddingBackend",
    "demo-text": "horde_worker.backends.demo_text_backend:DemoTextBackend",
    "diffusers": "horde_worker.backends.diffusers_backend:DiffusersBackend",
    "embeddings": "horde_worker.backends.embeddings_backend:EmbeddingsBackend",
    "koboldcpp": "horde_worker.backends.koboldcpp_backend:KoboldCppBackend",
    "llamacpp": "horde_worker.backends.llamacpp_backend:LlamaCppBackend",
    "ollama": "horde_worker.backends.ollama_backend:OllamaBackend",
    "ollama-embeddings": "horde_worker.backends.embedding_servers.ollama:OllamaEmbeddings",
    "openai": "horde_worker.backends.openai_backend:OpenAiBackend",
    "openai-embeddings": "horde_worker.backends.embedding_servers.openai:OpenAiEmbeddings",
    "transformers": "horde_worker.backends.transformers_backend:TransformersBackend",
}
"""By name, as entry points are written. Each is imported when it is opened: most workers need one of them."""


class UnknownBackend(LookupError):
    """There is no backend of that name."""


def backend_names() -> list[str]:
    """Every name that `backend_named` takes."""
    return sorted({*BUILT_IN, *(point.name for point in entry_points(group=GROUP))})


def backend_named(name: str) -> type[Backend]:
    """The class of a backend. Raises `UnknownBackend`."""
    if name in BUILT_IN:
        module, _, class_name = BUILT_IN[name].partition(":")
        built_in: type[Backend] = getattr(import_module(module), class_name)
        return built_in
    for point in entry_points(group=GROUP):
        if point.name == name:
            found: type[Backend] = point.load()
            return found
    raise UnknownBackend(f"There is no backend {name!r}; there are: {', '.join(backend_names())}.")


async def open_backend(settings: BackendSettings) -> Backend:
    """A backend that can work. Raises `UnknownBackend` and `BackendFailure`."""
    return await backend_named(settings.name).open(settings)
