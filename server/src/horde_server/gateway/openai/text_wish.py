"""From the bodies of `/v1/chat/completions` and `/v1/completions` to orders for texts (gateway.md §2.2, §2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from horde_server.gateway.chats.ordered import OrderedText
from horde_server.gateway.chats.orders import Chats, with_stops
from horde_server.gateway.chats.wish import ChatWish, Terms, Tools
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import (
    BadField,
    ContextTooLong,
    MissingField,
    UnsupportedField,
    UnsupportedValue,
)
from horde_server.gateway.common.lengths import LEAST_LENGTH, Offered, most_characters
from horde_server.gateway.common.model_names import Resolved, read_model
from horde_server.gateway.common.services import Services
from horde_server.gateway.common.tokens import tokens
from horde_server.gateway.openai.messages import read_messages
from horde_server.gateway.openai.needs import read_needs, wants_logprobs
from horde_server.gateway.openai.sampling import (
    named_length,
    read_answers,
    read_context,
    read_sampling,
    read_stops,
)
from horde_server.identity.caller import Caller
from horde_server.requests.text.order import TextOrder

MOST_PROMPTS: Final = 20
_MOST_WISHED: Final = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWish:
    """What a body asks for: as many orders as there are prompts, and how their answers are to be told."""

    model: str  # as the client called it
    texts: tuple[OrderedText, ...]
    streams: bool = False
    tells_usage: bool = False  # in a stream
    echoes: bool = False

    @property
    def resolved(self) -> Resolved:
        """The models of all of them."""
        return self.texts[0].resolved

    @property
    def template(self) -> str | None:
        """As `Horde-Template` says it, of a chat."""
        return self.texts[0].template


class TextWishes:
    """Reads bodies as this horde would serve them."""

    def __init__(self, services: Services, chats: Chats) -> None:
        self._services = services
        self._chats = chats

    async def chat(self, body: Body, caller: Caller) -> TextWish:
        """Of a chat. Raises `BadField` and its like, `ModelNotFound`, and what rendering raises."""
        needs = read_needs(body)
        field, wished = named_length(body, most=_MOST_WISHED)
        wish = ChatWish(
            messages=read_messages(body),
            model=read_model(body),
            max_length=wished,
            length_field=field,
            sampling=read_sampling(body),
            stops=read_stops(body),
            seed=body.seed(),
            tools=Tools(functions=needs.tools, choice=needs.tool_choice, parallel=needs.parallel_tool_calls),
            json_object=needs.json_object,
            json_schema=needs.json_schema,
            logprobs=needs.logprobs,
            answers=read_answers(body),
            terms=Terms.read(body),
        )
        chat = await self._chats.ordered(wish, body, caller)
        return TextWish(
            model=wish.model,
            texts=(chat,),
            streams=body.flag("stream"),
            tells_usage=_tells_usage(body),
        )

    def completion(self, body: Body, caller: Caller) -> TextWish:
        """Of prompts that go as they are. Raises the same."""
        prompts = _prompts(body)
        if body.text("suffix"):
            raise UnsupportedField("suffix", "This horde cannot fill in the middle of a text: leave suffix empty.")
        if wants_logprobs(body):
            raise UnsupportedField(
                "logprobs", "This horde's workers report no log probabilities of prompts as they are."
            )
        answers = read_answers(body)
        body.ignore("best_of", neutral=(1, answers))
        if answers * len(prompts) > MOST_PROMPTS:
            raise BadField("n", f"n times the number of prompts is at most {MOST_PROMPTS}.")
        model, terms = read_model(body), Terms.read(body)
        resolved, offered = self._chats.models_of(model, caller)
        _, wished = named_length(body, most=max(offered.max_length, LEAST_LENGTH))
        usual = min(self._services.settings.gateway_default_max_length, offered.max_length)
        length = max(wished if wished is not None else usual, LEAST_LENGTH)
        context = read_context(body, most=offered.max_context_length(length)) or terms.max_context_length
        stops = read_stops(body)
        plain = TextOrder(
            prompt="",
            models=resolved.models,
            n=answers,
            max_length=length,
            sampling=with_stops(read_sampling(body), stops),
            seed=body.seed(),
            workers=terms.workers,
            worker_blacklist=terms.worker_blacklist,
            trusted_workers=terms.trusted_workers,
            slow_workers=terms.slow_workers,
        )
        return TextWish(
            model=model,
            texts=tuple(
                OrderedText(
                    order=msgspec.structs.replace(
                        plain,
                        prompt=prompt,
                        max_context_length=max(context or _context_for(prompt, length, offered), length),
                    ),
                    resolved=resolved,
                    own_stops=stops,
                    most_characters=most_characters(wished),
                )
                for prompt in prompts
            ),
            echoes=body.flag("echo"),
            streams=body.flag("stream"),
            tells_usage=_tells_usage(body),
        )


def _tells_usage(body: Body) -> bool:
    """Of a stream; otherwise it says nothing."""
    return body.flag("stream") and body.object("stream_options").flag("include_usage")


def _context_for(prompt: str, length: int, offered: Offered) -> int:
    """Enough for a prompt, which is not shortened here. Raises `ContextTooLong`."""
    needed, most = tokens(prompt) + length, offered.max_context_length(length)
    if needed > most:
        raise ContextTooLong(
            "prompt",
            f"This model reads {most} tokens at most; the prompt and the answer asked for need {needed}. Shorten the "
            "prompt, or ask for fewer tokens.",
        )
    return max(offered.usual_context_length(length), needed)


def _prompts(body: Body) -> Sequence[str]:
    sent = body.get("prompt")
    if isinstance(sent, list) and any(isinstance(each, (int, float, list)) for each in sent):
        raise UnsupportedValue("prompt", "This horde takes prompts as texts, not as numbers of tokens.")
    prompts = body.texts("prompt", most=MOST_PROMPTS)
    if not prompts:
        raise MissingField("prompt")
    return prompts
