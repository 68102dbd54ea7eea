"""From the bodies of `/v1/chat/completions` and `/v1/completions` to orders for texts (gateway.md §2.2, §2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from horde_server.gateway.common.answer_text import AnswerText
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import (
    BadField,
    ContextTooLong,
    MissingField,
    UnsupportedField,
    UnsupportedValue,
)
from horde_server.gateway.common.json_wish import asking_for_json
from horde_server.gateway.common.lengths import Offered
from horde_server.gateway.common.messages import Message
from horde_server.gateway.common.model_names import MOST_NAME_CHARACTERS, Resolved
from horde_server.gateway.common.raw_text import RawText
from horde_server.gateway.common.services import Services
from horde_server.gateway.common.tokens import tokens
from horde_server.gateway.openai.messages import read_messages
from horde_server.gateway.openai.needs import NO_NEEDS, Needs, read_needs
from horde_server.gateway.openai.sampling import Length, read_answers, read_length, read_sampling
from horde_server.gateway.templates.rendering import Rendered, render_aside
from horde_server.requests.asked import Asked
from horde_server.requests.text.order import Sampling, TextOrder

MOST_PROMPTS: Final = 20
_MOST_WORKERS: Final = 100
_MOST_WORKER_CHARACTERS: Final = 255
_MOST_TEMPLATE_CHARACTERS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWish:
    """What a body asks for: as many orders as there are prompts, and how their answers are to be told."""

    model: str  # as the client called it
    resolved: Resolved
    orders: tuple[TextOrder, ...]
    needs: Needs = NO_NEEDS
    rendered: Rendered | None = None  # of a chat
    streams: bool = False
    tells_usage: bool = False  # in a stream
    echoes: bool = False
    most_characters: int | None = None

    def asked(self) -> list[Asked[TextOrder]]:
        """As the desk takes them."""
        return [Asked(order=order) for order in self.orders]

    def reader(self) -> AnswerText | RawText:
        """How one answer of a worker is read."""
        stops = self.orders[0].sampling.stop_sequence or ()
        if self.rendered is None:
            return RawText(stops)
        return AnswerText(stops, trims=self.rendered.trims, opens_thinking=self.rendered.opens_thinking)


class TextWishes:
    """Reads bodies as this horde would serve them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def chat(self, body: Body) -> TextWish:
        """Of a chat. Raises `BadField` and its like, `ModelNotFound`, and what rendering raises."""
        messages = read_messages(body)
        begun = _Begun.of(body, self._services)
        needs = read_needs(body)
        self._refuse_what_nobody_can(begun, needs, messages)
        length = begun.length
        context = length.context or begun.offered.usual_context_length(length.answer)
        own = body.object("horde")
        rendered = await render_aside(
            asking_for_json(messages) if needs.json_object else messages,
            template=own.text("template", most=_MOST_TEMPLATE_CHARACTERS) or None,
            models=begun.resolved.models,
            max_context_tokens=max(context, length.answer),
            max_length=length.answer,
            raw_tokens=own.flag("raw_tokens"),
        )
        order = begun.order(rendered.prompt, context, read_sampling(body, rendered.stops), read_answers(body))
        return begun.wish((order,), body, needs=needs, rendered=rendered)

    def completion(self, body: Body) -> TextWish:
        """Of prompts that go as they are. Raises the same."""
        prompts = _prompts(body)
        if body.text("suffix"):
            raise UnsupportedField("suffix", "This horde cannot fill in the middle of a text: leave suffix empty.")
        begun = _Begun.of(body, self._services)
        self._refuse_what_nobody_can(begun, read_needs(body), ())
        sampling, answers = read_sampling(body), read_answers(body)
        body.ignore("best_of", neutral=(1, answers))
        if answers * len(prompts) > MOST_PROMPTS:
            raise BadField("n", f"n times the number of prompts is at most {MOST_PROMPTS}.")
        orders = [begun.order(prompt, begun.context_for(prompt), sampling, answers) for prompt in prompts]
        return begun.wish(tuple(orders), body, echoes=body.flag("echo"))

    def _refuse_what_nobody_can(self, begun: _Begun, needs: Needs, messages: Sequence[Message]) -> None:
        """While no worker online can do it: silently left out it would be a lie."""
        called = f"The model {begun.model[:100]!r}" if begun.model else "This horde's models"
        if needs.tools:  # programs search for these words
            raise UnsupportedField("tools", f"{called} does not support tools on this horde.")
        if any(message.pictures for message in messages):
            raise UnsupportedValue("messages", f"{called} cannot see pictures.")
        if needs.json_schema is not None:
            raise UnsupportedValue("response_format", f"{called} cannot be bound to a JSON schema on this horde.")
        if needs.logprobs is not None:
            raise UnsupportedField("logprobs", "This horde's workers report no log probabilities.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """What every wish for a text has."""

    model: str
    resolved: Resolved
    offered: Offered
    length: Length
    workers: tuple[str, ...]
    is_blacklist: bool
    trusted_workers: bool
    slow_workers: bool
    validated_backends: bool

    @classmethod
    def of(cls, body: Body, services: Services) -> _Begun:
        model = body.text("model", most=4 * MOST_NAME_CHARACTERS)
        resolved = services.models.resolve(model, "text")
        offered = Offered.by(services.models.served("text"), resolved.models)
        own = body.object("horde")
        if own.flag("dry_run"):
            raise UnsupportedField("horde.dry_run", "A dialect makes no dry runs: use /api/v2/generate/text/async.")
        return cls(
            model=model,
            resolved=resolved,
            offered=offered,
            length=read_length(body, offered, usual=services.settings.gateway_default_max_length),
            workers=tuple(own.texts("workers", most=_MOST_WORKERS, most_characters=_MOST_WORKER_CHARACTERS)),
            is_blacklist=own.flag("worker_blacklist"),
            trusted_workers=own.flag("trusted_workers"),
            slow_workers=own.flag("slow_workers", default=True),
            validated_backends=own.flag("validated_backends"),
        )

    def context_for(self, prompt: str) -> int:
        """Enough for a prompt that is not shortened here. Raises `ContextTooLong`."""
        if self.length.context is not None:
            return self.length.context
        needed = tokens(prompt) + self.length.answer
        most = self.offered.max_context_length(self.length.answer)
        if needed > most:
            raise ContextTooLong(
                "prompt",
                f"This model reads {most} tokens at most; the prompt and the answer asked for need {needed}. Shorten "
                "the prompt, or ask for fewer tokens.",
            )
        return max(self.offered.usual_context_length(self.length.answer), needed)

    def order(self, prompt: str, context: int, sampling: Sampling, answers: int) -> TextOrder:
        """An order of this prompt."""
        return TextOrder(
            prompt=prompt,
            models=self.resolved.models,
            n=answers,
            max_length=self.length.answer,
            max_context_length=max(context, self.length.answer),
            sampling=sampling,
            workers=self.workers,
            worker_blacklist=self.is_blacklist,
            trusted_workers=self.trusted_workers,
            slow_workers=self.slow_workers,
            validated_backends=self.validated_backends,
        )

    def wish(
        self,
        orders: tuple[TextOrder, ...],
        body: Body,
        *,
        needs: Needs = NO_NEEDS,
        rendered: Rendered | None = None,
        echoes: bool = False,
    ) -> TextWish:
        """All of it."""
        streams = body.flag("stream")
        return TextWish(
            model=self.model,
            resolved=self.resolved,
            orders=orders,
            needs=needs,
            rendered=rendered,
            streams=streams,
            tells_usage=streams and body.object("stream_options").flag("include_usage"),
            echoes=echoes,
            most_characters=self.length.most_characters,
        )


def _prompts(body: Body) -> list[str]:
    sent = body.get("prompt")
    if isinstance(sent, list) and any(isinstance(each, (int, float, list)) for each in sent):
        raise UnsupportedValue("prompt", "This horde takes prompts as texts, not as numbers of tokens.")
    prompts = body.texts("prompt", most=MOST_PROMPTS)
    if not prompts:
        raise MissingField("prompt")
    return prompts
