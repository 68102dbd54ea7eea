"""How answers are read by who did not render the chat."""

from __future__ import annotations

import pytest

from horde_server.gateway.chats.ordered import OrderedText, reader_of
from horde_server.gateway.common.answer_text import AnswerText
from horde_server.gateway.common.messages import Message, of_text, openai_messages
from horde_server.gateway.common.model_names import Resolved
from horde_server.gateway.templates.names import patterns
from horde_server.gateway.templates.rendering import render
from horde_server.requests.text.chat import Chat
from horde_server.requests.text.order import Sampling, TextOrder

ASKS = of_text("user", "Why?")
BEGINS = of_text("assistant", "<think>\n")
WRITTEN = ["\n Hm.</think>\n\nSo it is.", "<think>Hm.</think> So", "So it is."]


def read(reader: object, text: str) -> tuple[str, str]:
    assert isinstance(reader, AnswerText)
    said, rest = reader.feed(text), reader.end()
    return said.reasoning + rest.reasoning, said.content + rest.content


@pytest.mark.parametrize("model", sorted({pattern.example for pattern in patterns()}))
@pytest.mark.parametrize("messages", [[ASKS], [ASKS, BEGINS]], ids=["asks", "begins"])
def test_an_order_alone_tells_how_its_answer_is_read(model: str, messages: list[Message]) -> None:
    rendered = render(messages, models=[model], max_context_tokens=2048, max_length=80)
    order = TextOrder(
        prompt=rendered.prompt,
        models=(model,),
        sampling=Sampling(stop_sequence=rendered.stops or None),
        chat=Chat(messages=tuple(openai_messages(messages)), continues=messages[-1] is BEGINS),
    )
    ordered = OrderedText(order=order, resolved=Resolved((model,)), rendered=rendered)
    for text in WRITTEN:
        assert read(reader_of(order), text) == read(ordered.reader(), text)
