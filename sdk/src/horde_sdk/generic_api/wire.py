"""The wire format: from a request object to bytes, and from bytes to a response object."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar, cast
from urllib.parse import quote

from pydantic import ValidationError

from horde_sdk.client_agent import default_bridge_agent_string
from horde_sdk.consts import ANON_API_KEY
from horde_sdk.exceptions import PayloadValidationError, reasons_in_words
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    HordeRequest,
    HordeResponseTypes,
    RequestErrorResponse,
)
from horde_sdk.generic_api.endpoints import url_with_path
from horde_sdk.generic_api.metadata import GenericHeaderFields, GenericPathFields, GenericQueryFields
from horde_sdk.generic_api.retries import seconds_of
from horde_sdk.generic_api.steps import Answer, Exchange

ResponseT = TypeVar("ResponseT", bound=HordeResponseTypes)

_LONGEST_TARGET_CHARACTERS = 200
_AUDIT_REASON = "audit_reason"
"""The field of requests that say why something is changed, where the horde records it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a client adds to each of its requests."""

    apikey: str | None = None
    base_url: str | None = None
    client_agent: str = default_bridge_agent_string
    header_fields: type[GenericHeaderFields] = GenericHeaderFields
    path_fields: type[GenericPathFields] = GenericPathFields
    query_fields: type[GenericQueryFields] = GenericQueryFields


def to_exchange(request: HordeRequest, caller: Caller) -> Exchange:
    """Return the HTTP request for `request`: only what was set explicitly is sent, apart from query values.

    Raises:
        RuntimeError: A GET would need a body, or the path is not complete.
        ValueError: The base URL is none.
    """
    path, in_path = _path(request, caller.path_fields)
    query, in_query = _query(request, caller)
    content = request.model_dump(
        mode="json",
        by_alias=True,
        exclude_none=True,
        exclude_unset=True,
        exclude={*caller.header_fields, _AUDIT_REASON, *in_path, *in_query},
    )
    method = request.get_http_method()
    if content and method == "GET":
        raise RuntimeError(f"{type(request).__name__} is a GET and cannot send {', '.join(sorted(content))}")
    headers = _headers(request, caller)
    if content:
        headers["Content-Type"] = "application/json"
    return Exchange(
        method=method,
        url=url_with_path(base_url=caller.base_url or request.get_api_url(), path=path),
        headers=headers,
        query=query,
        body=json.dumps(content, separators=(",", ":")).encode() if content else None,
        secret=_in_path(getattr(request, "sharedkey_id", None)) if "sharedkey_id" in in_path else None,
    )


def _in_path(value: object) -> str:
    return quote(str(value), safe="")


def _path(request: HordeRequest, path_fields: type[GenericPathFields]) -> tuple[str, set[str]]:
    path: str = request.get_api_endpoint_subpath()
    used = set()
    for name, placeholder in _names(path_fields):
        value = getattr(request, name, None)
        if value is not None and f"{{{placeholder}}}" in path:
            path = path.replace(f"{{{placeholder}}}", _in_path(value))
            used.add(name)
    if "{" in path:
        raise RuntimeError(f"{type(request).__name__} does not say what {path} is about")
    return path, used


def _query(request: HordeRequest, caller: Caller) -> tuple[dict[str, str], set[str]]:
    # The ratings API lists `client_agent` among its query fields too; a header stays a header.
    names = {name: text for name, text in _names(caller.query_fields) if name not in caller.header_fields.__members__}
    fields = {name for name in names if name in type(request).model_fields} | set(request.get_query_fields())
    values = {field: getattr(request, field) for field in fields}
    return {
        names.get(field, field.rstrip("_")): _query_text(value)
        for field, value in sorted(values.items())
        if value is not None
    }, fields


def _query_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _names(fields: Iterable[StrEnum]) -> list[tuple[str, str]]:
    return [(field.name, field.value) for field in fields]


def _headers(request: HordeRequest, caller: Caller) -> dict[str, str]:
    says_who = "client_agent" in request.model_fields_set
    headers = {
        "accept": str(request.accept),
        "Client-Agent": request.client_agent if says_who else caller.client_agent,
    }
    if isinstance(request, APIKeyAllowedInRequestMixin):
        key = (request.apikey or caller.apikey or "").strip() or ANON_API_KEY  # as pasted, or read from a file
        # Where a key is optional, anonymous callers need none, and some endpoints refuse all keys but moderators'.
        if key != ANON_API_KEY or request.is_api_key_required():
            headers["apikey"] = key
    if reason := getattr(request, _AUDIT_REASON, None):
        headers["Audit-Reason"] = str(reason)
    return headers


def to_response(answer: Answer, expected: type[ResponseT]) -> ResponseT | RequestErrorResponse:
    """Return the answer as `expected`, or as an error answer where it is one or cannot be understood.

    Raises:
        PayloadValidationError: The server lists what is wrong with the payload.
    """
    if 300 <= answer.status < 400:
        elsewhere = (answer.header("Location") or "nowhere")[:_LONGEST_TARGET_CHARACTERS]
        return _error(
            answer,
            message=f"The horde answered HTTP {answer.status} and points to {elsewhere}: not followed. "
            "If that is where your horde is now, give that address.",
            object_data={"location": elsewhere},
        )
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        return _error(
            answer,
            message=f"The horde answered HTTP {answer.status} with something that is not JSON.",
            object_data={"raw_response": answer.body[:2000].decode(errors="replace")},
        )
    if answer.status >= 400:
        return _error_of(answer, content)
    try:
        return cast(ResponseT, expected.model_validate(content))
    except ValidationError as problem:
        return _error(
            answer,
            message=f"The horde's answer is not {with_article(expected)}: {_misfits(problem)}.",
            object_data={"exception": problem, "raw_response": content},
        )


def with_article(kind: type) -> str:
    """Return a class as a sentence names it."""
    return f"{'an' if kind.__name__[0] in 'AEIO' else 'a'} {kind.__name__}"


def _misfits(problem: ValidationError) -> str:
    """Name the fields that do not fit; their values are the horde's and may be private."""
    return reasons_in_words(
        (".".join(map(str, one["loc"])) or "the whole", one["msg"]) for one in problem.errors(include_input=False)
    )


def _error_of(answer: Answer, content: object) -> RequestErrorResponse:
    if not isinstance(content, dict):
        content = {"object_data": {"raw_response": content}}
    message = str(content.get("message") or f"The horde answered HTTP {answer.status}.")
    known = {key: value for key, value in content.items() if key != "message"}
    if not isinstance(known.get("rc", ""), str):
        known.pop("rc")
    error = _error(answer, message=message, **known)
    if isinstance(content.get("errors"), dict):
        raise PayloadValidationError(content["errors"], message, error_response=error)
    return error


def _error(answer: Answer, **fields: object) -> RequestErrorResponse:
    error = RequestErrorResponse.model_construct(**{"message": "", **fields})  # type: ignore[arg-type]
    retry_after_s = seconds_of(answer.header("Retry-After")) if answer.status >= 400 else 0.0
    error.note_http(answer.status, retry_after_s)
    return error
