"""Backends by name: built in, or from packages that offer them in the entry point group `horde.backends`."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from horde_worker.backends.interface import AlchemyBackend, AnyBackend, Backend, TextBackend

GROUP = "horde.backends"


class UnknownBackend(LookupError):
    """There is no backend of that name."""


def _demo() -> Backend:
    from horde_worker.backends.demo_backend import DemoBackend

    return DemoBackend()


def _demo_text() -> TextBackend:
    from horde_worker.backends.demo_text_backend import DemoTextBackend

    return DemoTextBackend()


def _demo_alchemy() -> AlchemyBackend:
    from horde_worker.backends.demo_alchemy_backend import DemoAlchemyBackend

    return DemoAlchemyBackend()


_BUILT_IN: dict[str, Callable[[], AnyBackend]] = {
    "demo": _demo,
    "demo-text": _demo_text,
    "demo-alchemy": _demo_alchemy,
}


def backend_names() -> list[str]:
    """Every name that `make_backend` takes."""
    return sorted({*_BUILT_IN, *(point.name for point in entry_points(group=GROUP))})


def make_backend(name: str) -> AnyBackend:
    """A new backend. Raises `UnknownBackend`."""
    if name in _BUILT_IN:
        return _BUILT_IN[name]()
    for point in entry_points(group=GROUP):
        if point.name == name:
            made: AnyBackend = point.load()()
            return made
    raise UnknownBackend(f"There is no backend {name!r}; there are: {', '.join(backend_names())}.")
