"""`/v1/models` for Anthropic's programs, in pages (gateway-anthropic.md §6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from horde_server.gateway.common.errors import BadField, ModelNotFound
from horde_server.gateway.common.model_names import ANY_TEXT, ModelNames, ServedModel

MOST_ROWS: Final = 1000
_USUAL_ROWS: Final = 20


def page(models: ModelNames, *, started_s: float, limit: str, before: str, after: str) -> dict[str, Any]:
    """Those after, or before, a model of that name. Raises `BadField`."""
    rows = _rows(models, started_s)
    most = _most(limit)
    if after:
        rows = rows[_place(rows, after, "after_id") + 1 :]
    if before:
        rows = rows[: _place(rows, before, "before_id")]
    shown = rows[-most:] if before and not after else rows[:most]
    return {
        "data": shown,
        "has_more": len(shown) < len(rows),
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
    }


def one(models: ModelNames, name: str, *, started_s: float) -> dict[str, Any]:
    """A model by its name. Raises `ModelNotFound`."""
    for row in _rows(models, started_s):
        if row["id"] == name:
            return row
    raise ModelNotFound(f"The model '{name[:200]}' is served by nobody here: GET /v1/models tells what is.")


def _rows(models: ModelNames, started_s: float) -> list[dict[str, Any]]:
    """Texts only: nothing else can be asked for here."""
    found = [_row(model.name, model.first_seen_s, model) for model in models.served("text")]
    return [*found, _row(ANY_TEXT, started_s)]


def _row(name: str, seen_s: float, model: ServedModel | None = None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "type": "model",
        "id": name,
        "display_name": name,
        "created_at": datetime.fromtimestamp(int(seen_s), UTC).isoformat().replace("+00:00", "Z"),
    }
    if model is not None:
        row |= {"max_input_tokens": model.max_context_length, "max_tokens": model.max_length}
    return row


def _most(limit: str) -> int:
    if not limit:
        return _USUAL_ROWS
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:9]) <= MOST_ROWS:
        raise BadField("limit", f"limit is no number from 1 to {MOST_ROWS}.")
    return int(limit)


def _place(rows: list[dict[str, Any]], name: str, field: str) -> int:
    for place, row in enumerate(rows):
        if row["id"] == name:
            return place
    raise BadField(field, f"{field} names no model that is listed.")
