"""What is told of messages to workers (workers.md §12)."""

from __future__ import annotations

from pydantic import Field

from horde_server.http.answers import Answer


class ResponseModelMessage(Answer):
    """A message to workers, as its author, its addressees' owner and moderators see it. Without addressees: to all."""

    id: str
    message: str
    origin: str
    expiry: str
    created: str
    user_id: str
    worker_id: str = ""
    worker_ids: list[str] = Field([])
    worker_type: str = ""


class ResponseModelMessagePop(Answer):
    """A message, as workers are told it."""

    id: str
    message: str
    origin: str = ""
    expiry: str
