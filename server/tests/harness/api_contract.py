"""The API of the original as its own document tells it (contract/data/swagger.json), to hold a server against.

A schema is compared as a flat table: each field by its path (`params.loras[].name`) with its JSON type.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

Document = dict[str, Any]

DATA: Final = Path(__file__).parents[1] / "contract/data/swagger.json"
ANYTHING: Final = "*"
"""The one property of objects that may have any; the type of values that may have any."""
_BROADER: Final = {("integer", "number")}
_LISTS: Final = ("/v2/users",)
"""Where the original answers a list, and its document has one of it."""


class Operation(NamedTuple):
    """A method of a path, as a document has it."""

    name: str  # `GET /v2/users/{user_id}`
    parameters: dict[tuple[str, str], str]  # type, by place and name; without the body
    body: dict[str, str]  # types of its fields, by path
    answers: dict[int, dict[str, str]]  # the same of good answers, by status

    @property
    def answer(self) -> dict[str, str]:
        """The fields of the one good answer."""
        (fields,) = self.answers.values()
        return fields


@cache
def contract() -> dict[str, Operation]:
    """Every operation of the original."""
    document: Document = json.loads(DATA.read_text("utf-8"))
    for path in _LISTS:
        answer = document["paths"][path]["get"]["responses"]["200"]
        answer["schema"] = {"type": "array", "items": answer["schema"]}
    return operations_of(document)


def operations_of(document: Document) -> dict[str, Operation]:
    """Every operation of a Swagger 2.0 document, by name."""
    found = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                name = f"{method.upper()} {path}"
                parameters = [*methods.get("parameters", ()), *operation.get("parameters", ())]
                found[name] = _operation(name, parameters, operation["responses"], document["definitions"])
    return found


def _operation(name: str, parameters: list[Document], responses: Document, definitions: Document) -> Operation:
    body: Document = next((each["schema"] for each in parameters if each["in"] == "body"), {})
    return Operation(
        name,
        {(each["in"], each["name"].lower()): each["type"] for each in parameters if each["in"] != "body"},
        dict(fields_of(body, definitions)),
        {
            int(status): dict(fields_of(response.get("schema", {}), definitions))
            for status, response in responses.items()
            if status.startswith("2")
        },
    )


def fields_of(schema: Document, definitions: Document, path: str = "") -> Iterator[tuple[str, str]]:
    """The fields below a schema by their paths, each with its type. What an array holds is `path[]`."""
    if reference := schema.get("$ref"):
        yield from fields_of(definitions[reference.rpartition("/")[2]], definitions, path)
        return
    for part in schema.get("allOf", ()):
        yield from fields_of(part, definitions, path)
    kind = schema.get("type")
    if path and (kind is not None or not schema.keys() & {"allOf", "$ref"}):
        yield path, kind or ANYTHING
    if kind == "array":
        yield from fields_of(schema["items"], definitions, f"{path}[]")
    for name, field in schema.get("properties", {}).items():
        if name != ANYTHING:
            yield from fields_of(field, definitions, f"{path}.{name}" if path else name)


def takes(asked: str, ours: str) -> bool:
    """Whether a value of the original's type is one of ours."""
    return asked == ours or ours == ANYTHING or (asked, ours) in _BROADER


def gives(promised: str, ours: str) -> bool:
    """Whether a value of our type is one of the original's."""
    return ours == "null" or takes(ours, promised)


def told_fields(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """The fields of an answer as it came, by the paths of `fields_of`, each with its type; `null` for no value."""
    match value:
        case dict():
            if path:
                yield path, "object"
            for name, field in value.items():
                yield from told_fields(field, f"{path}.{name}" if path else name)
        case list():
            if path:
                yield path, "array"
            for item in value:
                yield from told_fields(item, f"{path}[]")
        case bool():
            yield path, "boolean"
        case int():
            yield path, "integer"
        case float():
            yield path, "number"
        case str():
            yield path, "string"
        case None:
            yield path, "null"
