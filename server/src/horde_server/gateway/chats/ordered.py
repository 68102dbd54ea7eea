"""A text that is ordered, and what must be known to read its answer."""

from __future__ import annotations

from dataclasses import dataclass

from horde_server.gateway.common.answer_text import AnswerText
from horde_server.gateway.common.life import Running
from horde_server.gateway.common.model_names import Resolved
from horde_server.gateway.common.raw_text import RawText
from horde_server.gateway.common.shown import Shown
from horde_server.gateway.common.text_run import TextRun
from horde_server.gateway.common.think import THINK
from horde_server.gateway.templates.rendering import Rendered
from horde_server.requests.asked import Asked
from horde_server.requests.text.order import TextOrder


def reader_of(order: TextOrder) -> AnswerText | RawText:
    """How the text of a request is read that another call may have made: by its order alone, as `OrderedText` would."""
    stops = order.sampling.stop_sequence or ()
    if order.chat is None:
        return RawText(stops)
    begins = not order.chat.continues
    return AnswerText(
        stops,
        trims=begins and order.prompt.endswith("\n"),
        opens_thinking=begins and order.prompt.rstrip().endswith(THINK),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedText:
    """Of a chat, or of a prompt that goes as it is."""

    order: TextOrder
    resolved: Resolved
    rendered: Rendered | None = None  # None: the prompt goes as it is
    own_stops: tuple[str, ...] = ()  # of the client; those of the template stand in the order beside them
    is_json: bool = False  # a JSON object alone was asked for
    most_characters: int | None = None  # of an answer that is wished for shorter than workers make any

    @property
    def asked(self) -> Asked[TextOrder]:
        """As the desk takes it."""
        return Asked(order=self.order)

    @property
    def template(self) -> str | None:
        """As `Horde-Template` says it."""
        return self.rendered.header if self.rendered is not None else None

    @property
    def has_tools(self) -> bool:
        """Whether the answer may call functions."""
        return self.order.chat is not None and bool(self.order.chat.tools)

    def reader(self) -> AnswerText | RawText:
        """How the worker's text is read."""
        stops = self.order.sampling.stop_sequence or ()
        if self.rendered is None:
            return RawText(stops)
        return AnswerText(stops, trims=self.rendered.trims, opens_thinking=self.rendered.opens_thinking)

    def shown(self, *, json_alone: bool) -> Shown:
        """What of that a client is shown. `json_alone`: of one that was to be a JSON object nothing else."""
        return Shown(json_alone=json_alone and self.is_json, most_characters=self.most_characters)

    def run(self, running: Running[TextOrder], *, json_alone: bool = False) -> TextRun:
        """Its one answer on the way; `json_alone` as for `shown`."""
        return TextRun(running, self.order, self.reader(), self.shown(json_alone=json_alone))
