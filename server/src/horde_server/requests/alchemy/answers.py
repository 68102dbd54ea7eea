"""What requesters and alchemists are told (alchemy.md §1)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from horde_server.http.answers import Answer
from horde_server.requests.answers import RequestSingleWarning
from horde_server.workers.messages.answers import ResponseModelMessagePop


class RequestInterrogationResponse(Answer):
    """An accepted interrogation."""

    id: str
    message: str = ""
    warnings: list[RequestSingleWarning] = Field([])


class InterrogationFormStatus(Answer):
    """A form; its result, by the form's name, once there is one: words, an object, or a picture's address."""

    form: str
    state: str
    result: dict[str, Any] = Field({})


class InterrogationStatus(Answer):
    """How far an interrogation is, its forms as they were asked for."""

    state: str
    forms: list[InterrogationFormStatus]


class InterrogationPopFormPayload(Answer):
    """A form to work on."""

    id: str
    form: str
    payload: dict[str, Any] = Field({})
    source_image: str
    r2_upload: str = ""


class NoValidInterrogationsFound(Answer):
    """Why waiting forms were not given to this alchemist, each counted once; others are absent."""

    worker_id: int = 0
    untrusted: int = 0
    bridge_version: int = 0
    recent_fault: int = 0


class InterrogationPopPayload(Answer):
    """Forms for one alchemist; null where there are none."""

    forms: list[InterrogationPopFormPayload] | None
    skipped: NoValidInterrogationsFound
    messages: list[ResponseModelMessagePop] = Field([])
