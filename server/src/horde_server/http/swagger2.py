"""Our OpenAPI 3 document as Swagger 2.0, the form in which the original publishes its API."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

_HEADERS = [
    {"name": "Client-Agent", "in": "header", "type": "string", "default": "unknown:0:unknown",
     "description": "The client name, version and contact."},
    {"name": "X-Fields", "in": "header", "type": "string", "format": "mask", "description": "An optional fields mask"},
]  # fmt: skip
_BASE_PATH = "/api"


def swagger2(openapi: Document) -> Document:
    """The same API as Swagger 2.0: paths below `/api`, bodies as parameters, schemas as `definitions`."""
    definitions = dict(openapi.get("components", {}).get("schemas", {}))
    paths = {}
    for path, operations in openapi["paths"].items():
        if path.startswith(f"{_BASE_PATH}/"):
            paths[path.removeprefix(_BASE_PATH)] = {
                method: _operation(operation) for method, operation in operations.items()
            }
    return {
        "swagger": "2.0",
        "basePath": _BASE_PATH,
        "info": openapi["info"],
        "produces": ["application/json"],
        "consumes": ["application/json"],
        "tags": openapi.get("tags", []),
        "securityDefinitions": openapi.get("components", {}).get("securitySchemes", {}),
        "paths": paths,
        "definitions": {name: _schema(schema) for name, schema in definitions.items()},
    }


def _operation(operation: Document) -> Document:
    parameters = [_parameter(parameter) for parameter in operation.get("parameters", [])]
    named = {parameter["name"].lower() for parameter in parameters}
    parameters += [header for header in _HEADERS if str(header["name"]).lower() not in named]
    if body := operation.get("requestBody"):
        schema = _schema(body["content"]["application/json"]["schema"])
        parameters.append({"name": "payload", "in": "body", "required": True, "schema": schema})
    return {
        "operationId": operation["operationId"],
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "tags": operation.get("tags", []),
        "parameters": parameters,
        **({"security": operation["security"]} if "security" in operation else {}),
        "responses": {code: _response(answer) for code, answer in operation["responses"].items()},
    }


def _response(answer: Document) -> Document:
    found = {"description": answer.get("description", "")}
    if content := answer.get("content", {}).get("application/json"):
        found["schema"] = _schema(content["schema"])
    return found


def _parameter(parameter: Document) -> Document:
    schema = _plain(parameter.get("schema", {}))
    found = {"name": parameter["name"], "in": parameter["in"], "type": schema.get("type", "string")}
    found["required"] = bool(parameter.get("required", False))
    found.update({key: schema[key] for key in ("default", "minimum", "maximum", "maxLength", "enum") if key in schema})
    if "example" in parameter:
        found["x-example"] = parameter["example"]
    if parameter.get("description"):
        found["description"] = parameter["description"]
    return found


def _plain(schema: Document) -> Document:
    """`anyOf` with null becomes the other alternative: Swagger 2.0 has no null type."""
    choices = [choice for choice in schema.get("anyOf", []) if choice.get("type") != "null"]
    if choices:
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
        return {**rest, **choices[0]}
    return schema


def _schema(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {}
    for key, value in _plain(schema).items():
        if key == "$ref":
            found[key] = value.replace("#/components/schemas/", "#/definitions/")
        elif key == "const":
            found["enum"] = [value]
        elif key == "properties":  # by names, which may be words of schemas too
            found[key] = {name: _schema(each) for name, each in value.items()}
        elif key in ("example", "default", "enum"):  # values, which may look like schemas
            found[key] = value
        elif key not in ("examples", "$defs"):
            found[key] = _schema(value)
    return found
