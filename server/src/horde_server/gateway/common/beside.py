"""What a worker told of a text beside the text, and what an answer says by it (capabilities.md §4)."""

from __future__ import annotations

from typing import Any

import msgspec

from horde_server.dispatch.store import Generation
from horde_server.gateway.common.finish import FinishReason, finish_reason
from horde_server.gateway.common.tokens import believable
from horde_server.requests.text.order import TextOrder


class Beside:
    """Of one result; of none nothing was told. Read once."""

    def __init__(self, made: Generation | None) -> None:
        self.told: dict[str, Any] = {}
        """As the worker told it."""
        if made is not None and made.told is not None:
            self.told = msgspec.json.decode(made.told)
        self._is_censored = made is not None and made.censored
        self._usage: dict[str, Any] = self.told.get("usage") or {}

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The functions that the model would have called, as its backend wrote them."""
        return list((self.told.get("message") or {}).get("tool_calls") or ())

    @property
    def logprobs(self) -> dict[str, Any] | None:
        """The log probabilities of its tokens, as its backend told them; None: not asked for."""
        return self.told.get("logprobs")

    def tokens(self, text: str) -> int:
        """Of the text, as the worker wrote it."""
        return believable(self._counted, text)

    def prompt_tokens(self, order: TextOrder) -> int:
        """Of what it was asked."""
        return believable(self._usage.get("prompt_tokens"), order.prompt)

    def reason(self, text: str, order: TextOrder, *, stopped: bool) -> FinishReason:
        """Why the text ended, as the worker wrote it. `stopped`: a stop string was found in it."""
        return finish_reason(
            text,
            max_length=order.max_length,
            stopped=stopped,
            censored=self._is_censored,
            reported=self.told.get("finish_reason"),
            worker_tokens=self._counted,
        )

    @property
    def _counted(self) -> int | None:
        return self.told.get("tokens") or self._usage.get("completion_tokens")
