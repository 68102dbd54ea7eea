"""Fields of a request that no model knows: sent as they are, but not in silence, as most are typing errors."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from horde_sdk.exceptions import UnknownFieldWarning
from horde_sdk.generic_api.apimodels import HordeRequest
from horde_sdk.generic_api.visible_warnings import warn_visibly

_MOST_REMEMBERED = 1000

_told: set[tuple[type, str]] = set()


def warn_of_unknown_fields(request: HordeRequest) -> None:
    """Warn of each unknown field of a request and of its parts, once for each class and name."""
    for part in _parts_with_unknown(request):
        for name in part.__pydantic_extra__ or ():
            key = type(part), name
            if key not in _told and len(_told) < _MOST_REMEMBERED:
                _told.add(key)
                warn_visibly(_sentence(request, part, name), UnknownFieldWarning)


def _parts_with_unknown(value: BaseModel) -> list[BaseModel]:
    # On the way of every request, so it looks at what was set only: O(fields set).
    found = [value] if value.__pydantic_extra__ else []
    fields = value.__dict__
    for name in value.__pydantic_fields_set__:
        inner = fields.get(name)
        if isinstance(inner, BaseModel):
            found += _parts_with_unknown(inner)
        elif type(inner) is list:
            for one in inner:
                if isinstance(one, BaseModel):
                    found += _parts_with_unknown(one)
    return found


def _sentence(request: HordeRequest, part: BaseModel, name: str) -> str:
    meant = _elsewhere(request, part, name) or _alike(type(part), name)
    advice = f"did you mean `{meant}`?" if meant else "it is sent as it is."
    return f"`{name}` is no field of {type(part).__name__} that this library knows: {advice}"


def _alike(kind: type[BaseModel], name: str) -> str | None:
    from difflib import get_close_matches

    found = get_close_matches(name, spellings(kind), n=1, cutoff=0.6)
    return found[0] if found else None


def _elsewhere(request: HordeRequest, part: BaseModel, name: str) -> str | None:
    """Return where a field belongs that was put on the wrong level."""
    for field, about in type(request).model_fields.items():
        for kind in _models_in(about.annotation):
            if part is request and name in spellings(kind):
                return f"{field}.{name}"
    return name if part is not request and name in spellings(type(request)) else None


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from _models_in(inner)


def spellings(kind: type[BaseModel]) -> list[str]:
    """Return the names that programs give the fields of a model, and the API where it calls them otherwise."""
    return [*kind.model_fields, *(field.alias for field in kind.model_fields.values() if field.alias)]
