"""Forms that browsers send, read as the bodies of the API are."""

from __future__ import annotations

from typing import Final, TypeVar
from urllib.parse import parse_qsl

import pydantic
from fastapi import Request

from horde_server.errors import BadRequest, InvalidPayload, NulByteInPayload
from horde_server.http.body import read_body
from horde_server.http.fault_words import in_words
from horde_server.http.wire_types import NulByte

Model = TypeVar("Model", bound=pydantic.BaseModel)

MOST_FIELDS: Final = 20
MOST_BYTES: Final = 16 * 1024
_FORM: Final = "application/x-www-form-urlencoded"


async def read_form_or_json(request: Request, model: type[Model]) -> Model:
    """The body as `model`, from a form's fields or from JSON. Raises what `read_body` raises."""
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != _FORM:
        return await read_body(request, model)
    body = await request.body()
    if len(body) > MOST_BYTES:
        raise BadRequest(f"A form has at most {MOST_BYTES} bytes.")
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise BadRequest(f"This is no form in UTF-8 with at most {MOST_FIELDS} fields.") from None
    try:
        return model.model_validate(dict(fields))
    except pydantic.ValidationError as error:
        faults = error.errors(include_url=False)
    if any(isinstance((fault.get("ctx") or {}).get("error"), NulByte) for fault in faults):
        raise NulByteInPayload
    raise InvalidPayload(
        {
            ".".join(map(str, fault["loc"])): in_words(fault["type"], fault.get("ctx") or {}, message=fault["msg"])
            for fault in faults
        }
    )
