"""The wire shape of `POST /interrogate/async` (alchemy-and-operations.md §1.2). Every default is the effective one."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

from horde_server.dispatch.schemas import Wire
from horde_server.http.wire_types import NulByte, WireStr
from horde_server.requests.alchemy.forms import FormName

MOST_FORMS = 1000
"""In one body; of those with the same name only the first is kept."""
MAX_PAYLOAD_BYTES = 16 * 1024
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def encode_payload(payload: dict[str, Any]) -> bytes:
    """The payload as JSON, as stored and handed out; raises ValueError for what JSON cannot say."""
    return json.dumps(payload, allow_nan=False, separators=(",", ":")).encode()


def _storable(payload: dict[str, Any]) -> dict[str, Any]:
    encoded = encode_payload(payload)
    if len(encoded) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"a payload has at most {MAX_PAYLOAD_BYTES} bytes as JSON")
    if _NUL.search(encoded.decode()):
        raise NulByte("text must not contain NUL characters")
    return payload


class InterrogationForm(Wire):
    """What is to be done with the picture; the payload goes to the alchemist as it is."""

    model_config = ConfigDict(title="ModelInterrogationFormStable")

    name: FormName
    payload: Annotated[dict[str, Any], AfterValidator(_storable), Field(default_factory=dict)]


class InterrogationRequest(Wire):
    """The body of `POST /interrogate/async`."""

    model_config = ConfigDict(title="ModelInterrogationInputStable")

    source_image: WireStr
    forms: Annotated[list[InterrogationForm], Field(min_length=1, max_length=MOST_FORMS)]
    slow_workers: bool = True
    trusted_workers: bool = False
    webhook: Annotated[WireStr, Field(min_length=10, max_length=1024)] = ""
