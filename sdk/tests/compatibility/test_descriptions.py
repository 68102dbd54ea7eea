"""Every model, field and method of the API models is described where it is written.

Pydantic could read the field's docstrings too, but that costs the import of every client as much again.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import horde_sdk.ai_horde_api.apimodels

FOLDER = Path(horde_sdk.ai_horde_api.apimodels.__file__).parent
MODULES = sorted(path for path in FOLDER.rglob("*.py") if path.name != "__init__.py")


def undescribed(source: str) -> list[str]:
    """Classes and fields without a docstring."""
    lacking = []
    for model in (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)):
        if not ast.get_docstring(model):
            lacking.append(model.name)
        for field, after in zip(model.body, [*model.body[1:], None], strict=True):
            if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
                continue
            described = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            if not described and not field.target.id.startswith("_"):
                lacking.append(f"{model.name}.{field.target.id}")
    return lacking


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(FOLDER)) for path in MODULES])
def test_models_and_fields_are_described(path: Path) -> None:
    assert undescribed(path.read_text("utf-8")) == []


def test_a_field_without_a_docstring_is_found() -> None:
    assert undescribed("class Part(Model):\n    'A part.'\n\n    name: str\n    size: int\n    'Bytes.'") == [
        "Part.name"
    ]
