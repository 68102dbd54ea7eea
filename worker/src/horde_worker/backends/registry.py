"""Backends by name: built in, or from packages that offer them in the entry point group `horde.backends`."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from horde_worker.backends.interface import Backend, BackendSettings

GROUP = "horde.backends"


class UnknownBackend(LookupError):
    """There is no backend of that name."""


def _demo() -> type[Backend]:
    from horde_worker.backends.demo_backend import DemoBackend

    return DemoBackend


def _demo_text() -> type[Backend]:
    from horde_worker.backends.demo_text_backend import DemoTextBackend

    return DemoTextBackend


def _demo_alchemy() -> type[Backend]:
    from horde_worker.backends.demo_alchemy_backend import DemoAlchemyBackend

    return DemoAlchemyBackend


def _alchemy() -> type[Backend]:
    from horde_worker.backends.alchemy_backend import AlchemyBackend

    return AlchemyBackend


_BUILT_IN: dict[str, Callable[[], type[Backend]]] = {
    "alchemy": _alchemy,
    "demo": _demo,
    "demo-text": _demo_text,
    "demo-alchemy": _demo_alchemy,
}


def backend_names() -> list[str]:
    """Every name that `backend_named` takes."""
    return sorted({*_BUILT_IN, *(point.name for point in entry_points(group=GROUP))})


def backend_named(name: str) -> type[Backend]:
    """The class of a backend. Raises `UnknownBackend`."""
    if name in _BUILT_IN:
        return _BUILT_IN[name]()
    for point in entry_points(group=GROUP):
        if point.name == name:
            found: type[Backend] = point.load()
            return found
    raise UnknownBackend(f"There is no backend {name!r}; there are: {', '.join(backend_names())}.")


async def open_backend(settings: BackendSettings) -> Backend:
    """A backend that can work. Raises `UnknownBackend` and `BackendFailure`."""
    return await backend_named(settings.name).open(settings)
