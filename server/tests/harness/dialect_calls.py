"""A call of every kind that dialects answer whole, and the worker that serves it."""

from __future__ import annotations

from typing import Any, Final

from hordes import Horde

_CHAT: Final[dict[str, Any]] = {"messages": [{"role": "user", "content": "hi"}], "model": "horde/any-text"}
_PROMPT: Final[dict[str, Any]] = {"prompt": "a quiet harbour", "model": "horde/any-text"}

WHOLE_CALLS: Final[dict[str, dict[str, Any]]] = {
    "/v1/chat/completions": _CHAT,
    "/v1/completions": _PROMPT,
    "/v1/responses": {"input": "hi", "model": "horde/any-text"},
    "/v1/embeddings": {"input": "a quiet harbour", "model": "horde/any-embedding"},
    "/v1/images/generations": {"prompt": "a lighthouse"},
    "/v1/messages": {**_CHAT, "max_tokens": 16},
    "/api/chat": {**_CHAT, "stream": False},
    "/api/generate": {**_PROMPT, "stream": False},
    "/api/embed": {"input": "a quiet harbour", "model": "horde/any-embedding"},
    "/api/embeddings": {"prompt": "a quiet harbour", "model": "horde/any-embedding"},
    "/api/v1/generate": _PROMPT,
    "/sdapi/v1/txt2img": {"prompt": "a lighthouse"},
}
"""Bodies by address; each makes one request, of one job."""


class Worker:
    """Serves calls at an address."""

    def __init__(self, horde: Horde, key: str, path: str) -> None:
        self._horde = horde
        self._key = key
        if "embed" in path:
            self._routes: Any = horde.embeddings
        else:
            self._routes = horde if path in ("/v1/images/generations", "/sdapi/v1/txt2img") else horde.texts

    async def come(self) -> None:
        """Be online."""
        await self._routes.pop(self._key)

    async def serve(self) -> None:
        """Do the next job."""

        async def job() -> Any:
            found = await self._routes.pop(self._key)
            return found if found["id"] else None

        await self._routes.submit(self._key, (await self._horde.until(job, "there is a job"))["id"])
