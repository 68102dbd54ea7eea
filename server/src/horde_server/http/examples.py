"""Examples for the API's page, where they are executed as they stand: each does something, or says what is missing."""

from __future__ import annotations

from typing import Any

from pydantic import Field

ANONYMOUS_KEY = "0000000000"
EXAMPLE_ID = "00000000-0000-0000-0000-000000000000"
EXAMPLE_PICTURE = (  # a red square on white
    "iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQMAAACQp+OdAAAABlBMVEX////IHh7kMBY6AAAAHklEQVR42mNgGFyAkYHhPwMDAyMDE0xklIHM"
    "GGwAAPa7AUAn7aGOAAAAAElFTkSuQmCC"
)
PARAMETER_EXAMPLES = {
    "apikey": ANONYMOUS_KEY,
    "id": EXAMPLE_ID,
    "user_id": "1",
    "worker_id": EXAMPLE_ID,
    "worker_name": "my first worker",
    "model_name": "stable_diffusion",
    "filter_id": "1",
    "invitation_id": EXAMPLE_ID,
    "entry_id": "1",
    "ban_id": "1",
    "report_id": "1",
    "news_id": "1",
    "document_name": "terms",
    "team_id": EXAMPLE_ID,
    "message_id": EXAMPLE_ID,
    "key_id": "1",
    "sharedkey_id": EXAMPLE_ID,
    "ipaddr": "192.0.2.7",
}
"""By name. Those that are required; a key besides, which whoever pressed Authorize replaces by his."""


def shown_as(example: str) -> Any:
    """A field's example in the document."""
    return Field(json_schema_extra={"example": example})
