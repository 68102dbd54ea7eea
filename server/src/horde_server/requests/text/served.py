"""What the text workers online can do, by model, and whether anybody meets the needs of a chat (capabilities.md §5).

From memory, for dialects: their lists of models, and their refusals of what nobody online can.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from horde_server.dispatch.capabilities import BackendBit
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.requests.text.chat import Chat
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.requirement import requirement
from horde_server.workers.directory import OnlineWorker, WorkerDirectory


@dataclass(frozen=True, slots=True)
class Unserved:
    """What nobody online can do of what a request asks for, in the words of OpenAI's API: 400, whoever asks."""

    capability: str  # `tools`, `vision`, `grammar`, `logprobs`
    code: str
    param: str
    message: str


@dataclass(frozen=True, slots=True)
class ServedModel:
    """What the workers that have a model offer for it, each thing by at least one of them."""

    name: str
    workers: int
    max_length: int
    max_context_length: int
    can: frozenset[str]  # `chat`, `tools`, `vision`, `grammar`, `logprobs` …
    template: str | None  # of its chats, as most trusted workers say that know it


_UNSERVED: Final = {
    BackendBit.TOOLS: ("unsupported_parameter", "tools", "{} does not support tools on this horde."),
    BackendBit.VISION: ("unsupported_value", "messages", "{} cannot see pictures."),
    BackendBit.GRAMMAR: ("unsupported_value", "response_format", "{} cannot be bound to a JSON schema on this horde."),
    BackendBit.LOGPROBS: ("unsupported_parameter", "logprobs", "This horde's workers report no log probabilities."),
}


class ServedTexts:
    """A look at who is online. Belongs to the event loop."""

    def __init__(self, workers: WorkerDirectory, queue: LiveQueue) -> None:
        self._workers = workers
        self._queue = queue
        self._known: tuple[int, dict[str, ServedModel]] | None = None

    @property
    def version(self) -> int:
        """Of what `models` tells: it grows when that may have changed."""
        return self._workers.version

    def models(self) -> Mapping[str, ServedModel]:
        """By name, those with most workers first. Made anew when a worker came, went or changed."""
        version = self._workers.version
        if self._known is None or self._known[0] != version:
            self._known = (version, _by_model(self._workers.online("text")))
        return self._known[1]

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
                called = f"The model {models[0]!r}" if len(models) == 1 else "None of the models"
                return Unserved(str(bit.name).lower(), code, param, sentence.format(called))
        return None

    def _could_serve(self, models: Sequence[str], needs: int, account_id: int) -> bool:
        order = TextOrder("", tuple(models), max_length=0, max_context_length=0, extra_slow_workers=True)
        asked = requirement(order)._replace(needs=needs)
        return self._queue.could_serve(self._queue.class_of(asked), account_id)


def _by_model(online: Sequence[OnlineWorker]) -> dict[str, ServedModel]:
    serving: dict[str, list[OnlineWorker]] = {}
    for worker in online:
        if not (worker.maintenance or worker.paused or worker.abilities.named_only):
            for model in worker.abilities.models:
                serving.setdefault(model, []).append(worker)
    found = [_served(model, workers) for model, workers in serving.items()]
    return {each.name: each for each in sorted(found, key=lambda each: (-each.workers, each.name))}


def _served(model: str, workers: Sequence[OnlineWorker]) -> ServedModel:
    claims = Counter(worker.abilities.templates.get(model) for worker in workers if worker.owner_trusted)
    claims.pop(None, None)
    return ServedModel(
        name=model,
        workers=len(workers),
        max_length=max(worker.abilities.max_length for worker in workers),
        max_context_length=max(worker.abilities.max_context_length for worker in workers),
        can=frozenset(word for worker in workers for word in worker.abilities.backend),
        template=min(claims, key=lambda name: (-claims[name], name)) if claims else None,
    )
