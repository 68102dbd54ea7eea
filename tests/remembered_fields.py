"""Validators of routes' fields, made once a process instead of once a server.

FastAPI makes one for each parameter and answer of each route of each app: 500 an app, 50 different ones. A test has an
app of its own, so a third of what the contract tests cost was making the same again (measured: 80 of 230 ms a test).
A validator has no state. Those of fields that cannot be compared are made anew each time.
"""

from __future__ import annotations

from typing import Any

import pytest
from fastapi._compat import v2

_PARTS = ("annotation", "metadata", *v2._Attrs)


class RememberedValidators:
    """Gives FastAPI's fields the validator of one that says the same, in place of `ModelField.__post_init__`."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}
        self._make = v2.ModelField.__post_init__

    def give(self, field: v2.ModelField) -> None:
        """`field` is all but ready: it lacks its validator."""
        said = [getattr(field.field_info, part, None) for part in _PARTS]
        said[1] = tuple((type(each), each) for each in said[1] or ())
        key = (*zip(map(type, said), said, strict=True), repr(field.config))  # types too: 0 and False are equal
        try:
            known = self._known.get(key)
        except TypeError:  # something in it has no hash
            self._make(field)
            return
        if known is None:
            self._make(field)
            self._known[key] = field._type_adapter
        else:
            field._type_adapter = known


def remember_fields(patch: pytest.MonkeyPatch) -> None:
    """From now on."""
    validators = RememberedValidators()
    patch.setattr(v2.ModelField, "__post_init__", lambda field: validators.give(field))
