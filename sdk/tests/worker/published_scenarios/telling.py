"""The scenarios by name, and what came of them as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

Scenario = Callable[[], Any]
SCENARIOS: dict[str, Scenario] = {}


def scenario(name: str, **rows: tuple[Any, ...]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Keep a function as a scenario, or as one for each row of arguments."""

    def keep(function: Callable[..., Any]) -> Callable[..., Any]:
        if not rows:
            SCENARIOS[name] = function
        for row, arguments in rows.items():
            SCENARIOS[f"{name}: {row}"] = lambda arguments=arguments: function(*arguments)  # type: ignore[misc]
        return function

    return keep


def problem(error: Exception) -> dict[str, Any]:
    """Of what kinds an error is and what it says; of a validation, the fields instead of a validator's words."""
    from pydantic import ValidationError

    kinds = [kind.__name__ for kind in type(error).__mro__[:-2]]
    if isinstance(error, ValidationError):
        return {
            "kinds": ["ValidationError"],
            "fields": sorted({str((*one["loc"], "model")[0]) for one in error.errors()}),
        }
    return {"kinds": kinds, "says": str(error)}


def plain(value: Any) -> Any:
    """JSON of a value: enums by value, ids that chance made as `<uuid>`."""
    if isinstance(value, dict):
        return {str(plain(key)): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return UUID.sub("<uuid>", str(getattr(value, "value", value)))


def tell_all() -> dict[str, Any]:
    """Run every scenario; what came of it, or what was raised."""
    told: dict[str, Any] = {}
    for name, run in SCENARIOS.items():
        try:
            told[name] = plain(run())
        except Exception as raised:  # noqa: BLE001 whatever is raised is the outcome
            told[name] = {"raises": plain(problem(raised))}
    return told
