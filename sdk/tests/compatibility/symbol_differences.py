"""In which way a symbol of ours is not what the reference release has under that name."""

from __future__ import annotations

import inspect
import re
from enum import Enum
from functools import cached_property
from importlib import import_module
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from symbol_facts import Symbol

BOUNDS = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length")


def difference(symbol: Symbol, owner: Any, found: Any) -> str:
    """Return what differs, empty if nothing that can be compared does.

    Args:
        symbol: What the reference release has.
        owner: Our class or module that has it.
        found: Ours.
    """
    kind = symbol.kind.removesuffix(" const") if symbol.kind == "re-export const" else symbol.kind
    is_magic = symbol.name.endswith("__")  # `__hash__` may be None on purpose: tests of the models say where
    compare = None if is_magic else _COMPARISONS.get(kind)
    return compare(symbol, owner, found) if compare else ""


def _reexport(symbol: Symbol, owner: Any, found: Any) -> str:
    if symbol.kind == "re-export const":
        return _constant(symbol, owner, found)
    module, _, name = symbol.value.rpartition(".")
    try:
        target = getattr(import_module(module), name)
    except (ImportError, AttributeError):
        return ""  # a finding of its own
    return "" if target is found else f"is not {symbol.value}"


def _constant(symbol: Symbol, owner: Any, found: Any) -> str:
    if symbol.value.startswith(("<", "{")) and not symbol.value.startswith("{HTTP"):
        return ""
    shown = _shown(found)
    return "" if shown == symbol.value else f"{shown} instead of {symbol.value}"


def _shown(value: Any) -> str:
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(map(_shown, value))) + "}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_shown, value)) + ")"
    if isinstance(value, list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return repr(value)


def _member(symbol: Symbol, owner: Any, found: Any) -> str:
    if not isinstance(found, Enum):
        return "is no member of an enum"
    shown = _shown(found.value)
    return "" if shown == re.sub(r" \(alias of .*\)$", "", symbol.value) else f"{shown} instead of {symbol.value}"


def _class(symbol: Symbol, owner: Any, found: Any) -> str:
    if not isinstance(found, type):
        return "is no class"
    if symbol.kind == "model class" and not issubclass(found, BaseModel):
        return "is no pydantic model"
    if symbol.kind == "enum" and not issubclass(found, Enum):
        return "is no enum"
    listed = re.match(r"\(([^)]*)\)", symbol.value)
    bases = (
        {base.partition("[")[0].strip() for base in re.split(r",\s*(?![^\[]*\])", listed.group(1))} if listed else set()
    )
    ours = {base.__name__.partition("[")[0] for base in found.__mro__}
    lacking = sorted(base for base in bases - ours if base and base != "ABC")
    return f"does not derive from {', '.join(lacking)}" if lacking else ""


def _field(symbol: Symbol, owner: Any, found: Any) -> str:
    if not isinstance(found, FieldInfo):
        return "is no field"
    if not symbol.value:
        return ""
    facts = dict(part.partition("=")[::2] for part in symbol.value.split("; ")[1:])
    told = []
    if "required" in facts and not found.is_required():
        told.append("is optional")
    if "default" in facts and not facts["default"].startswith("<") and _default(found) != facts["default"]:
        told.append(f"default {_default(found)} instead of {facts['default']}")
    bounds = _bounds(found)
    for name in BOUNDS:
        theirs = None if (name, facts.get(name)) == ("min_length", "0") else facts.get(name)
        ours = bounds.get(name)
        if (None if theirs is None else float(theirs)) != (None if ours is None else float(ours)):
            told.append(f"{name} {ours} instead of {theirs}")
    return "; ".join(told)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default is PydanticUndefined:
        return _shown(field.get_default(call_default_factory=True, validated_data={}))
    return _shown(field.default)


def _bounds(field: FieldInfo) -> dict[str, Any]:
    return {
        name: getattr(limit, name)
        for limit in field.metadata
        for name in BOUNDS
        if getattr(limit, name, None) is not None
    }


def _callable(symbol: Symbol, owner: Any, found: Any) -> str:
    if not callable(found):
        return "cannot be called"
    if symbol.kind == "async method" and not (inspect.iscoroutinefunction(found) or inspect.isasyncgenfunction(found)):
        return "is no coroutine function"
    try:
        ours = inspect.signature(found).parameters
    except (TypeError, ValueError):
        return ""
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in ours.values()):
        return ""
    lacking = [name for name in _parameters(symbol.value) if name not in ours and name not in ("self", "cls")]
    return f"has no parameter {', '.join(lacking)}" if lacking else ""


def _parameters(signature: str) -> list[str]:
    """The names in the first pair of brackets, nested ones left out."""
    names, depth, part = [], 0, ""
    for letter in signature:
        if letter in ")]}":
            depth -= 1
        if depth == 0 and letter == ")":
            break
        if depth == 1 and letter == ",":
            names.append(part)
            part = ""
        elif depth:
            part += letter
        if letter in "([{":
            depth += 1
    names.append(part)
    return [name for one in names if (name := re.split(r"[:=]", one)[0].strip()) and name[0] not in "*/"]


def _property(symbol: Symbol, owner: Any, found: Any) -> str:
    if isinstance(found, FieldInfo | property | cached_property):
        return ""
    return "" if not callable(found) else "is a method"


_COMPARISONS = {
    "re-export": _reexport,
    "const": _constant,
    "class attribute": _constant,
    "enum member": _member,
    "enum": _class,
    "model class": _class,
    "class": _class,
    "exception": _class,
    "field": _field,
    "inherited field": _field,
    "function": _callable,
    "method": _callable,
    "async method": _callable,
    "classmethod": _callable,
    "staticmethod": _callable,
    "property": _property,
}
