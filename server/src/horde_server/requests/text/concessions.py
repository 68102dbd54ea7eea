"""What of a text request could be given up so that a worker serves it, and at what price (reasons.md §3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from horde_server.dispatch.capabilities import VALIDATED_BACKEND, BackendBit
from horde_server.dispatch.concessions import LEFT_OUT, Concession, Option, concession, points_for_less, some_of
from horde_server.dispatch.refusal import Offer, Reason
from horde_server.requests.conceding import changed, service_concessions
from horde_server.requests.text.chat import Chat, Message, is_picture
from horde_server.requests.text.order import TextOrder

SHORTEST: Final = 16
SHORTEST_CONTEXT: Final = 80


def concessions(order: TextOrder, offers: Sequence[Offer]) -> list[Concession[TextOrder]]:
    """All that this order has, and no worker is sure to take."""
    found: list[Concession[TextOrder]] = []
    if order.softprompt:
        found += concession([_given_up(50, "without the soft prompt", softprompt="")], Reason.MATCHING_SOFTPROMPT)
    if order.validated_backends:
        option = _given_up(60, "by software that is not validated too", validated_backends=False)
        found += concession([option], needs=VALIDATED_BACKEND)
    if order.chat is not None:
        found += _of_chat(order.chat)
    lengths = (offer.max_length for offer in offers)
    contexts = (offer.max_context_length for offer in offers)
    return [
        *found,
        *concession(
            _shorter(order.max_length, lengths, SHORTEST, "tokens", "max_length"), Reason.MAX_LENGTH, must_fit=True
        ),
        *concession(
            _shorter(order.max_context_length, contexts, SHORTEST_CONTEXT, "tokens of context", "max_context_length"),
            Reason.MAX_CONTEXT_LENGTH,
            must_fit=True,
        ),
        *service_concessions(order, offers, of_models=()),
    ]


def _of_chat(chat: Chat) -> list[Concession[TextOrder]]:
    """What only some backends do with a conversation; the fields are those of all dialects' bodies."""
    found: list[Concession[TextOrder]] = []
    if chat.tools:
        option = _chat_option(150, "without tools", "tools", tools=(), tool_choice=None, parallel_tool_calls=None)
        found += concession([option], needs=BackendBit.TOOLS)
    if chat.needs & BackendBit.VISION:
        fields: dict[str, Any] = {}  # they stand within the messages
        option = Option(points=200, words="without pictures", fields=fields, apply=_without_pictures)
        found += concession([option], needs=BackendBit.VISION)
    if chat.json_schema is not None:
        option = _chat_option(100, "without a JSON schema", "response_format", json_schema=None)
        found += concession([option], needs=BackendBit.GRAMMAR)
    if chat.logprobs is not None:
        option = _chat_option(50, "without logprobs", "logprobs", logprobs=None)
        found += concession([option], needs=BackendBit.LOGPROBS)
    return found


def _chat_option(points: int, words: str, field: str, **changes: Any) -> Option[TextOrder]:
    return Option(points=points, words=words, fields={field: LEFT_OUT}, apply=partial(_with_chat, changes=changes))


def _with_chat(order: TextOrder, changes: dict[str, Any]) -> TextOrder:
    if order.chat is None:
        return order
    return msgspec.structs.replace(order, chat=msgspec.structs.replace(order.chat, **changes))


def _without_pictures(order: TextOrder) -> TextOrder:
    if order.chat is None:
        return order
    messages = tuple(map(_words_alone, order.chat.messages))
    return msgspec.structs.replace(_with_chat(order, {"messages": messages}), sources=None)


def _words_alone(message: Message) -> Message:
    content = message.get("content")
    if not isinstance(content, list | tuple):
        return message
    return {**message, "content": [part for part in content if not is_picture(part)]}


def _given_up(points: int, words: str, prefix: str = "", **changes: Any) -> Option[TextOrder]:
    fields = {prefix + name: value for name, value in changes.items()}
    return Option(points=points, words=words, fields=fields, apply=partial(changed, changes=changes))


def _shorter(asked: int, offered: Iterable[int], least: int, what: str, name: str) -> list[Option[TextOrder]]:
    """As many tokens as workers take."""
    return [
        _given_up(points_for_less(asked, tokens), f"with at most {tokens} {what}", "params.", **{name: tokens})
        for tokens in some_of((each for each in offered if each >= least), asked)
    ]
