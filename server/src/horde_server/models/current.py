"""The reference that this process goes by: the built-in one until another is set."""

from __future__ import annotations

from horde_server.models.reference import ModelReference, built_in

_set: list[ModelReference] = []


def get() -> ModelReference:
    """The reference of the moment. Values, so whoever holds one is not disturbed by the next."""
    return _set[0] if _set else built_in()


def use(reference: ModelReference | None) -> None:
    """Go by this one from now on; None: by the built-in one again."""
    _set[:] = [] if reference is None else [reference]
