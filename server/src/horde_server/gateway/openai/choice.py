"""One answer of a text request: read as it comes, and what is known of it at its end."""

from __future__ import annotations

from typing import Any

import msgspec

from horde_server.dispatch.store import Generation
from horde_server.gateway.common.finish import FinishReason, finish_reason
from horde_server.gateway.common.json_object import JsonObjectCut
from horde_server.gateway.common.think import Said
from horde_server.gateway.common.tokens import believable
from horde_server.gateway.openai.text_wish import TextWish
from horde_server.requests.text.order import TextOrder


class Choice:
    """A choice of an answer, by its index."""

    def __init__(self, wish: TextWish, order: TextOrder, index: int) -> None:
        self.index = index
        self.order = order
        self.made: Generation | None = None
        self._reader = wish.reader()
        self._json = JsonObjectCut() if wish.is_json else None
        self._characters_left = wish.most_characters
        self._was_cut = False
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
        return self._shown(self._reader.feed(text))

    def end(self) -> Said:
        """What was held back, once no more comes."""
        said = self._shown(self._reader.end())
        if self._json is None:
            return said
        return Said(said.reasoning, said.content + self._within(self._json.end()))

    def whole(self, made: Generation) -> Said:
        """All of a delivered answer at once."""
        self.made = made
        said, rest = self.feed(made.result), self.end()
        return Said(said.reasoning + rest.reasoning, said.content + rest.content)

    @property
    def told(self) -> dict[str, Any]:
        """What the worker told beside the text."""
        told = getattr(self.made, "told", None)
        return msgspec.json.decode(told) if told else {}

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The functions that the model would have called, as its backend wrote them."""
        found = (self.told.get("message") or {}).get("tool_calls")
        return list(found) if isinstance(found, list) else []

    @property
    def logprobs(self) -> Any:
        """The log probabilities of its tokens, as its backend told them; None: not asked for."""
        return self.told.get("logprobs")

    @property
    def reason(self) -> FinishReason:
        """Why it ended."""
        if self.calls or self.has_called:
            return FinishReason.TOOL_CALLS
        if self._was_cut:
            return FinishReason.LENGTH
        told = self.told
        return finish_reason(
            self.raw,
            max_length=self.order.max_length,
            stopped=self._reader.stopped_by is not None,
            censored=self.made is not None and self.made.censored,
            reported=told.get("finish_reason"),
            worker_tokens=told.get("tokens"),
        )

    @property
    def tokens(self) -> int:
        """Of the answer."""
        told = self.told
        return believable(told.get("tokens") or (told.get("usage") or {}).get("completion_tokens"), self.raw)

    @property
    def prompt_tokens(self) -> int:
        """Of the prompt."""
        return believable((self.told.get("usage") or {}).get("prompt_tokens"), self.order.prompt)

    def _shown(self, said: Said) -> Said:
        content = self._json.feed(said.content) if self._json is not None else said.content
        return Said(said.reasoning, self._within(content))

    def _within(self, content: str) -> str:
        if self._characters_left is None:
            return content
        shown = content[: self._characters_left]
        self._was_cut = self._was_cut or len(shown) < len(content)
        self._characters_left -= len(shown)
        return shown
