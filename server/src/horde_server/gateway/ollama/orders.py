"""From the bodies of `/api/chat` and `/api/generate` to orders for texts (gateway-ollama.md §2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from horde_server.gateway.chats.ordered import OrderedText
from horde_server.gateway.chats.orders import Chats
from horde_server.gateway.chats.wish import ChatWish, Tools
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, UnsupportedField, UnsupportedValue
from horde_server.gateway.common.lengths import Lengths
from horde_server.gateway.common.messages import Message, Part, Text, of_text
from horde_server.gateway.common.model_names import Resolved, read_model
from horde_server.gateway.common.sent_pictures import read_pictures
from horde_server.gateway.ollama.messages import read_messages
from horde_server.gateway.ollama.options import sampling, wished_context, wished_length
from horde_server.identity.caller import Caller
from horde_server.requests.text.chat_checks import MOST_TOOLS
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.served import Unserved

_PARAMS: Final = {"vision": "images", "grammar": "format", "logprobs": "logprobs"}
_NOW: Final = frozenset(("0", "0s", "0m", "0h", "0ms"))


def refusal(wish: ChatWish, unserved: Unserved) -> BadField:
    """What nobody online can do, by the names of Ollama's fields."""
    if unserved.capability == "tools":  # programs search for these words, and then do without
        return UnsupportedField("tools", f"{wish.model or 'this model'} does not support tools")
    return UnsupportedValue(_PARAMS.get(unserved.capability, unserved.param), unserved.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a body asks for. Without a text it asks for nothing but that the model be loaded, or forgotten."""

    model: str  # as the client called it
    streams: bool
    text: OrderedText | None = None
    thinks: bool = False  # whether the client would see the thought
    unloads: bool = False


class Orders:
    """Reads bodies as this horde would serve them."""

    def __init__(self, chats: Chats, usual_length: int) -> None:
        """`usual_length`: tokens of an answer where the client says nothing."""
        self._chats = chats
        self._usual_length = usual_length

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
        wish, resolved, lengths = self._begun(body, caller)
        if not messages:
            return _loading(wish, body)
        options = body.object("options")
        sampled = sampling(options, context=lengths.context)
        is_json, schema = _format(body)
        thinks = body.get("think") not in (None, False, "false", "")
        chat = ChatWish(
            messages=messages,
            model=wish.model,
            sampling=sampled,
            stops=sampled.stop_sequence or (),
            seed=options.seed(),
            thinking=thinks,
            tools=Tools(functions=_tools(body)),
            json_object=is_json,
            json_schema=schema,
            logprobs=_logprobs(body),
        )
        text = await self._chats.ordered_for(chat, lengths, resolved, caller)
        return replace(wish, text=text, thinks=thinks)

    def _raw(self, body: Body, caller: Caller, prompt: str) -> Wish:
        wish, resolved, lengths = self._begun(body, caller)
        if not prompt:
            return _loading(wish, body)
        options = body.object("options")
        order = TextOrder(
            prompt=prompt,
            models=resolved.models,
            max_length=lengths.answer,
            max_context_length=lengths.context,
            sampling=sampling(options, context=lengths.context),
            seed=options.seed(),
        )
        return replace(wish, text=OrderedText(order=order, resolved=resolved, most_characters=lengths.most_characters))

    def _begun(self, body: Body, caller: Caller) -> tuple[Wish, Resolved, Lengths]:
        """What every wish has."""
        model = read_model(body, "model", "name")
        resolved, offered = self._chats.models_of(model, caller)
        options = body.object("options")
        length, most_characters = wished_length(options, usual=self._usual_length, most=offered.max_length)
        context = wished_context(
            options, usual=offered.usual_context_length(length), most=offered.max_context_length(length)
        )
        lengths = Lengths(length, max(context, length), most_characters)
        return Wish(model=model, streams=body.flag("stream", default=True)), resolved, lengths


def _loading(wish: Wish, body: Body) -> Wish:
    keep_alive = body.get("keep_alive")
    unloads = (keep_alive == 0 and not isinstance(keep_alive, bool)) or str(keep_alive) in _NOW
    return replace(wish, unloads=unloads)


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
