"""What is wrong with a field, in words that continue its name: "must be a multiple of 64, not 500".

Prompts and keys are never repeated: of what was given only numbers, and short words where few are allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MOST_WORD_CHARACTERS = 40
_MOST_ALLOWED_CHARACTERS = 600
_KINDS: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}
_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a number of fewer digits",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "is_instance_of": "an object",
    "finite_number": "a finite number",
}


class Nothing:
    """Stands for a value that is not known."""


NOTHING = Nothing()


_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
    "greater_than": ("more than", "gt"),
    "less_than": ("less than", "lt"),
    "multiple_of": ("a multiple of", "multiple_of"),
}


def in_words(kind: str, context: Mapping[str, Any], value: object = NOTHING, message: str = "") -> str:
    """A fault as a sentence. `kind` and `context` as pydantic has them, `message` what it says of its own accord."""
    if kind in _WANTED:
        return "must not be null: leave the field out" if value is None else f"must be {_WANTED[kind]}{_but(value)}"
    if kind in _BOUNDS:
        bound, limit = _BOUNDS[kind]
        return f"must be {bound} {_shown(context[limit])}{_not(value)}"
    match kind:
        case "missing":
            return "is required, and missing"
        case "string_too_short" | "too_short" | "string_too_long" | "too_long":
            return _length(kind, context)
        case "literal_error":
            return f"must be {_cut(str(context['expected']), _MOST_ALLOWED_CHARACTERS)}{_not(value, with_words=True)}"
        case _:  # a rule of ours, which has words of its own
            return _cut(str(context.get("error", message)), _MOST_ALLOWED_CHARACTERS)


def _length(kind: str, context: Mapping[str, Any]) -> str:
    is_short = kind.endswith("short")
    limit = context["min_length" if is_short else "max_length"]
    noun = "character" if kind.startswith("string") else "item"
    bound = "at least" if is_short else "at most"
    actual = context.get("actual_length")
    has = f", not {actual}" if actual is not None else ""
    return f"must have {bound} {limit} {noun}{'' if limit == 1 else 's'}{has}"


def kind_of(value: object) -> str:
    """What a JSON value is, in words."""
    return _KINDS.get(type(value), "something else")


def _but(value: object) -> str:
    """What was given instead: the number, or which kind of value it is."""
    if value is NOTHING:
        return ""
    return _not(value) if type(value) in (int, float) else f", not {kind_of(value)}"


def _not(value: object, *, with_words: bool = False) -> str:
    if type(value) in (int, float):
        shown = repr(value)
        return f", not {shown}" if len(shown) <= _MOST_WORD_CHARACTERS else ""
    if not isinstance(value, str):
        return "" if value is NOTHING else f", not {kind_of(value)}"
    if with_words and len(value) <= _MOST_WORD_CHARACTERS and value.isascii() and value.isprintable():
        return f", not '{value}'"
    return ""


def _shown(limit: object) -> str:
    return f"{limit:g}" if isinstance(limit, float) else str(limit)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
