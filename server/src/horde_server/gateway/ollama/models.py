"""`/api/tags`, `/api/ps`, `/api/show`: the text models that are served now (gateway-ollama.md §1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from horde_server.gateway.common.lengths import USUAL_CONTEXT
from horde_server.gateway.common.model_names import ServedModel
from horde_server.gateway.ollama.lines import created_at
from horde_server.gateway.ollama.model_details import billions, details, digest, family

LOADED_S: Final = 300
"""How long a model counts as loaded: as workers count as online."""
_CAPABILITIES: Final = ("tools", "vision")
_SIZE_BYTES: Final = 1
"""Nobody downloads it here."""
_GIGA: Final = 1_000_000_000


def tags(served: Iterable[ServedModel]) -> dict[str, Any]:
    """All of them, as if they lay here."""
    return {"models": [_listed(model) for model in served]}


def loaded(served: Iterable[ServedModel], now_s: float) -> dict[str, Any]:
    """The same as if they were in memory: all can be asked at once."""
    expires_at = created_at(now_s + LOADED_S)
    return {
        "models": [
            {
                **_listed(model),
                "expires_at": expires_at,
                "size_vram": 0,
                "context_length": model.max_context_length,
            }
            for model in served
        ]
    }


def shown(name: str, model: ServedModel | None, first_seen_s: float, *, kind: str) -> dict[str, Any]:
    """What is known of one. `model` is None where nobody serves it now."""
    architecture, size = family(name), billions(name)
    return {
        "modelfile": "",
        "parameters": "",
        "template": "",
        "license": "",
        "modified_at": created_at(first_seen_s),
        "details": details(name),
        "model_info": {
            "general.architecture": architecture,
            "general.parameter_count": round(size * _GIGA) if size else 0,
            f"{architecture}.context_length": model.max_context_length if model is not None else USUAL_CONTEXT,
        },
        "capabilities": ["embedding"] if kind == "embedding" else ["completion", *_capabilities(model)],
    }


def _capabilities(model: ServedModel | None) -> list[str]:
    """What some worker can do with it beside writing, in Ollama's words."""
    return [each for each in _CAPABILITIES if model is not None and each in model.can]


def _listed(model: ServedModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": created_at(model.first_seen_s),
        "size": _SIZE_BYTES,
        "digest": digest(model.name),
        "details": details(model.name),
    }
