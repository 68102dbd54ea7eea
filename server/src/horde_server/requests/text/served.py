"""What the text workers online can do, by model, and whether anybody meets the needs of a chat (capabilities.md §5).

From memory, for dialects: their lists of models, and their refusals of what nobody online can.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from horde_server.dispatch.capabilities import BackendBit
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.requests.text.chat import Chat
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.requirement import requirement
from horde_server.workers.directory import OnlineWorker


@dataclass(frozen=True, slots=True)
class Unserved:
    """What nobody online can do of what a request asks for, in the words of OpenAI's API: 400, whoever asks."""

    capability: str  # `tools`, `vision`, `grammar`, `logprobs`
    code: str
    param: str
    message: str


_UNSERVED: Final = {
    BackendBit.TOOLS: ("unsupported_parameter", "tools", "{} does not support tools on this horde."),
    BackendBit.VISION: ("unsupported_value", "messages", "{} cannot see pictures."),
    BackendBit.GRAMMAR: ("unsupported_value", "response_format", "{} cannot be bound to a JSON schema on this horde."),
    BackendBit.LOGPROBS: ("unsupported_parameter", "logprobs", "This horde's workers report no log probabilities."),
}


class ServedTexts:
    """A look at who is online. Belongs to the event loop."""

    def __init__(self, queue: LiveQueue) -> None:
        self._queue = queue

    def nobody_can(self, models: Sequence[str], chat: Chat, account_id: int) -> Unserved | None:
        """What of a conversation's needs no worker online meets that serves one of the models (of none: any).

        Judged as a waiting request of this account would be. O(workers), and nothing where there are no needs.
        """
        met = BackendBit(0)
        for bit, (code, param, sentence) in _UNSERVED.items():
            if not chat.needs & bit:
                continue
            met |= bit
            if not self._could_serve(models, met, account_id):
                called = f"The model {models[0]!r}" if len(models) == 1 else "What would serve this"
                return Unserved(str(bit.name).lower(), code, param, sentence.format(called))
        return None

    def _could_serve(self, models: Sequence[str], needs: int, account_id: int) -> bool:
        order = TextOrder("", tuple(models), max_length=0, max_context_length=0, extra_slow_workers=True)
        asked = requirement(order)._replace(needs=needs)
        return self._queue.could_serve(self._queue.class_of(asked), account_id)


def capabilities_of(workers: Iterable[OnlineWorker]) -> frozenset[str]:
    """What at least one of them declares: `chat`, `tools` …, and `streams`."""
    found = list(workers)
    words = frozenset(word for worker in found for word in worker.abilities.backend)
    return words | {"streams"} if any(worker.abilities.streams for worker in found) else words


def claimed_template(model: str, workers: Iterable[OnlineWorker]) -> str | None:
    """The template of a model's chats, as most of these say whose owners are trusted."""
    claims = Counter(worker.abilities.templates.get(model) for worker in workers if worker.owner_trusted)
    claims.pop(None, None)
    return min(claims, key=lambda name: (-claims[name], str(name))) if claims else None
