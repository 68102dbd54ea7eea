"""What is said of an address at which there is nothing, or not for this method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from starlette.routing import BaseRoute, Match

_ROOT = ("api", "v2")
_MOST_SHOWN_CHARACTERS = 200
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def nothing_at(path: str, routes: Sequence[BaseRoute]) -> str:
    """The sentence of a 404."""
    segments = tuple(segment for segment in path.split("/") if segment)
    for suggested in _meant(segments):
        if suggested != path and any(_takes(route, suggested) for route in routes) and _can_be_shown(suggested):
            return f"There is nothing at this address: you may mean {suggested}, else see /api/."
    return "There is nothing at this address: see /api/."


def other_methods(path: str, method: str, routes: Sequence[BaseRoute]) -> tuple[str, list[str]]:
    """The sentence of a 405, and the methods that the address takes."""
    taken = [each for each in _METHODS if any(_takes(route, path, each) for route in routes)]
    listed = " and ".join(filter(None, (", ".join(taken[:-1]), *taken[-1:])))
    return f"This address takes {listed or 'no such method'}, not {method[:20]}.", taken


def _meant(segments: tuple[str, ...]) -> Iterator[str]:
    """Addresses that people mean who paste them with slashes too many, or with `/api` doubled or missing."""
    yield _joined(segments)
    bare = list(segments)
    while bare and bare[0] in _ROOT:
        bare.pop(0)
    yield _joined((*_ROOT, *bare))
    yield _joined(bare)


def _joined(segments: Iterable[str]) -> str:
    return "/" + "/".join(segments)


def _takes(route: BaseRoute, path: str, method: str | None = None) -> bool:
    """Whether a route is at this address; with a method, whether it takes that too."""
    match, _ = route.matches({"type": "http", "path": path, "root_path": "", "method": method or "GET"})
    return match is Match.FULL or (method is None and match is Match.PARTIAL)


def _can_be_shown(path: str) -> bool:
    return len(path) <= _MOST_SHOWN_CHARACTERS and path.isascii() and path.isprintable()
