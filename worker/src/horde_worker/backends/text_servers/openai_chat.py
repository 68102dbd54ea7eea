"""Chat completions of OpenAI's API: how a job is put into words for them, and how their streams are read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final

from horde_worker.backends.events import BackendFailure, BackendGone
from horde_worker.backends.mapping import ByWorker, Mapped, Sent
from horde_worker.backends.over_http.server import BackendServer
from horde_worker.backends.text import Conversation
from horde_worker.backends.text_servers.chat import Answered, ChatEnding, Said
from horde_worker.backends.text_servers.streams import number_at, objects_of, text_at, value_at
from horde_worker.backends.text_servers.tables import Ask, Table, body_of
from horde_worker.backends.text_servers.tidy_deltas import TidyDeltas

CHAT: Final = "/v1/chat/completions"
NOT_IN_CHATS: Final = frozenset({"prompt", "max_context_length", "stop_sequence"})
"""Parameters that conversations have otherwise: they are not cut, which would take their beginning, and what ends an
answer is watched for, or told in `chat_body`."""
CONVERSATION: Final[dict[str, Mapped]] = {
    "messages": Sent("messages", "the program writes them by its model's own template"),
    "continue": ByWorker("vLLM and Aphrodite are told so; others go on by the prompt"),
    "images": Sent("messages", "in the messages, as `data:` addresses; vLLM only, where its model sees"),
    "tools": Sent("tools"),
    "tool_choice": Sent("tool_choice"),
    "parallel_tool_calls": Sent("parallel_tool_calls"),
    "json_schema": Sent("response_format.json_schema.schema", "as `json_schema`"),
    "response_format": Sent("response_format.type"),
    "logprobs": Sent("logprobs, top_logprobs"),
}
"""What becomes of a conversation. All but the messages only where the program has proven it at its start."""
ABNORMAL_ENDS: Final = frozenset({"error", "abort"})
"""What servers call an end that is none."""


def chat_body(table: Table, ask: Ask, *, most_stops: int | None = None) -> dict[str, Any]:
    """What is sent for an answer: how tokens are drawn as the program's table says, and the conversation as it is."""
    conversation = conversation_in(ask)
    body = body_of({name: row for name, row in table.items() if name not in NOT_IN_CHATS}, ask)
    body["messages"] = [_written_out(message) for message in conversation.messages]
    body["stream"] = True
    if conversation.tools:
        body["tools"] = list(conversation.tools)
        if conversation.tool_choice is not None:
            body["tool_choice"] = conversation.tool_choice
        if conversation.parallel_tool_calls is not None:
            body["parallel_tool_calls"] = conversation.parallel_tool_calls
    if conversation.json_schema is not None:
        schema = {"name": "answer", "schema": dict(conversation.json_schema), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif conversation.wants_json:
        body["response_format"] = {"type": "json_object"}
    if conversation.logprobs is not None:
        body["logprobs"] = True
        if conversation.logprobs:
            body["top_logprobs"] = conversation.logprobs
    if conversation.passes_through and ask.job.stop_sequences:
        # Here the server may cut the stop text: an answer that is more than a text has none in it.
        stops = ask.job.stop_sequences
        body["stop"] = list(stops if most_stops is None else stops[-most_stops:])
    return body


def _written_out(message: Mapping[str, Any]) -> dict[str, Any]:
    """Without nulls: a message that calls functions may have no text, which llama-cpp-python takes as empty alone."""
    return {"content": ""} | {name: value for name, value in message.items() if value is not None}


def conversation_in(ask: Ask) -> Conversation:
    """The conversation of a job that has one."""
    assert ask.job.conversation is not None  # only such jobs come here
    return ask.job.conversation


async def chat_answers(
    server: BackendServer, program: str, body: Mapping[str, Any], limit_s: float, path: str = CHAT
) -> AsyncGenerator[Answered, None]:
    """The deltas of a stream as they come, and its end. What comes after the last of them is how much it was.

    A server that answers in one piece, as some do with functions, has one delta. Raises `BackendFailure`.
    """
    finish_reason, is_over, deltas = "", False, TidyDeltas()
    tokens, prompt_tokens = None, None
    async with aclosing(objects_of(server.lines(path, body, limit_s=limit_s), program)) as answers:
        async for answer in answers:
            tokens = number_at(answer, "usage", "completion_tokens") or tokens
            prompt_tokens = number_at(answer, "usage", "prompt_tokens") or prompt_tokens
            choice = value_at(answer, "choices", 0)
            if not isinstance(choice, dict):
                continue
            delta, logprobs = choice.get("delta") or choice.get("message"), choice.get("logprobs")
            delta = deltas.tidy(delta) if isinstance(delta, dict) else {}
            if delta or logprobs:
                yield Said(delta, logprobs if isinstance(logprobs, dict) else None)
            if ended := text_at(choice, "finish_reason"):
                if ended in ABNORMAL_ENDS:
                    raise BackendFailure(f"{program} gave an answer up ({ended})")
                finish_reason, is_over = ended, True
    if not is_over:
        raise BackendGone(f"{program} broke off in the middle of an answer")
    yield ChatEnding(finish_reason, tokens, prompt_tokens)


def beginning_of(ask: Ask) -> str:
    """The text of the answer that the last message has begun already."""
    conversation = conversation_in(ask)
    if not conversation.continues:
        return ""
    content = conversation.messages[-1].get("content")
    if isinstance(content, list):
        return "".join(text_at(part, "text") for part in content)
    return content if isinstance(content, str) else ""


async def without_beginning(answers: AsyncGenerator[Answered, None], beginning: str) -> AsyncGenerator[Answered, None]:
    """An answer without what it began with before, where the server sends that as well."""
    held = ""
    async with aclosing(answers):
        async for event in answers:
            if not beginning or not isinstance(event, Said) or not event.content:
                yield event
                continue
            held += event.content
            if beginning.startswith(held) and held != beginning:
                continue
            new, beginning = held.removeprefix(beginning), ""
            if new or len(event.delta) > 1:
                yield Said({**event.delta, "content": new}, event.logprobs)
