"""Which addresses are a dialect's: all of them on one port, none of them the horde's own (gateway.md §1.1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from horde_server.settings import DialectName

_OLLAMA: Final = (
    "tags", "chat", "generate", "show", "version", "ps", "embed", "embeddings", "pull", "push", "create", "copy",
    "delete",
)  # fmt: skip
FORGOTTEN: Final = ("/chat/completions", "/completions", "/images/generations", "/responses", "/messages", "/models")
"""What is asked for where the base address was given without `/v1`."""
_EXACT: Final[dict[str, DialectName]] = {
    "/v1": "openai",
    "/v1/messages": "anthropic",
    "/v1/complete": "anthropic",
    "/mcp": "mcp",
    "/internal/ping": "sdapi",
    **dict.fromkeys(FORGOTTEN, "openai"),
    "/messages": "anthropic",
    **{f"/api/{name}": "ollama" for name in _OLLAMA},
}
_PREFIXES: Final[tuple[tuple[str, DialectName], ...]] = (
    ("/v1/messages/", "anthropic"),
    ("/v1/", "openai"),
    ("/api/v1/", "kobold"),
    ("/api/latest/", "kobold"),
    ("/api/extra/", "kobold"),
    ("/api/blobs/sha256", "ollama"),  # the horde's own begin with an id
    ("/sdapi/v1/", "sdapi"),
    ("/controlnet/", "sdapi"),
)
_SLASHES: Final = re.compile("/{2,}")


class Place(NamedTuple):
    """An address of a dialect."""

    dialect: DialectName
    path: str  # as it is routed
    key: str = ""  # that stood in front of it


def place_of(path: str, *, takes_key: bool) -> Place | None:
    """The dialect of an address and the address as it is meant; None: it is none of a dialect.

    Slashes too many are folded and one at the end is dropped, but never of the horde's own addresses.
    """
    key = ""
    if takes_key and path.startswith("/k/"):
        key, _, rest = path[len("/k/") :].partition("/")
        path = f"/{rest}"
    if "//" in path or path.endswith("/"):
        path = _SLASHES.sub("/", path).rstrip("/") or "/"
    dialect = _EXACT.get(path)
    if dialect is None:
        dialect = next((name for prefix, name in _PREFIXES if path.startswith(prefix)), None)
    return Place(dialect, path, key) if dialect is not None else None


def advice(path: str, base: Callable[[], str]) -> str | None:
    """What to do instead, where an address was put together wrongly. `base`: scheme and host of this horde."""
    if path in FORGOTTEN:
        return f"There is no {path} here. Set the base URL to {base()}/v1."
    if path.startswith("/v1/v1/") or path == "/v1/v1":
        return f"There is no {path[:200]} here. Set the base URL to {base()}/v1, without the second /v1."
    return None
