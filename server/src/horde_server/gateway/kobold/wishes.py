"""The body of `generate` as an order for texts (gateway-kobold.md §2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, MissingField
from horde_server.gateway.common.lengths import LEAST_CONTEXT, LEAST_LENGTH, Offered
from horde_server.gateway.common.messages import Message, Text, openai_messages
from horde_server.gateway.common.sent_pictures import read_pictures
from horde_server.gateway.kobold.memory import with_memory
from horde_server.requests.text.chat import Chat
from horde_server.requests.text.order import Sampling, TextOrder

DEFAULT_MAX_LENGTH: Final = 80
DEFAULT_SAMPLER_ORDER: Final = (6, 0, 1, 3, 4, 2, 5)
MOST_GENKEY_CHARACTERS: Final = 64
_MOST_STOPS: Final = 128
_MOST_STOP_CHARACTERS: Final = 2000
_MOST_SAMPLERS: Final = 32
_NUMBERS: Final = (
    ("temperature", 0.0, 5.0), ("top_p", 0.001, 1.0), ("top_a", 0.0, 1.0), ("tfs", 0.0, 1.0), ("typical", 0.0, 1.0),
    ("min_p", 0.0, 1.0), ("rep_pen", 1.0, 3.0), ("rep_pen_slope", 0.0, 10.0), ("dynatemp_range", 0.0, 5.0),
    ("dynatemp_exponent", 0.0, 5.0), ("smoothing_factor", 0.0, 10.0),
)  # fmt: skip
_WHOLE_NUMBERS: Final = (("top_k", 0, 200), ("rep_pen_range", 0, 4096))
_FLAGS: Final = ("singleline", "frmtadsnsp", "frmtrmblln", "frmtrmspch", "frmttriminc", "use_default_badwordsids")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An order, but for its models, and what is not the workers' business."""

    order: TextOrder
    genkey: str
    trims_stop: bool


def read_wish(body: Body, offered: Offered, *, streams: bool = False) -> Wish:
    """What is asked for. A stream is of one text. Raises `BadField`."""
    max_length = body.integer("max_length", least=LEAST_LENGTH, most=offered.max_length) or min(
        DEFAULT_MAX_LENGTH, offered.max_length
    )
    context = body.integer("max_context_length", least=LEAST_CONTEXT, most=offered.max_context_length(max_length))
    context = max(context or offered.usual_context_length(max_length), max_length)
    prompt = with_memory(body.text("prompt"), body.text("memory"), max_context_length=context, max_length=max_length)
    if not prompt:
        raise MissingField("prompt")
    body.ignore("grammar", "banned_tokens", "logit_bias")
    return Wish(
        order=TextOrder(
            prompt=prompt,
            n=body.integer("n", least=1, most=1 if streams else 20) or 1,
            max_length=max_length,
            max_context_length=context,
            sampling=_sampling(body),
            seed=body.seed("sampler_seed"),
            chat=_about_pictures(body, prompt),
        ),
        genkey=read_genkey(body),
        trims_stop=body.flag("trim_stop"),
    )


def read_genkey(body: Body) -> str:
    """The name by which a client means one of its requests, or "". Raises `BadField`."""
    return body.text("genkey", most=MOST_GENKEY_CHARACTERS)


def _about_pictures(body: Body, prompt: str) -> Chat | None:
    """A prompt with pictures is for workers that see, who are handed messages."""
    pictures = read_pictures(body)
    if not pictures:
        return None
    return Chat(messages=tuple(openai_messages([Message("user", (Text(prompt), *pictures))])))


def _sampling(body: Body) -> Sampling:
    numbers = {name: body.number(name, least=least, most=most) for name, least, most in _NUMBERS}
    whole = {name: body.integer(name, least=least, most=most) for name, least, most in _WHOLE_NUMBERS}
    flags = {name: body.flag(name) for name in _FLAGS if name in body}
    stops = body.texts("stop_sequence", most=_MOST_STOPS, most_characters=_MOST_STOP_CHARACTERS)
    order = {"sampler_order": _sampler_order(body), "stop_sequence": list(dict.fromkeys(stops)) or None}
    found = msgspec.convert({**numbers, **whole, **flags, **order}, Sampling)
    if found.temperature == 0 and not found.top_k:  # several backends refuse a temperature of 0 alone
        return msgspec.structs.replace(found, top_k=1)
    return found


def _sampler_order(body: Body) -> tuple[int, ...] | None:
    """All seven samplers: those that are missing come last, in the usual order."""
    sent = body.items("sampler_order", most=_MOST_SAMPLERS)
    if not sent:
        return None
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in sent):
        raise BadField("sampler_order", "sampler_order is no list of whole numbers.")
    wished = [each for each in dict.fromkeys(sent) if each in DEFAULT_SAMPLER_ORDER]
    return (*wished, *(each for each in DEFAULT_SAMPLER_ORDER if each not in wished))
