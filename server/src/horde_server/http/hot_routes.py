"""Routes that are called most, answered without the framework's layers: those cost more than most of the answers.

A hot route is declared to FastAPI too (`DeclaredRouter`, `hot=True`), which documents it and answers what is rare
(masks, HEAD). What is called takes the `Request` alone and reads what it needs itself, so that both ways run the same
code.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from fastapi import Request, Response

Endpoint = Callable[[Request], Awaitable[Response]]


class HotRoutes:
    """Endpoints by method and path; of a path that ends in an id, `path_params["id"]` holds the id as it was sent."""

    def __init__(self) -> None:
        self._endpoints: dict[tuple[str, str], Endpoint] = {}

    def add(self, method: str, path: str) -> Callable[[Endpoint], Endpoint]:
        """Decorate the endpoint of a full path; `{id}` may stand at its end."""

        def remember(endpoint: Endpoint) -> Endpoint:
            self._endpoints[method, path.removesuffix("{id}")] = endpoint
            return endpoint

        return remember

    def __iter__(self) -> Iterator[tuple[str, str, Endpoint]]:
        """Method, path and endpoint of each."""
        for (method, path), endpoint in self._endpoints.items():
            yield method, path, endpoint

    def find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        """The endpoint of a request and its path parameters, if the route is hot."""
        endpoint = self._endpoints.get((method, path))
        if endpoint is not None and not path.endswith("/"):
            return endpoint, {}
        parent, slash, name = path.rpartition("/")
        endpoint = self._endpoints.get((method, parent + slash)) if name else None
        return (endpoint, {"id": name}) if endpoint is not None else None
