"""What a parsed answer holds that its model does not know: nothing, where model and server agree."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def unknown_fields(found: Any, at: str = "") -> list[str]:
    """Fields that a model kept without knowing them, at any depth."""
    if isinstance(found, list):
        return [name for number, item in enumerate(found) for name in unknown_fields(item, f"{at}[{number}]")]
    if not isinstance(found, BaseModel):
        return []
    fields = [(name, getattr(found, name)) for name in type(found).model_fields]
    return [
        *(f"{at}.{name}" for name in found.model_extra or {}),
        *(unknown for name, value in fields for unknown in unknown_fields(value, f"{at}.{name}")),
    ]
