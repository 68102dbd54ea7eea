"""Which methods an address takes, for the answer to `OPTIONS` (basics.md §1.2)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, compile_path

_ORDER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class AllowedMethods:
    """The methods of all routes, by path. Browsers ask before each call from another origin, so it takes microseconds:
    addresses without a name in them are looked up, of the others all patterns are tried.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._of_path: defaultdict[str, set[str]] = defaultdict(set)
        patterns: defaultdict[re.Pattern[str], set[str]] = defaultdict(set)
        for route in iter_route_contexts(routes):
            path, methods = route.path or "", set(route.methods or ())
            if "{" in path:
                patterns[compile_path(path)[0]] |= methods
            else:
                self._of_path[path] |= methods
        self._patterns = tuple(patterns.items())

    def __call__(self, path: str) -> bytes:
        """The value of `Allow`; where there is nothing, `OPTIONS` alone."""
        found = {"OPTIONS", *self._of_path.get(path, ())}
        for pattern, methods in self._patterns:
            if pattern.match(path):
                found |= methods
        if "GET" in found:
            found.add("HEAD")
        return ", ".join(method for method in _ORDER if method in found).encode()
