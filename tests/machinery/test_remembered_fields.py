"""What the tests' own shortcut must not change: fields that say different things have validators of their own."""

from __future__ import annotations

from typing import Annotated, Any

import pydantic
import pytest
from annotated_types import Ge
from fastapi._compat import v2
from pydantic import BeforeValidator
from pydantic.fields import FieldInfo
from remembered_fields import remember_fields


@pytest.fixture(autouse=True)
def _remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    remember_fields(monkeypatch)


def field(annotation: Any, /, config: Any = None, **said: Any) -> v2.ModelField:
    """One of FastAPI's."""
    info = FieldInfo.from_annotation(annotation)
    for name, value in said.items():  # as FastAPI does
        setattr(info, name, value)
    return v2.ModelField(info, "name", config=config)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((int, {"default": 0}), (int, {"default": False})),
        ((int, {"default": 0}), (int, {"default": 1})),
        ((int, {}), (str, {})),
        ((Annotated[int, Ge(0)], {}), (Annotated[int, Ge(1)], {})),
        ((Annotated[int, BeforeValidator(abs)], {}), (Annotated[int, BeforeValidator(int)], {})),
        ((int, {"title": "seed"}), (int, {"title": "steps"})),
        ((int, {"alias": "seed"}), (int, {"alias": "steps"})),
    ],
)
def test_different_fields_have_different_validators(one: Any, other: Any) -> None:
    first, second = (field(annotation, **said) for annotation, said in (one, other))
    assert first._type_adapter is not second._type_adapter


def test_fields_of_different_settings_have_different_validators() -> None:
    strict = field(int, config=pydantic.ConfigDict(strict=True))
    assert field(int).validate("7") == (7, [])
    assert strict.validate("7")[1]


def test_equal_fields_share_one() -> None:
    first, second = (field(Annotated[int, Ge(0)], title="seed") for _ in range(2))
    assert first._type_adapter is second._type_adapter
    assert second.validate(-1)[1]


def test_what_cannot_be_compared_is_made_anew() -> None:
    first, second = (field(int, examples=[1, 2]) for _ in range(2))
    assert first._type_adapter is not second._type_adapter
    assert second._type_adapter.json_schema()["examples"] == [1, 2]
