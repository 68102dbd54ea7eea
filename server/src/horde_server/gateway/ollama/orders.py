"""From the bodies of `/api/chat` and `/api/generate` to orders for texts (gateway-ollama.md §2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from horde_server.gateway.common.answer_text import AnswerText
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, UnsupportedField, UnsupportedValue
from horde_server.gateway.common.json_wish import asking_for_json
from horde_server.gateway.common.lengths import Offered
from horde_server.gateway.common.messages import Message, Part, Text, of_text, openai_messages
from horde_server.gateway.common.model_names import MOST_NAME_CHARACTERS, Resolved
from horde_server.gateway.common.raw_text import RawText
from horde_server.gateway.common.services import Services
from horde_server.gateway.common.text_run import Reader
from horde_server.gateway.ollama.messages import read_messages, read_pictures
from horde_server.gateway.ollama.options import sampling, wished_context, wished_length, wished_seed
from horde_server.gateway.templates.here import Templates
from horde_server.gateway.templates.rendering import Rendered
from horde_server.identity.caller import Caller
from horde_server.requests.asked import Asked
from horde_server.requests.text.chat import Chat
from horde_server.requests.text.order import TextOrder

MOST_TOOLS: Final = 128
_PARAMS: Final = {"vision": "images", "grammar": "format", "logprobs": "logprobs"}
_NOW: Final = frozenset(("0", "0s", "0m", "0h", "0ms"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a body asks for. Without an order it asks for nothing but that the model be loaded, or forgotten."""

    model: str  # as the client called it
    resolved: Resolved
    streams: bool
    order: TextOrder | None = None
    rendered: Rendered | None = None
    thinks: bool = False  # whether the client would see the thought
    is_json: bool = False
    most_characters: int | None = None  # of an answer that is wished for shorter than workers make any
    unloads: bool = False

    @property
    def asked(self) -> Asked[TextOrder]:
        """As the desk takes it."""
        assert self.order is not None
        return Asked(order=self.order)

    def reader(self) -> Reader:
        """How the worker's text is read."""
        assert self.order is not None
        stops = self.order.sampling.stop_sequence or ()
        if self.rendered is None:
            return RawText(stops)
        return AnswerText(stops, trims=self.rendered.trims, opens_thinking=self.rendered.opens_thinking)


class Orders:
    """Reads bodies as this horde would serve them."""

    def __init__(self, services: Services, templates: Templates) -> None:
        self._services = services
        self._templates = templates

    async def chat(self, body: Body, caller: Caller) -> Wish:
        """Of `/api/chat`. Raises `BadField`, `ModelNotFound`, and what rendering raises."""
        return await self._conversation(body, caller, read_messages(body))

    async def generate(self, body: Body, caller: Caller) -> Wish:
        """Of `/api/generate`. Raises the same."""
        for name, reason in (("suffix", "fill in the middle of a text"), ("template", "use a template of the request")):
            if body.text(name):
                raise UnsupportedField(name, f"This horde cannot {reason}: leave {name} empty.")
        prompt, pictures = body.text("prompt"), read_pictures(body)
        if body.flag("raw"):
            if pictures:
                raise UnsupportedValue("images", "A raw prompt has no pictures: leave out raw.")
            return self._raw(body, caller, prompt)
        if not prompt and not pictures:
            return await self._conversation(body, caller, [])
        system = body.text("system")
        parts: tuple[Part, ...] = (*((Text(prompt),) if prompt else ()), *pictures)
        said = [*([of_text("system", system)] if system else []), Message("user", parts)]
        return await self._conversation(body, caller, said)

    async def _conversation(self, body: Body, caller: Caller, messages: Sequence[Message]) -> Wish:
        lengths, wish = self._begun(body, caller)
        if not messages:
            return _loading(wish, body)
        options = body.object("options")
        length, context, most_characters = lengths
        is_json, schema = _format(body)
        said = asking_for_json(messages) if is_json else list(messages)
        thinks = body.get("think") not in (None, False, "false", "")
        rendered = await self._templates.render(
            said, wish.resolved.models, max_context_tokens=context, max_length=length, thinking=thinks
        )
        chat = Chat(
            messages=tuple(openai_messages(said)),
            continues=said[-1].role == "assistant" and not said[-1].tool_calls,
            template=rendered.template,
            tools=_tools(body),
            json_object=is_json,
            json_schema=schema,
            logprobs=_logprobs(body),
        )
        self._refuse_what_nobody_can(wish, chat, caller)
        order = TextOrder(
            prompt=rendered.prompt,
            models=wish.resolved.models,
            max_length=length,
            max_context_length=context,
            sampling=sampling(options, context=context, stops=rendered.stops),
            seed=wished_seed(options),
            chat=chat,
        )
        return Wish(
            model=wish.model, resolved=wish.resolved, streams=wish.streams, order=order, rendered=rendered,
            thinks=thinks, is_json=is_json, most_characters=most_characters,
        )  # fmt: skip

    def _raw(self, body: Body, caller: Caller, prompt: str) -> Wish:
        lengths, wish = self._begun(body, caller)
        if not prompt:
            return _loading(wish, body)
        length, context, most_characters = lengths
        options = body.object("options")
        order = TextOrder(
            prompt=prompt,
            models=wish.resolved.models,
            max_length=length,
            max_context_length=context,
            sampling=sampling(options, context=context),
            seed=wished_seed(options),
        )
        return Wish(
            model=wish.model, resolved=wish.resolved, streams=wish.streams, order=order,
            most_characters=most_characters,
        )  # fmt: skip

    def _begun(self, body: Body, caller: Caller) -> tuple[tuple[int, int, int | None], Wish]:
        """Lengths, and what every wish has."""
        services = self._services
        model = body.text("model", most=4 * MOST_NAME_CHARACTERS) or body.text("name", most=4 * MOST_NAME_CHARACTERS)
        resolved = services.models.resolve(model, "text", caller.user.model_aliases)
        offered = Offered.by(services.models.served("text"), resolved.models)
        options = body.object("options")
        length, most_characters = wished_length(
            options, usual=services.settings.gateway_default_max_length, most=offered.max_length
        )
        context = wished_context(
            options, usual=offered.usual_context_length(length), most=offered.max_context_length(length)
        )
        wish = Wish(model=model, resolved=resolved, streams=body.flag("stream", default=True))
        return (length, max(context, length), most_characters), wish

    def _refuse_what_nobody_can(self, wish: Wish, chat: Chat, caller: Caller) -> None:
        unserved = self._services.texts.nobody_can(wish.resolved.models, chat, caller.user.id)
        if unserved is None:
            return
        if unserved.capability == "tools":  # programs search for these words, and then do without
            raise UnsupportedField("tools", f"{wish.model or 'this model'} does not support tools")
        raise UnsupportedValue(_PARAMS.get(unserved.capability, unserved.param), unserved.message)


def _loading(wish: Wish, body: Body) -> Wish:
    keep_alive = body.get("keep_alive")
    unloads = (keep_alive == 0 and not isinstance(keep_alive, bool)) or str(keep_alive) in _NOW
    return Wish(model=wish.model, resolved=wish.resolved, streams=wish.streams, unloads=unloads)


def _format(body: Body) -> tuple[bool, dict[str, Any] | None]:
    """Whether the answer is to be JSON, and of which schema."""
    sent = body.get("format")
    if sent is None or sent == "":
        return False, None
    if sent == "json":
        return True, None
    if isinstance(sent, dict):
        return False, sent
    raise BadField("format", 'format is neither "json" nor a JSON schema.')


def _tools(body: Body) -> tuple[dict[str, Any], ...]:
    found = body.items("tools", most=MOST_TOOLS)
    if not all(isinstance(each, dict) for each in found):
        raise BadField("tools", "tools is no list of functions.")
    return tuple(found)


def _logprobs(body: Body) -> int | None:
    return body.integer("top_logprobs", least=0, most=20, default=0) if body.flag("logprobs") else None
