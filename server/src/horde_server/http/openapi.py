"""The OpenAPI document: FastAPI's, with the bodies that routes read themselves, and without answers nobody gives."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI

from horde_server.http.examples import ANONYMOUS_KEY, PARAMETER_EXAMPLES
from horde_server.http.introduction import DESCRIPTION, heading, headings

Document = dict[str, Any]
_KEY = "apikey"
_SECURITY = {
    "type": "apiKey",
    "in": "header",
    "name": _KEY,
    "description": f"Your API key, or {ANONYMOUS_KEY} to stay anonymous.",
}
_SCHEMAS = "#/components/schemas/"


def describe(app: FastAPI) -> None:
    """Have `app.openapi()` give the finished document."""
    original = app.openapi

    def openapi() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = _finish(original())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way


def _finish(document: Document) -> Document:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    document["info"]["description"] = DESCRIPTION
    document["tags"] = headings()
    document["components"]["securitySchemes"] = {_KEY: _SECURITY}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["tags"] = [heading(path)]
            _finish_parameters(operation)
            operation["summary"] = re.split(r"[.:;]", operation.get("description", operation["summary"]), maxsplit=1)[0]
            operation["responses"].pop("422", None)  # what FastAPI would say is a 400 here, as in the original
            if body := operation.get("requestBody"):
                content = body["content"]["application/json"]
                if example := content["schema"].get("example"):
                    content["example"] = example
                content["schema"] = _hoist(content["schema"], schemas)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document


def _finish_parameters(operation: Document) -> None:
    """Give them examples, and say of those who take a key that they do."""
    for parameter in operation.get("parameters", ()):
        name = parameter["name"]
        if name in PARAMETER_EXAMPLES and parameter["in"] in ("path", "header"):
            parameter["example"] = PARAMETER_EXAMPLES[name]
        if name == _KEY:
            operation["security"] = [{_KEY: []}]


def _hoist(schema: Document, schemas: Document) -> Document:
    """Move a schema and those it refers to among the document's, each by its title; a reference to it."""
    nested = schema.pop("$defs", {})
    titles = {name: str(each["title"]) for name, each in nested.items()}
    for each in (schema, *nested.values()):
        schemas[str(each["title"])] = _renamed(each, titles)
    return {"$ref": _SCHEMAS + str(schema["title"])}


def _renamed(schema: Any, titles: dict[str, str]) -> Any:
    if isinstance(schema, list):
        return [_renamed(item, titles) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if reference := schema.get("$ref"):
        name = str(reference).removeprefix(_SCHEMAS)
        return {**schema, "$ref": _SCHEMAS + titles.get(name, name)}
    return {key: _renamed(value, titles) for key, value in schema.items()}
