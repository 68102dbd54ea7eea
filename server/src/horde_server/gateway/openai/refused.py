"""Addresses of OpenAI's API for what a horde does not do (gateway.md §2.5): 404, as programs repeat a 501."""

from __future__ import annotations

from typing import Final

from horde_server.gateway.common.errors import NotSupported

REFUSED: Final = {
    "audio": "speech and sounds",
    "moderations": "moderation of texts",
    "files": "files",
    "batches": "batches",
    "fine_tuning": "fine-tuning",
    "assistants": "assistants",
    "threads": "threads",
    "vector_stores": "vector stores",
    "uploads": "uploads",
    "realtime": "realtime sessions",
    "videos": "videos",
    "containers": "containers",
    "conversations": "conversations",
    "evals": "evals",
    "rerank": "reranking",
}
"""What stands first below `/v1`, and what it would be."""


def not_supported(path: str) -> NotSupported | None:
    """The refusal of an address, whatever the method, where it is one of them."""
    name = path.removeprefix("/v1/").partition("/")[0]
    return NotSupported(f"This horde makes text and images; it has no {REFUSED[name]}.") if name in REFUSED else None
