"""The wire shapes of `POST /interrogate/pop` and `/submit` (alchemy.md §6, §7.4)."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from horde_server.dispatch.schemas import INT32_MAX, Wire
from horde_server.errors import InvalidPayload
from horde_server.http.body import read_free_json, refuse_endless
from horde_server.http.examples import EXAMPLE_ID
from horde_server.http.fault_words import kind_of
from horde_server.http.unread_bodies import why_unread
from horde_server.http.wire_types import Items, RawText, Text, Whole, empty
from horde_server.requests.alchemy.submissions import FormSubmit
from horde_server.requests.alchemy.vocabulary import FormName

MOST_COMMAS_OF_DRAWINGS = 550_000
"""The longest drawing of an alchemist, pairs of numbers in a MiB of text, has less."""
MOST_ID_CHARACTERS = 255
MOST_RESULT_KEYS = 1000


class AlchemyPop(Wire):
    """An alchemist asks for forms. Defaults are effective; what the schema says of `max_tiles` is not."""

    model_config = ConfigDict(
        title="InterrogationPopInput",
        extra="allow",
        json_schema_extra={
            "example": {
                "name": "my first alchemist",
                "forms": ["palette"],
                "bridge_agent": "my program:1.0:https://example.org",
            }
        },
    )

    name: Annotated[str, RawText(1000)]
    forms: Annotated[list[FormName], Items(1000)] = empty(list)
    amount: Annotated[int, Whole(-INT32_MAX, INT32_MAX)] = 1
    bridge_agent: Annotated[str, RawText(1000)] = "unknown:0:unknown"
    threads: Annotated[int, Whole(1, 100)] = 1
    max_tiles: Annotated[int, Whole(1, 256)] = 80
    priority_usernames: Annotated[list[Annotated[str, Text(255)]], Items(1000)] = empty(list)


class AlchemySubmit(BaseModel):
    """An alchemist delivers a form, or reports that it could not. For the documentation: see `read_submit`."""

    model_config = ConfigDict(
        title="InterrogationSubmit",
        json_schema_extra={"example": {"id": EXAMPLE_ID, "result": {"palette": ["#c81e1e", "#ffffff"]}, "state": "ok"}},
    )

    id: Annotated[str, RawText(MOST_ID_CHARACTERS)]
    result: dict[str, Any] = Field(max_length=MOST_RESULT_KEYS)
    state: Annotated[str, RawText(MOST_ID_CHARACTERS)] = "ok"


def read_submit(raw: bytes, content_encoding: str) -> FormSubmit:
    """The body of a submit, without a schema: no JSON object, no fields (alchemy.md §7.1). Raises `InvalidPayload`."""
    refuse_endless(raw, MOST_COMMAS_OF_DRAWINGS)
    try:
        body = read_free_json(raw)
        unread = "" if isinstance(body, dict) else f": the body is {kind_of(body)}, and no object"
    except ValueError as error:
        body = None
        reason = why_unread(raw, str(error), content_encoding)
        unread = f": the body could not be read. {reason.removesuffix('.')}"
    fields = body if isinstance(body, dict) else {}
    form_id, result, state = fields.get("id"), fields.get("result"), fields.get("state", "ok")
    errors: dict[str, str] = {}
    if not isinstance(form_id, str):
        errors["id"] = f"The form's id is missing{unread}"
    elif len(form_id) > MOST_ID_CHARACTERS:
        errors["id"] = f"must have at most {MOST_ID_CHARACTERS} characters"
    if not isinstance(result, dict):
        errors["result"] = "The result is missing: an object, also where the form failed"
    elif len(result) > MOST_RESULT_KEYS:
        errors["result"] = f"must have at most {MOST_RESULT_KEYS} names"
    if not isinstance(state, str):
        errors["state"] = "must be text"
    elif len(state) > MOST_ID_CHARACTERS:
        errors["state"] = f"must have at most {MOST_ID_CHARACTERS} characters"
    if not errors:
        try:
            return FormSubmit(str(form_id), json.dumps(result, allow_nan=False, separators=(",", ":")), str(state))
        except ValueError:  # 1e999 is read as infinity, which JSON cannot say
            errors["result"] = "The result has a number that is too large"
    raise InvalidPayload(errors)
