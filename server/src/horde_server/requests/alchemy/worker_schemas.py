"""The wire shapes of `POST /interrogate/pop` and `/submit` (alchemy-and-operations.md §1.6, §1.7)."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pydantic_core
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from horde_server.dispatch.schemas import INT32_MAX, Wire
from horde_server.errors import InvalidPayload
from horde_server.http.body import refuse_endless
from horde_server.http.wire_types import RawStr, WireInt, WireStr
from horde_server.requests.alchemy.forms import FormName
from horde_server.requests.alchemy.submissions import FormSubmit


class AlchemyPop(Wire):
    """An alchemist asks for forms. Defaults are effective; what the schema says of `max_tiles` is not."""

    model_config = ConfigDict(title="InterrogationPopInput")

    name: Annotated[RawStr, Field(max_length=1000)]
    forms: Annotated[list[FormName], Field(max_length=1000, default_factory=list)]
    amount: Annotated[WireInt, Field(ge=-INT32_MAX, le=INT32_MAX)] = 1
    bridge_agent: Annotated[RawStr, Field(max_length=1000)] = "unknown:0:unknown"
    threads: Annotated[WireInt, Field(ge=1, le=100)] = 1
    max_tiles: Annotated[WireInt, Field(ge=1, le=256)] = 80
    priority_usernames: Annotated[
        list[Annotated[WireStr, Field(max_length=255)]], Field(max_length=1000, default_factory=list)
    ]


class AlchemySubmit(BaseModel):
    """An alchemist delivers a form, or reports that it could not. For the documentation: see `read_submit`."""

    model_config = ConfigDict(title="InterrogationSubmit")

    id: str
    result: dict[str, Any]
    state: str = "ok"


async def read_submit(request: Request) -> FormSubmit:
    """The body of a submit. It has no schema: what is no JSON object has no fields (§1.7). Raises `InvalidPayload`."""
    try:
        raw = await request.body()
        refuse_endless(raw)
        body = pydantic_core.from_json(raw, allow_inf_nan=False)
    except ValueError:
        body = None
    fields = body if isinstance(body, dict) else {}
    result, state = fields.get("result"), fields.get("state", "ok")
    errors: dict[str, str] = {}
    if not isinstance(fields.get("id"), str):
        errors["id"] = "The form's id is missing"
    if not isinstance(result, dict):
        errors["result"] = "The result is missing: an object, also where the form failed"
    if not isinstance(state, str):
        errors["state"] = "must be text"
    if not errors:
        try:
            return FormSubmit(fields["id"], json.dumps(result, allow_nan=False, separators=(",", ":")), state)
        except ValueError:  # 1e999 is read as infinity, which JSON cannot say
            errors["result"] = "The result has a number that is too large"
    raise InvalidPayload(errors)
