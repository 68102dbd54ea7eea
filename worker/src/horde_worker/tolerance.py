"""The SDK's models read with patience: a strange value of one field does not cost the job (workers.md §7.2)."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, ClassVar, Final, TypeVar, Union, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

MAX_NUMBER_CHARACTERS: Final = 100
MAX_MODEL_CHARACTERS: Final = 255
MAX_ITEMS: Final = 1000
"""Longer lists count as absent, unless their field cuts them itself before."""

DefaultT = TypeVar("DefaultT")


class Tolerant(BaseModel):
    """Mixed into a model of the SDK as its second base: what makes no sense counts as absent, and bounds clamp.

    Numbers may come as text, and only true is true. The fields in `must_fit` are not clamped: a picture of another size
    than asked for is no picture.
    """

    model_config = ConfigDict(extra="ignore")

    must_fit: ClassVar[frozenset[str]] = frozenset()

    @field_validator("*", mode="wrap")
    @classmethod
    def _sense_of_it(cls, value: Any, handler: Callable[[Any], Any], info: ValidationInfo) -> Any:
        assert info.field_name is not None
        rule = _rules(cls)[info.field_name]
        default = cls.model_fields[info.field_name].get_default(call_default_factory=True)
        if rule.number is not None:
            number = finite_number(value, None)
            if number is None:
                return default
            value = rule.number(number if info.field_name in cls.must_fit else rule.clamped(number))
        elif rule.is_flag:
            return value is True
        elif isinstance(value, str):
            value = whole_text(value)
        elif isinstance(value, list) and len(value) > MAX_ITEMS:
            return default
        try:
            return handler(value)
        except ValidationError:
            if info.field_name in cls.must_fit:
                raise
            return default


@dataclass(frozen=True, slots=True)
class _Rule:
    """How the values of one field are read."""

    number: type[int | float] | None
    is_flag: bool
    least: float
    most: float

    def clamped(self, number: float) -> float:
        return min(max(number, self.least), self.most)


@functools.cache
def _rules(model: type[BaseModel]) -> dict[str, _Rule]:
    rules = {}
    for name, field in model.model_fields.items():
        is_union = get_origin(field.annotation) in (Union, UnionType)
        kinds = set(get_args(field.annotation) if is_union else (field.annotation,)) - {NoneType}
        rules[name] = _Rule(
            number=int if kinds == {int} else float if kinds == {float} else None,
            is_flag=kinds == {bool},
            least=max((float(str(one.ge)) for one in field.metadata if isinstance(one, Ge)), default=-math.inf),
            most=min((float(str(one.le)) for one in field.metadata if isinstance(one, Le)), default=math.inf),
        )
    return rules


def finite_number(value: object, default: DefaultT) -> float | DefaultT:
    """A finite number, also from its text; else the default."""
    if isinstance(value, bool) or (isinstance(value, str) and len(value) > MAX_NUMBER_CHARACTERS):
        return default
    try:
        number = float(value)  # type: ignore[arg-type]  # what is no number is the question
    except (TypeError, ValueError, OverflowError):
        return default
    return number if math.isfinite(number) and abs(number) < 1e15 else default


def whole_text(text: str) -> str:
    """The text without halves of characters, which JSON can hold and no file or socket can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
