"""Bodies and answers as the API's own document shows them: every field filled, within its bounds.

`wire_shapes.json` holds the shapes of `spec/swagger.json` without their descriptions, one a line.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SHAPES: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "wire_shapes.json").read_text("utf-8"))
ANY_ID = "00000000-0000-0000-0000-000000000000"


# Values that the rules want and shapes do not tell.
MEANT_BODIES: dict[str, dict[str, Any]] = {
    "POST /v2/filters": {"filter_type": 10},
    "POST /v2/generate/async": {"censor_nsfw": False},
    "POST /v2/interrogate/submit": {"state": "ok", "result": {"caption": "a cat"}},
}
MEANT_ANSWERS: dict[str, dict[str, Any]] = {"POST /v2/filters": {"suspicion": 1}}

# A list where the document shows one object, and the other way round.
ANSWERS_WITH_A_LIST = {"GET /v2/users"}
ANSWERS_WITH_ONE = {"GET /v2/filters/{filter_id}"}


def body_of(operation: str) -> Any:
    """A body for an operation such as `POST /v2/teams`, `None` where it has none."""
    body = _sample(SHAPES["operations"][operation]["body"])
    return body and {**body, **MEANT_BODIES.get(operation, {})}


def answers_of(operation: str) -> dict[int, Any]:
    """The good answers to an operation, by status."""
    answers = {int(status): _sample(shape) for status, shape in SHAPES["operations"][operation]["answers"].items()}
    if operation in ANSWERS_WITH_A_LIST:
        return {status: [answer] for status, answer in answers.items()}
    if operation in ANSWERS_WITH_ONE:
        return {status: answer[0] for status, answer in answers.items()}
    meant = MEANT_ANSWERS.get(operation)
    return {status: {**answer, **meant} if meant else answer for status, answer in answers.items()}


def sample_of(definition: str) -> Any:
    """An object of a definition."""
    return _of_schema(SHAPES["definitions"][definition])


def _sample(shape: Any) -> Any:
    if isinstance(shape, list):
        return [sample_of(shape[0])]
    if isinstance(shape, dict):
        return _of_schema(shape)
    return sample_of(shape) if shape else None


def _of_schema(schema: dict[str, Any], name: str = "") -> Any:
    if "$ref" in schema:
        return sample_of(schema["$ref"].rpartition("/")[2])
    if "allOf" in schema:
        return {key: value for part in schema["allOf"] for key, value in _of_schema(part).items()}
    if "example" in schema:
        return schema["example"]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            if "properties" not in schema:
                return {"something": 1}
            # `*` stands for any field.
            return {key: _of_schema(part, key) for key, part in schema["properties"].items() if key != "*"}
        case "array":
            return [_of_schema(schema["items"], name.removesuffix("s"))]
        case "boolean":
            return True
        case "integer":
            return int(_within(schema, 1))
        case "number":
            return float(_within(schema, 1.5))
    if name == "id" or name.endswith("_id"):
        return ANY_ID
    if schema.get("format") == "date-time":
        return "2026-01-02T03:04:05Z"
    return str(schema.get("default") or "text").ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]


def _within(schema: dict[str, Any], value: float) -> float:
    least, most = schema.get("minimum", value), schema.get("maximum", value)
    return float(min(max(value, least), most))
