"""The conversation in a hand-out of text, read piece by piece, and its pictures fetched."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from horde_worker.backends.text import Conversation
from horde_worker.kinds.hand_out import UnusableJob
from horde_worker.kinds.sources import SourceFailure, SourceFetcher
from horde_worker.tolerance import finite_number

if TYPE_CHECKING:
    from PIL import Image

MOST_MESSAGES: Final = 2048
MOST_CHARACTERS: Final = 30_000_000
"""Of all messages, as JSON: some pictures may be in them."""
MOST_TOOLS: Final = 128
MOST_TOOL_CHARACTERS: Final = 512 * 1024
MOST_SCHEMA_CHARACTERS: Final = 256 * 1024
MOST_PICTURES: Final = 8
MOST_LOGPROBS: Final = 20
JPEG_QUALITY: Final = 92
_ROLES: Final = frozenset({"system", "developer", "user", "assistant", "tool", "function"})


def conversation_of(payload: Mapping[str, Any], ids: tuple[str, ...]) -> Conversation | None:
    """The conversation; None where there is none. Raises `UnusableJob` for one that makes no sense.

    Nothing of it is left out in silence: a horde hands it only to workers that declared what it needs.
    """
    messages = payload.get("messages")
    pictures = payload.get("images")
    if not messages and not pictures:
        return None
    if not messages:
        messages = [{"role": "user", "content": _with_pictures(payload.get("prompt"), pictures)}]
    _check(messages, MOST_MESSAGES, MOST_CHARACTERS, "messages", ids)
    if not all(isinstance(role := one.get("role"), str) and role in _ROLES for one in messages):
        raise UnusableJob("a message has no role", ids)
    tools = payload.get("tools") or []
    _check(tools, MOST_TOOLS, MOST_TOOL_CHARACTERS, "tools", ids)
    schema = payload.get("json_schema")
    if schema is not None and (not isinstance(schema, Mapping) or len(json.dumps(schema)) > MOST_SCHEMA_CHARACTERS):
        raise UnusableJob("the JSON schema makes no sense", ids)
    choice = payload.get("tool_choice")
    wanted = payload.get("response_format")
    count = sum(1 for _ in _picture_parts(messages))
    if count > MOST_PICTURES:
        raise UnusableJob(f"{count} pictures are more than {MOST_PICTURES}", ids)
    return Conversation(
        messages=tuple(messages),
        continues=payload.get("continue") is True,
        tools=tuple(tools),
        tool_choice=choice if isinstance(choice, str | Mapping) else None,
        parallel_tool_calls=payload["parallel_tool_calls"]
        if isinstance(payload.get("parallel_tool_calls"), bool)
        else None,
        wants_json=isinstance(wanted, Mapping) and wanted.get("type") == "json_object",
        json_schema=schema,
        logprobs=_logprobs(payload.get("logprobs")),
        has_pictures=count > 0,
    )


async def with_pictures(conversation: Conversation, sources: SourceFetcher) -> Conversation | SourceFailure:
    """The conversation with its pictures in it, so that no program has to fetch what strangers name.

    All become PNG or JPEG, which every program knows; or why one of them cannot be had.
    """
    parts = list(_picture_parts(conversation.messages))
    fetched = await asyncio.gather(*(sources.fetched(_address(part)) for part in parts))
    shown: dict[int, dict[str, Any]] = {}
    for part, picture in zip(parts, fetched, strict=True):
        if isinstance(picture, SourceFailure):
            return picture
        address = await asyncio.to_thread(_data_address, picture)
        shown[id(part)] = {"type": "image_url", "image_url": {"url": address}}
    return replace(conversation, messages=tuple(_shown(message, shown) for message in conversation.messages))


def _shown(message: Mapping[str, Any], shown: Mapping[int, dict[str, Any]]) -> Mapping[str, Any]:
    content = message.get("content")
    if not isinstance(content, list):
        return message
    return {**message, "content": [shown.get(id(part), part) for part in content]}


def _check(found: object, most: int, most_characters: int, name: str, ids: tuple[str, ...]) -> None:
    is_list = isinstance(found, list) and all(isinstance(one, Mapping) for one in found)
    if not is_list or len(found) > most or len(json.dumps(found)) > most_characters:  # type: ignore[arg-type]
        raise UnusableJob(f"the {name} make no sense or are too many", ids)


def _picture_parts(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [
        part
        for message in messages
        for part in (message["content"] if isinstance(message.get("content"), list) else ())
        if isinstance(part, Mapping) and part.get("type") == "image_url"
    ]


def _address(part: Mapping[str, Any]) -> str:
    named = part.get("image_url")
    found = named.get("url") if isinstance(named, Mapping) else named
    return found if isinstance(found, str) else ""


def _with_pictures(prompt: object, pictures: object) -> list[dict[str, Any]]:
    """A prompt with pictures beside it, as one message."""
    addresses = [one for one in pictures if isinstance(one, str)] if isinstance(pictures, list) else []
    shown = [{"type": "image_url", "image_url": {"url": one}} for one in addresses]
    return [*shown, {"type": "text", "text": prompt if isinstance(prompt, str) else ""}]


def _logprobs(said: object) -> int | None:
    """How many others are to be told; true is none of them."""
    if said is True:
        return 0
    number = finite_number(said, None)
    return None if number is None else int(min(max(number, 0), MOST_LOGPROBS))


def _data_address(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    is_clear = picture.mode == "RGBA"
    picture.save(buffer, **({"format": "PNG"} if is_clear else {"format": "JPEG", "quality": JPEG_QUALITY}))
    return f"data:image/{'png' if is_clear else 'jpeg'};base64,{base64.b64encode(buffer.getvalue()).decode()}"
