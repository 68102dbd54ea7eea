"""Conversations for Ollama's `/api/chat`, which has its own form of messages; its answers as OpenAI's API has them."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final

from horde_worker.backends.events import BackendGone
from horde_worker.backends.mapping import ByWorker, Mapped, Neutral, Sent, Unsupported
from horde_worker.backends.over_http.server import BackendServer
from horde_worker.backends.text_servers.chat import Answered, ChatEnding, Said
from horde_worker.backends.text_servers.openai_chat import NOT_IN_CHATS, conversation_in
from horde_worker.backends.text_servers.streams import number_at, objects_of, text_at, value_at
from horde_worker.backends.text_servers.tables import Ask, Table, body_of

CHAT: Final = "/api/chat"
CONVERSATION: Final[dict[str, Mapped]] = {
    "messages": Sent("messages", "in Ollama's form; it writes them by its model's own template"),
    "continue": ByWorker("the prompt goes on where it ends"),
    "images": Sent("messages", "each message's own in its `images`, where the model sees"),
    "tools": Sent("tools", "none for the choice `none`"),
    "tool_choice": Neutral("Ollama's models choose themselves"),
    "parallel_tool_calls": Neutral("Ollama's models choose themselves"),
    "json_schema": Sent("format", "where that has proven itself"),
    "response_format": Sent("format"),
    "logprobs": Unsupported("not every version tells them"),
}
_PROGRAM: Final = "Ollama"


def chat_body(table: Table, ask: Ask) -> dict[str, Any]:
    """What is sent for an answer."""
    conversation = conversation_in(ask)
    body = body_of({name: row for name, row in table.items() if name not in NOT_IN_CHATS}, ask)
    body["options"]["num_ctx"] = ask.context_length
    body["messages"] = _messages(conversation.messages)
    body["stream"] = True
    if conversation.tools and conversation.tool_choice != "none":
        body["tools"] = list(conversation.tools)
    if conversation.json_schema is not None:
        body["format"] = dict(conversation.json_schema)
    elif conversation.wants_json:
        body["format"] = "json"
    if conversation.passes_through and ask.job.stop_sequences:
        body["options"]["stop"] = list(ask.job.stop_sequences)
    return body


def _messages(messages: tuple[Mapping[str, Any], ...]) -> list[dict[str, Any]]:
    called: dict[str, str] = {}
    return [_message(one, called) for one in messages]


def _message(message: Mapping[str, Any], called: dict[str, str]) -> dict[str, Any]:
    """A message in Ollama's form; `called` are the names of the functions that were called before, by their id."""
    role = str(message.get("role"))
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"type": "text", "text": content or ""}]
    found: dict[str, Any] = {
        "role": {"developer": "system", "function": "tool"}.get(role, role),
        "content": "\n".join(text_at(part, "text") for part in parts if text_at(part, "type") == "text"),
    }
    pictures = [text_at(part, "image_url", "url") for part in parts if text_at(part, "type") == "image_url"]
    if pictures:
        found["images"] = [address.partition(",")[2] for address in pictures]
    calls = message.get("tool_calls")
    if isinstance(calls, list) and calls:
        found["tool_calls"] = [_call(call) for call in calls]
        called.update({text_at(call, "id"): text_at(call, "function", "name") for call in calls})
    if name := text_at(message, "name") or called.get(text_at(message, "tool_call_id"), ""):
        found["tool_name"] = name
    return found


def _call(call: object) -> dict[str, Any]:
    try:
        arguments = json.loads(text_at(call, "function", "arguments") or "{}")
    except (ValueError, RecursionError):
        arguments = {}
    return {"function": {"name": text_at(call, "function", "name"), "arguments": arguments}}


async def ollama_answers(
    server: BackendServer, body: Mapping[str, Any], limit_s: float
) -> AsyncGenerator[Answered, None]:
    """The deltas of an answer, and its end. Calls come whole, with their arguments as an object."""
    calls = 0
    async with aclosing(objects_of(server.lines(CHAT, body, limit_s=limit_s), _PROGRAM)) as answers:
        async for answer in answers:
            delta: dict[str, Any] = {}
            if content := text_at(answer, "message", "content"):
                delta["content"] = content
            if thought := text_at(answer, "message", "thinking"):
                delta["reasoning_content"] = thought
            made = value_at(answer, "message", "tool_calls")
            if isinstance(made, list) and made:
                delta["tool_calls"] = [_made_call(call, calls + place) for place, call in enumerate(made)]
                calls += len(made)
            if delta:
                yield Said(delta)
            if value_at(answer, "done") is True:
                reason = "tool_calls" if calls else text_at(answer, "done_reason")
                yield ChatEnding(reason, number_at(answer, "eval_count"), number_at(answer, "prompt_eval_count"))
                return
    raise BackendGone(f"{_PROGRAM} broke off in the middle of an answer")


def _made_call(call: object, index: int) -> dict[str, Any]:
    arguments = value_at(call, "function", "arguments")
    return {
        "index": index,
        "id": text_at(call, "id") or f"call_{index}",
        "type": "function",
        "function": {
            "name": text_at(call, "function", "name"),
            "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False),
        },
    }
