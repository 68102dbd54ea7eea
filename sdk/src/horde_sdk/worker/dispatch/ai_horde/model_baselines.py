"""Baselines of models, from whatever the program knows models by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias, runtime_checkable


@runtime_checkable
class _Queryable(Protocol):
    """The manager of the package `horde_model_reference`, as far as it is needed here."""

    def query(self, category: Any, /) -> Any: ...


BaselineLookup: TypeAlias = Callable[[str], str | None]
"""From a model's name to its baseline, `None` for an unknown model."""

BaselineSource: TypeAlias = BaselineLookup | Mapping[str, str] | _Queryable | None
"""Anything that knows the baselines of models; `None` knows of none."""


def find_baseline(model: str, source: BaselineSource) -> str | None:
    """Return what a model derives from, `None` where it is not known.

    Args:
        model: Its name.
        source: A function, a mapping, or a manager of the package `horde_model_reference`.

    Raises:
        TypeError: The source is something else.
    """
    if source is None:
        return None
    if isinstance(source, Mapping):
        return source.get(model)
    if isinstance(source, _Queryable):
        record = source.query("image_generation").where(name=model).first()
        baseline = getattr(record, "baseline", None)
        return str(baseline) if isinstance(baseline, str) else None
    if callable(source):
        return source(model)
    raise TypeError(f"a {type(source).__name__} knows no models: give a function, a mapping or a model reference")
