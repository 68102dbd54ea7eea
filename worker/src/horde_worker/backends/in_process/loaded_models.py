"""Models that stay loaded, the least recently used of which makes room for the next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

ModelT = TypeVar("ModelT")


class LoadedModels(Generic[ModelT]):
    """Models of one device by name, within so many bytes of weights; one alone may be larger. Not for two threads."""

    def __init__(
        self,
        sizes_bytes: dict[str, int],
        budget_bytes: int,
        load: Callable[[str], ModelT],
        unload: Callable[[ModelT], None],
    ) -> None:
        self._sizes_bytes = sizes_bytes
        self._budget_bytes = budget_bytes
        self._load = load
        self._unload = unload
        self._loaded: OrderedDict[str, ModelT] = OrderedDict()

    @property
    def names(self) -> tuple[str, ...]:
        """What is loaded, the least recently used first."""
        return tuple(self._loaded)

    def get(self, name: str) -> ModelT:
        """A model, loaded now where it is not yet, after room was made for it."""
        if name not in self._loaded:
            room = self._budget_bytes - self._sizes_bytes[name]
            while self._loaded and sum(self._sizes_bytes[one] for one in self._loaded) > room:
                self._drop(next(iter(self._loaded)))
            self._loaded[name] = self._load(name)
        self._loaded.move_to_end(name)
        return self._loaded[name]

    def keep_only(self, name: str | None = None) -> None:
        """Unload all others: memory is needed now."""
        for one in [one for one in self._loaded if one != name]:
            self._drop(one)

    def _drop(self, name: str) -> None:
        self._unload(self._loaded.pop(name))
