"""From a chat, whatever dialect it came in, to an order for texts (gateway-templates.md §2, §3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import msgspec

from horde_server.gateway.common.answer_text import AnswerText
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, UnsupportedField, UnsupportedValue
from horde_server.gateway.common.json_wish import asking_for_json
from horde_server.gateway.common.lengths import MOST_CONTEXT, Offered
from horde_server.gateway.common.messages import Message, openai_messages
from horde_server.gateway.common.model_names import Resolved
from horde_server.gateway.common.services import Services
from horde_server.gateway.common.tokens import CHARACTERS_A_TOKEN
from horde_server.gateway.templates.here import Templates
from horde_server.gateway.templates.rendering import Rendered
from horde_server.identity.caller import Caller
from horde_server.requests.asked import Asked
from horde_server.requests.text.chat import Chat
from horde_server.requests.text.order import Sampling, TextOrder

LEAST_LENGTH: Final = 16
"""Of an answer that workers are asked for; a shorter one is cut."""
MOST_TEMPERATURE: Final = 5.0
MOST_TOP_K: Final = 200
LEAST_TOP_P: Final = 0.001
_MOST_WORKERS: Final = 100
_MOST_TEMPLATE_CHARACTERS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What only the horde has, from the object `horde` of a body."""

    template: str | None = None
    raw_tokens: bool = False
    max_context_length: int | None = None
    workers: tuple[str, ...] = ()
    worker_blacklist: bool = False
    trusted_workers: bool = False
    slow_workers: bool = True

    @classmethod
    def read(cls, body: Body) -> Terms:
        """Raises `BadField`."""
        sent = body.object("horde")
        if sent.flag("dry_run"):
            raise UnsupportedField("horde.dry_run", "A dialect has no dry runs: use /api/v2/generate/text/async.")
        return cls(
            template=sent.text("template", most=_MOST_TEMPLATE_CHARACTERS) or None,
            raw_tokens=sent.flag("raw_tokens"),
            max_context_length=sent.integer("max_context_length", least=LEAST_LENGTH, most=MOST_CONTEXT),
            workers=tuple(_worker_id(each) for each in sent.texts("workers", most=_MOST_WORKERS, most_characters=64)),
            worker_blacklist=sent.flag("worker_blacklist"),
            trusted_workers=sent.flag("trusted_workers"),
            slow_workers=sent.flag("slow_workers", default=True),
        )


def _worker_id(sent: str) -> str:
    try:
        return str(UUID(sent))
    except ValueError:
        raise BadField(
            "horde.workers", "horde.workers has the ids of workers, as /api/v2/workers tells them."
        ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The functions that the model may call, in OpenAI's shape."""

    functions: tuple[dict[str, Any], ...] = ()
    choice: str | dict[str, Any] | None = None
    parallel: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatWish:
    """What a chat asks for. `max_length`: in tokens; None: as this horde has it; `stops`: the client's own."""

    messages: Sequence[Message]
    model: str = ""
    max_length: int | None = None
    length_field: str = "max_tokens"
    sampling: Sampling = field(default_factory=Sampling)
    stops: tuple[str, ...] = ()
    seed: int | None = None
    tools: Tools = field(default_factory=Tools)
    json_object: bool = False
    json_schema: dict[str, Any] | None = None
    schema_field: str = "response_format"
    logprobs: int | None = None  # of each token, with so many that might have stood there; None: not asked for
    answers: int = 1
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedChat:
    """An order, and what must be known to read its answer."""

    order: TextOrder
    wish: ChatWish
    resolved: Resolved
    rendered: Rendered
    most_characters: int | None = None  # of an answer that is wished for shorter than workers make any

    @property
    def asked(self) -> Asked[TextOrder]:
        """As the desk takes it."""
        return Asked(order=self.order)

    def reader(self) -> AnswerText:
        """How the worker's text is read."""
        stops = self.order.sampling.stop_sequence or ()
        return AnswerText(stops, trims=self.rendered.trims, opens_thinking=self.rendered.opens_thinking)


class Chats:
    """Reads wishes as this horde would serve them."""

    def __init__(self, services: Services, templates: Templates) -> None:
        self._services = services
        self._templates = templates

    async def ordered(self, wish: ChatWish, body: Body, caller: Caller) -> OrderedChat:
        """What is clamped is noted in the body. Raises `ModelNotFound`, `BadField` and what rendering raises."""
        models, settings = self._services.models, self._services.settings
        resolved = models.resolve(wish.model, "text", caller.user.model_aliases)
        offered = Offered.by(models.served("text"), resolved.models)
        wished = settings.gateway_default_max_length if wish.max_length is None else wish.max_length
        length = max(min(wished, offered.max_length), LEAST_LENGTH)
        if wish.max_length is not None and length < wished:
            body.clamped[wish.length_field] = str(length)
        context = max(wish.terms.max_context_length or offered.usual_context_length(length), length)
        rendered = await self._rendered(wish, resolved, context=context, length=length)
        chat = _chat(wish, rendered)
        self._refuse_what_nobody_can(wish, resolved, chat, caller)
        stops = tuple(dict.fromkeys((*wish.stops, *rendered.stops)))
        order = TextOrder(
            prompt=rendered.prompt,
            models=resolved.models,
            n=wish.answers,
            max_length=length,
            max_context_length=context,
            sampling=_with_stops(wish.sampling, stops),
            trusted_workers=wish.terms.trusted_workers,
            slow_workers=wish.terms.slow_workers,
            workers=wish.terms.workers,
            worker_blacklist=wish.terms.worker_blacklist,
            seed=wish.seed,
            chat=chat,
        )
        cut = wished * CHARACTERS_A_TOKEN if wished < LEAST_LENGTH else None
        return OrderedChat(order=order, wish=wish, resolved=resolved, rendered=rendered, most_characters=cut)

    async def counted(self, wish: ChatWish) -> Rendered:
        """The prompt alone, however long: nothing is asked for."""
        resolved = self._services.models.resolve(wish.model, "text")
        return await self._rendered(wish, resolved, context=MOST_CONTEXT, length=0)

    async def _rendered(self, wish: ChatWish, resolved: Resolved, *, context: int, length: int) -> Rendered:
        return await self._templates.render(
            asking_for_json(wish.messages) if wish.json_object else wish.messages,
            resolved.models,
            template=wish.terms.template,
            max_context_tokens=context,
            max_length=length,
            raw_tokens=wish.terms.raw_tokens,
        )

    def _refuse_what_nobody_can(self, wish: ChatWish, resolved: Resolved, chat: Chat, caller: Caller) -> None:
        unserved = self._services.texts.nobody_can(resolved.models, chat, caller.user.id)
        if unserved is not None:
            param = wish.schema_field if unserved.param == "response_format" else unserved.param
            refusal = UnsupportedField if unserved.code == UnsupportedField.rc else UnsupportedValue
            raise refusal(param, unserved.message)


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


def sampling(body: Body, *, most_temperature: float = MOST_TEMPERATURE) -> Sampling:
    """Temperature, `top_p` and `top_k`, as most dialects name them. Raises `BadField`."""
    temperature = body.number("temperature", least=0.0, most=most_temperature)
    top_k = body.integer("top_k", least=0, most=MOST_TOP_K)
    if temperature == 0:  # several backends refuse it alone
        top_k = 1
    return Sampling(temperature=temperature, top_p=body.number("top_p", least=LEAST_TOP_P, most=1.0), top_k=top_k)


def _with_stops(found: Sampling, stops: tuple[str, ...]) -> Sampling:
    return msgspec.structs.replace(found, stop_sequence=stops or None)
