"""From a chat, whatever dialect it came in, to an order for texts (gateway-templates.md §2, §3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

import msgspec

from horde_server.gateway.chats.ordered import OrderedText
from horde_server.gateway.chats.wish import ChatWish
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, UnsupportedField, UnsupportedValue
from horde_server.gateway.common.json_wish import asking_for_json
from horde_server.gateway.common.lengths import (
    LEAST_LENGTH,
    MOST_CONTEXT,
    Lengths,
    Offered,
    most_characters,
    text_models,
)
from horde_server.gateway.common.messages import openai_messages
from horde_server.gateway.common.model_names import Resolved
from horde_server.gateway.common.services import Services
from horde_server.gateway.templates.here import Templates
from horde_server.gateway.templates.rendering import Rendered
from horde_server.identity.caller import Caller
from horde_server.requests.text.chat import Chat
from horde_server.requests.text.order import Sampling, TextOrder
from horde_server.requests.text.served import Unserved

_MOST_TEMPERATURE: Final = 5.0
_MOST_TOP_K: Final = 200
_LEAST_TOP_P: Final = 0.001
RefusalOf: TypeAlias = Callable[[ChatWish, Unserved], BadField]


def usual_refusal(wish: ChatWish, unserved: Unserved) -> BadField:
    """By OpenAI's names, but for that of the schema."""
    param = wish.schema_field if unserved.param == "response_format" else unserved.param
    refusal = UnsupportedField if unserved.code == UnsupportedField.rc else UnsupportedValue
    return refusal(param, unserved.message)


class Chats:
    """Reads wishes as this horde would serve them."""

    def __init__(self, services: Services, templates: Templates, refusal: RefusalOf = usual_refusal) -> None:
        """`refusal`: how the dialect says what of a chat nobody online can do."""
        self._services = services
        self._templates = templates
        self._refusal = refusal

    def models_of(self, wish: str, caller: Caller) -> tuple[Resolved, Offered]:
        """What a model's name means for this caller, and how long texts are written by those who serve it.

        Raises `ModelNotFound`, `BadField`.
        """
        return text_models(self._services.models, wish, caller)

    async def ordered(self, wish: ChatWish, body: Body, caller: Caller) -> OrderedText:
        """What is clamped is noted in the body. Raises `ModelNotFound`, `BadField` and what rendering raises."""
        resolved, offered = self.models_of(wish.model, caller)
        wished = self._services.settings.gateway_default_max_length if wish.max_length is None else wish.max_length
        length = max(min(wished, offered.max_length), LEAST_LENGTH)
        if wish.max_length is not None and length < wished:
            body.clamped[wish.length_field] = str(length)
        context = max(wish.terms.max_context_length or offered.usual_context_length(length), length)
        lengths = Lengths(length, context, most_characters(wished))
        return await self.ordered_for(wish, lengths, resolved, caller)

    async def ordered_for(self, wish: ChatWish, lengths: Lengths, resolved: Resolved, caller: Caller) -> OrderedText:
        """Of a dialect that has lengths of its own. Raises what nobody online can do, and what rendering raises."""
        rendered = await self._rendered(wish, resolved, context=lengths.context, length=lengths.answer)
        chat = _chat(wish, rendered)
        unserved = self._services.texts.nobody_can(resolved.models, chat, caller.user.id)
        if unserved is not None:
            raise self._refusal(wish, unserved)
        order = TextOrder(
            prompt=rendered.prompt,
            models=resolved.models,
            n=wish.answers,
            max_length=lengths.answer,
            max_context_length=lengths.context,
            sampling=with_stops(wish.sampling, (*wish.stops, *rendered.stops)),
            trusted_workers=wish.terms.trusted_workers,
            slow_workers=wish.terms.slow_workers,
            workers=wish.terms.workers,
            worker_blacklist=wish.terms.worker_blacklist,
            seed=wish.seed,
            chat=chat,
        )
        return OrderedText(
            order=order,
            resolved=resolved,
            rendered=rendered,
            own_stops=wish.stops,
            is_json=wish.json_object,
            most_characters=lengths.most_characters,
        )

    async def counted(self, wish: ChatWish, caller: Caller) -> Rendered:
        """The prompt alone, however long: nothing is asked for."""
        resolved, _ = self.models_of(wish.model, caller)
        return await self._rendered(wish, resolved, context=MOST_CONTEXT, length=0)

    async def _rendered(self, wish: ChatWish, resolved: Resolved, *, context: int, length: int) -> Rendered:
        return await self._templates.render(
            asking_for_json(wish.messages) if wish.json_object else wish.messages,
            resolved.models,
            template=wish.terms.template,
            max_context_tokens=context,
            max_length=length,
            thinking=wish.thinking,
            raw_tokens=wish.terms.raw_tokens,
        )


def _chat(wish: ChatWish, rendered: Rendered) -> Chat:
    """For workers that take messages."""
    said = asking_for_json(wish.messages) if wish.json_object else wish.messages
    return Chat(
        messages=tuple(openai_messages(said)),
        continues=said[-1].role == "assistant" and not said[-1].tool_calls,
        template=rendered.template,
        tools=wish.tools.functions,
        tool_choice=wish.tools.choice,
        parallel_tool_calls=wish.tools.parallel,
        json_object=wish.json_object,
        json_schema=wish.json_schema,
        logprobs=wish.logprobs,
    )


def sampling(body: Body) -> Sampling:
    """Temperature, `top_p` and `top_k`, as most dialects name them. Raises `BadField`."""
    temperature = body.number("temperature", least=0.0, most=_MOST_TEMPERATURE)
    top_k = body.integer("top_k", least=0, most=_MOST_TOP_K)
    if temperature == 0:  # several backends refuse it alone
        top_k = 1
    return Sampling(temperature=temperature, top_p=body.number("top_p", least=_LEAST_TOP_P, most=1.0), top_k=top_k)


def with_stops(found: Sampling, stops: Iterable[str]) -> Sampling:
    """The same with these stop strings, none of them twice."""
    return msgspec.structs.replace(found, stop_sequence=tuple(dict.fromkeys(stops)) or None)
