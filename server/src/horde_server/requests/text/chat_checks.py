"""What a conversation may have in it, whichever dialect read it (capabilities.md §2)."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from horde_server.errors import HordeError
from horde_server.requests.text import refusals
from horde_server.requests.text.chat import Chat

MOST_MESSAGES: Final = 2048
MOST_MESSAGES_BYTES: Final = 4 * 1024 * 1024
"""As JSON, without the pictures: the longest prompt that is taken, each character of four bytes."""
MOST_PICTURES: Final = 8
MOST_TOOLS: Final = 128
MOST_TOOLS_BYTES: Final = 128 * 1024
MOST_SCHEMA_BYTES: Final = 64 * 1024
MOST_TOP_LOGPROBS: Final = 20
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_ROLES: Final = frozenset({"system", "developer", "user", "assistant", "tool", "function"})


def check_chat(chat: Chat) -> None:
    """Raises `InvalidMessages`, `InvalidTools`, `InvalidSchema`."""
    _check_messages(chat)
    if len(chat.tools) > MOST_TOOLS:
        raise refusals.InvalidTools(f"There are too many functions: at most {MOST_TOOLS}.")
    if _bytes_of([chat.tools, chat.tool_choice], refusals.InvalidTools) > MOST_TOOLS_BYTES:
        raise refusals.InvalidTools(f"The functions are too long: at most {MOST_TOOLS_BYTES} bytes as JSON.")
    if chat.json_schema is not None and _bytes_of(chat.json_schema, refusals.InvalidSchema) > MOST_SCHEMA_BYTES:
        raise refusals.InvalidSchema(f"The JSON schema is too long: at most {MOST_SCHEMA_BYTES} bytes as JSON.")
    if chat.logprobs is not None and not 0 <= chat.logprobs <= MOST_TOP_LOGPROBS:
        raise refusals.InvalidMessages(f"There are at most {MOST_TOP_LOGPROBS} alternatives told of each token.")


def _check_messages(chat: Chat) -> None:
    if not 1 <= len(chat.messages) <= MOST_MESSAGES:
        raise refusals.InvalidMessages(f"There must be 1 to {MOST_MESSAGES} messages.")
    if any(message.get("role") not in _ROLES for message in chat.messages):
        raise refusals.InvalidMessages(f"Each message needs a role, one of {', '.join(sorted(_ROLES))}.")
    pictures = chat.pictures()
    if len(pictures) > MOST_PICTURES:
        raise refusals.InvalidMessages(f"There are too many pictures: at most {MOST_PICTURES} in all messages.")
    if not all(pictures):
        raise refusals.InvalidMessages("Each picture needs its `url`: a `data:` URI, or an address.")
    if _bytes_of(chat.with_kept_pictures().messages, refusals.InvalidMessages) > MOST_MESSAGES_BYTES:
        raise refusals.InvalidMessages(f"The messages are too long: at most {MOST_MESSAGES_BYTES} bytes as JSON.")


def _bytes_of(found: Any, refusal: type[HordeError]) -> int:
    """Size as JSON. Raises the refusal where JSON cannot say it, or a database not keep it: NULs, halves of pairs."""
    try:
        encoded = msgspec.json.encode(found)
    except (TypeError, ValueError, RecursionError):
        raise refusal("There is something in it that JSON cannot say.") from None
    if _NUL.search(encoded):
        raise refusal("Text must not contain NUL characters.")
    return len(encoded)
