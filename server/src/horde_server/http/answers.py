"""What every model of an answer shares, and the answers that every route may give.

Models of answers document: routes encode ready bytes themselves and name the model as `response_model`, which FastAPI
does not apply to a `Response`. Their names are those of the original's definitions; fields with a default may be
absent. The contract tests hold real answers against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """A JSON object that this server sends; clients must bear fields they do not know."""

    model_config = ConfigDict(extra="allow")


class RequestError(Answer):
    """A refusal: what is wrong in words, and a return code for programs."""

    message: str
    rc: str = ""
    errors: dict[str, str] = {}


class SimpleResponse(Answer):
    """It is done."""

    message: str = "OK"


def add_warnings(answer: dict[str, Any], warnings: Mapping[str, str]) -> None:
    """Add warnings, sentences by code, to an answer, beside those that it has."""
    if warnings:
        told = [{"code": code, "message": text} for code, text in warnings.items()]
        answer["warnings"] = [*answer.get("warnings", ()), *told]


_REFUSALS = {
    400: "The input is wrong: `errors` names the fields, or `rc` the rule.",
    401: "The API key belongs to nobody.",
    403: "Not allowed.",
    404: "There is no such thing.",
    405: "There is no such method at this address.",
    408: "The request arrived too slowly.",
    409: "Somebody was first: it is otherwise by now.",
    413: "The body is too large.",
    414: "The address is too long.",
    429: "Too many requests: wait for `Retry-After` seconds.",
    431: "The headers are too many, or too long.",
    503: "Not available for the moment: try again.",
}
_ALWAYS = (400, 408, 414, 429, 431, 503)


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route: refusals every route may give, and those of this one."""
    return {
        status: {"model": RequestError, "description": _REFUSALS[status]} for status in sorted({*_ALWAYS, *statuses})
    }
