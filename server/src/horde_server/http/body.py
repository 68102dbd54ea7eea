"""Reading request bodies and sending ready ones: the order of checks of basics.md §3.1."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, TypeVar

import pydantic
import pydantic_core
from fastapi import Request, Response

from horde_server.errors import BadRequest, InvalidPayload, NulByteInPayload, UnreadableBody
from horde_server.http.client_agent import MOST_AGENT_CHARACTERS
from horde_server.http.fault_words import NOTHING, in_words, kind_of
from horde_server.http.parameters import MOST_KEY_CHARACTERS, MOST_NAME_CHARACTERS
from horde_server.http.unread_bodies import mended, refuse_media_type, why_unread
from horde_server.http.wire_types import NulByte

Model = TypeVar("Model", bound=pydantic.BaseModel)

JSON_TYPE = "application/json; charset=utf-8"
MOST_COMMAS = 40_000
"""Between the values of a body, which bounds how many it has: ten million take seconds to read, in which nobody else is
served. A worker that offers as many models, words and prompts as are read has less."""
_MOST_CHARACTERS = {"apikey": MOST_KEY_CHARACTERS, "Client_Agent": MOST_AGENT_CHARACTERS}
_QUOTES_PER_COMMA = 4
"""A body of more texts than this would take long to take apart."""
_MOST_TAKEN_APART_BYTES = 8 * 1024 * 1024
"""Prompts have commas too: as large as the longest prompt, with each character escaped."""
_MOST_REPEATED_BYTES = 1024 * 1024
"""Of larger bodies no value is told with its fault: they would be read a second time for it."""
_WRITTEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


def refuse_endless(body: bytes, most_commas: int = MOST_COMMAS) -> None:
    """Raises `BadRequest` when a body has so many values that nobody can mean it; commas in texts do not count."""
    if len(body) <= most_commas or body.count(b",") <= most_commas:
        return
    is_plain = len(body) <= _MOST_TAKEN_APART_BYTES and body.count(b'"') <= _QUOTES_PER_COMMA * most_commas
    if not is_plain or _WRITTEN.sub(b"", body).count(b",") > most_commas:
        raise BadRequest(f"The body has more than {most_commas} commas: send less values at once.")


async def read_body(request: Request, model: type[Model], *, most_commas: int = MOST_COMMAS) -> Model:
    """The body as `model`. Raises `UnreadableBody` (no JSON object) or `InvalidPayload` with the faults by path."""
    refuse_media_type(request.headers)
    body = await request.body()
    refuse_endless(body, most_commas)
    try:
        return model.model_validate_json(body)
    except pydantic.ValidationError as error:
        fault = error
    if _unread_reason(fault) is not None and (better := mended(body)) is not None:
        try:
            return model.model_validate_json(better)
        except pydantic.ValidationError as error:
            fault, body = error, better
    raise _as_refusal(fault, body, request.headers.get("content-encoding", "")) from None


def read_free_json(body: bytes) -> Any:
    """Any JSON value, of a body without a schema. Raises `ValueError` with what the reader says."""
    try:
        return pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError:
        better = mended(body)
        if better is None:
            raise
        return pydantic_core.from_json(better, allow_inf_nan=False)


def _unread_reason(error: pydantic.ValidationError) -> str | None:
    """What the reader of JSON says; None when it had nothing to say."""
    if error.error_count() != 1:
        return None
    fault = error.errors(include_url=False, include_input=False)[0]
    return str(fault["ctx"]["error"]) if fault["type"] == "json_invalid" else None


def _as_refusal(error: pydantic.ValidationError, body: bytes, content_encoding: str) -> Exception:
    if (reason := _unread_reason(error)) is not None:
        return UnreadableBody(why_unread(body, reason, content_encoding))
    given = pydantic_core.from_json(body) if len(body) <= _MOST_REPEATED_BYTES else NOTHING
    found: dict[str, str] = {}
    for fault in error.errors(include_url=False, include_input=False):
        context = fault.get("ctx") or {}
        if isinstance(context.get("error"), NulByte):
            return NulByteInPayload()
        if not fault["loc"]:
            return UnreadableBody(f"It is {kind_of(given)}." if given is not NOTHING else "It is no object.")
        value = _value_at(given, fault["loc"])
        path = ".".join(str(step) for step in fault["loc"])
        found.setdefault(path, in_words(fault["type"], context, value, fault["msg"]))
    return InvalidPayload(found)


def _value_at(given: Any, path: tuple[int | str, ...]) -> object:
    """What stands at a path of a body; `NOTHING` where nothing does."""
    for step in path:
        try:
            given = given[step]
        except (KeyError, IndexError, TypeError):
            return NOTHING
    return given


def required_apikey(apikey: str | None) -> str:
    """The key, or the parser's refusal: 400 and not 401 where the header is missing (basics.md §2.1).

    An empty one is a key that nobody has.
    """
    if apikey is None:
        raise InvalidPayload({"apikey": "Missing required parameter in the HTTP headers"})
    if len(apikey) > MOST_KEY_CHARACTERS:
        raise InvalidPayload({"apikey": f"must have at most {MOST_KEY_CHARACTERS} characters"})
    return apikey


def json_response(body: bytes, status: int = 200) -> Response:
    """A ready JSON body."""
    return Response(body, status, media_type=JSON_TYPE)


def body_documentation(model: type[pydantic.BaseModel], **headers: str) -> dict[str, Any]:
    """`openapi_extra` of a route that reads its body, and perhaps headers, itself: name and description of each.

    `openapi.describe` moves the schema where it belongs.
    """
    schema = json.loads(_schema_text(model))
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"requestBody": body, **parameter_documentation("header", **headers)}


@cache
def _schema_text(model: type[pydantic.BaseModel]) -> str:
    """The schema of a body, as text: whoever finishes the document changes what is read from it."""
    return json.dumps(model.model_json_schema(ref_template="#/components/schemas/{model}"))


def parameter_documentation(place: str, **descriptions: str) -> dict[str, Any]:
    """`openapi_extra` for parameters that a route reads itself, of the `path` or a `header`; `_` stands for `-`."""
    parameters = [
        {
            "name": name.replace("_", "-"),
            "in": place,
            "required": place == "path",
            "description": description,
            "schema": {"type": "string", "maxLength": _MOST_CHARACTERS.get(name, MOST_NAME_CHARACTERS)},
        }
        for name, description in descriptions.items()
    ]
    return {"parameters": parameters} if parameters else {}
