"""One answer of a text request: read as it comes, and what is known of it at its end."""

from __future__ import annotations

from typing import Any

from horde_server.dispatch.store import Generation
from horde_server.gateway.chats.ordered import OrderedText
from horde_server.gateway.common.beside import Beside
from horde_server.gateway.common.finish import FinishReason
from horde_server.gateway.common.said import Said


class Choice:
    """A choice of an answer, by its index."""

    def __init__(self, text: OrderedText, index: int) -> None:
        self.index = index
        self.order = text.order
        self.made: Generation | None = None
        self._beside = Beside(None)
        self._reader = text.reader()
        self._shown = text.shown(json_alone=True)
        self._passed_on: list[str] = []
        self.has_called = False
        """Whether a piece told of a call."""

    @property
    def has_begun(self) -> bool:
        """Whether anything of it is here."""
        return bool(self._reader.raw or self._passed_on)

    @property
    def raw(self) -> str:
        """All of the worker's text so far. O(text)."""
        return "".join(self._passed_on) or self._reader.raw

    def pass_on(self, delta: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """A piece as a backend made it, which stays as it is; what it says of log probabilities stands beside."""
        content = delta.get("content")
        self._passed_on.append(content if isinstance(content, str) else "")
        self.has_called = self.has_called or bool(delta.get("tool_calls"))
        return {name: value for name, value in delta.items() if name not in ("logprobs", "role")}, delta.get("logprobs")

    def feed(self, text: str) -> Said:
        """What may be shown now of the next piece."""
        said = self._reader.feed(text)
        return said._replace(content=self._shown.feed(said.content))

    def end(self) -> Said:
        """What was held back, once no more comes."""
        said = self._reader.end()
        return said._replace(content=self._shown.feed(said.content) + self._shown.end())

    def deliver(self, made: Generation) -> None:
        """The result is there, and what its worker told beside it."""
        self.made, self._beside = made, Beside(made)

    def whole(self, made: Generation) -> Said:
        """All of a delivered answer at once."""
        self.deliver(made)
        said, rest = self.feed(made.result), self.end()
        return Said(said.reasoning + rest.reasoning, said.content + rest.content)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The functions that the model would have called, as its backend wrote them."""
        return self._beside.calls

    @property
    def logprobs(self) -> Any:
        """The log probabilities of its tokens, as its backend told them; None: not asked for."""
        return self._beside.logprobs

    @property
    def reason(self) -> FinishReason:
        """Why it ended."""
        if self.calls or self.has_called:
            return FinishReason.TOOL_CALLS
        if self._shown.is_cut:
            return FinishReason.LENGTH
        return self._beside.reason(self.raw, self.order, stopped=self._reader.stopped_by is not None)

    @property
    def tokens(self) -> int:
        """Of the answer."""
        return self._beside.tokens(self.raw)

    @property
    def prompt_tokens(self) -> int:
        """Of the prompt."""
        return self._beside.prompt_tokens(self.order)
