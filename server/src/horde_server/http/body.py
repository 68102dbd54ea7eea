"""Reading request bodies and sending ready ones: the order of checks of generation.md §1.3."""

from __future__ import annotations

from typing import Any, TypeVar

import pydantic
from fastapi import Request, Response

from horde_server.errors import BadRequest, InvalidPayload, UnreadableBody
from horde_server.http.wire_types import NulByte

Model = TypeVar("Model", bound=pydantic.BaseModel)

JSON_TYPE = "application/json; charset=utf-8"
MOST_COMMAS = 550_000
"""In a body, which bounds how many values it has: ten million take seconds to read, in which nobody else is served.
The longest drawing of an alchemist, pairs of numbers in a MiB of text, has less."""


def refuse_endless(body: bytes) -> None:
    """Raises `BadRequest` when a body has so many values that nobody can mean it."""
    if len(body) > MOST_COMMAS and body.count(b",") > MOST_COMMAS:
        raise BadRequest(f"The body has more than {MOST_COMMAS} commas: send less values at once.")


async def read_body(request: Request, model: type[Model]) -> Model:
    """The body as `model`. Raises `UnreadableBody` (not JSON) or `InvalidPayload` with every violation by its path."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not (media_type.startswith("application/") and media_type.endswith(("/json", "+json"))):
        raise UnreadableBody
    try:
        body = await request.body()
        refuse_endless(body)
        return model.model_validate_json(body)
    except pydantic.ValidationError as error:
        raise _as_refusal(error) from None


def _as_refusal(error: pydantic.ValidationError) -> Exception:
    found: dict[str, str] = {}
    for fault in error.errors(include_url=False, include_input=False):
        if fault["type"] == "json_invalid":
            return UnreadableBody()
        context_error = (fault.get("ctx") or {}).get("error")
        if isinstance(context_error, NulByte):
            return context_error.refusal()
        found.setdefault(".".join(str(step) for step in fault["loc"]), fault["msg"])
    return InvalidPayload(found)


def required_apikey(apikey: str | None) -> str:
    """The key, or the parser's refusal: 400 and not 401 where the header is missing (generation.md §1.3)."""
    if not apikey:
        raise InvalidPayload({"apikey": "Missing required parameter in the HTTP headers"})
    return apikey


def json_response(body: bytes, status: int = 200) -> Response:
    """A ready JSON body."""
    return Response(body, status, media_type=JSON_TYPE)


def body_documentation(model: type[pydantic.BaseModel], **headers: str) -> dict[str, Any]:
    """`openapi_extra` of a route that reads its body, and perhaps headers, itself: name and description of each.

    `openapi.describe` moves the schema where it belongs.
    """
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"requestBody": body, **parameter_documentation("header", **headers)}


def parameter_documentation(place: str, **descriptions: str) -> dict[str, Any]:
    """`openapi_extra` for parameters that a route reads itself, of the `path` or a `header`; `_` stands for `-`."""
    parameters = [
        {
            "name": name.replace("_", "-"),
            "in": place,
            "required": place == "path",
            "description": description,
            "schema": {"type": "string"},
        }
        for name, description in descriptions.items()
    ]
    return {"parameters": parameters} if parameters else {}
