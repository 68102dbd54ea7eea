"""What links to this horde begin with."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.types import Scope


class PublicAddress:
    """`HORDE_URL`, else the address that the caller used."""

    def __init__(self, url: str | None, scheme: Callable[[Scope], str]) -> None:
        """`scheme` tells how the client of a request spoke to us, or to the proxy in front."""
        self._url = url.rstrip("/") if url else None
        self._scheme = scheme

    def __call__(self, request: Request) -> str:
        """Without a slash at its end: the request's own scheme, as a trusted proxy in front names it, and host."""
        if self._url:
            return self._url
        scheme = self._scheme(request.scope)
        return f"{scheme}://{request.headers.get('host') or request.url.netloc}"  # to take the URL apart costs more
