"""Texts as vectors, for dialects that have such a call (embeddings.md §5)."""

from __future__ import annotations

import asyncio
import base64
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from fastapi import Request

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, MissingField, UnsupportedValue
from horde_server.gateway.common.life import Running
from horde_server.gateway.common.model_names import read_model
from horde_server.gateway.common.once import Once
from horde_server.gateway.common.services import Services
from horde_server.gateway.common.told import answer_headers, horde_object
from horde_server.identity.caller import Caller
from horde_server.requests.asked import Asked
from horde_server.requests.embedding.checks import MOST_DIMENSIONS, MOST_INPUT_BYTES, MOST_INPUTS
from horde_server.requests.embedding.order import EmbeddingOrder
from horde_server.requests.embedding.results import DescribedEmbeddings, described

_AT_ONCE_NUMBERS: Final = 32_768
"""Written as decimals in the event loop, in five milliseconds; more of them in a thread."""
Written = TypeVar("Written")


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors that were made, and what an answer says beside them."""

    made: DescribedEmbeddings
    tokens: int  # of all texts
    waited_s: float
    horde: dict[str, Any]

    def floats(self) -> list[tuple[float, ...]]:
        """The vectors as numbers. O(numbers)."""
        count = self.made["dimensions"]
        return [struct.unpack(f"<{count}f", base64.b64decode(vector)) for vector in self.made["vectors"]]

    async def written(self, write: Callable[[], Written]) -> Written:
        """What is made of them, where many are written not in the event loop."""
        if len(self.made["vectors"]) * self.made["dimensions"] <= _AT_ONCE_NUMBERS:
            return write()
        return await asyncio.to_thread(write)


@dataclass(frozen=True, slots=True)
class Embedding:
    """Vectors that are asked for, and the headers of the answer."""

    running: Running[EmbeddingOrder]
    order: EmbeddingOrder
    headers: dict[str, str]

    async def made(self) -> Embedded:
        """Once they are there. Raises what `Running.results` raises."""
        served = await self.running.results()
        generation = served.generations[0]
        made = described(generation)
        horde = horde_object(self.running, served.progress, generation)
        horde.pop("seed", None)
        return Embedded(made, made.get("tokens", self.order.tokens), served.waited_s, horde)


def inputs_of(body: Body, name: str) -> list[str]:
    """The texts of a field, which is one or a list of them. Raises `MissingField`, `UnsupportedValue`, `BadField`."""
    found = body.items(name, most=4 * MOST_INPUTS)
    if not found:
        raise MissingField(body.named(name))
    if any(isinstance(each, (int, list)) for each in found):
        raise UnsupportedValue(body.named(name), f"{body.named(name)} has numbers of tokens: send texts.")
    if len(found) > MOST_INPUTS:
        raise BadField(body.named(name), f"{body.named(name)} has more than {MOST_INPUTS} texts: send less at once.")
    texts = body.texts(name, most=MOST_INPUTS, most_characters=MOST_INPUT_BYTES)
    if len(texts) < len(found):
        raise BadField(body.named(name), f"{body.named(name)} has an empty text: leave it out.")
    return texts


def dimensions_of(body: Body) -> int | None:
    """How long vectors are to be, where that is said. Raises `BadField`: another length would be no use."""
    wished = body.integer("dimensions", least=0, most=MOST_DIMENSIONS + 1)
    if wished == 0 or (wished is not None and wished > MOST_DIMENSIONS):
        raise BadField(body.named("dimensions"), f"dimensions must be between 1 and {MOST_DIMENSIONS}.")
    return wished


async def ask_embedding(
    services: Services, request: Request, caller: Caller, body: Body, texts: Sequence[str], dimensions: int | None
) -> Embedding:
    """Ask for vectors of the texts by the model that `body` names. Raises what the desk raises, and `ModelNotFound`."""
    wish = read_model(body)
    resolved = services.models.resolve(wish, "embedding", caller.user.model_aliases)
    order = EmbeddingOrder(inputs=tuple(texts), models=resolved.models, dimensions=dimensions)
    once = Once.of(request, caller, body)
    running = await services.life.ask_embedding(caller, Asked(order=order), request.receive, once)
    return Embedding(running, order, answer_headers(running, body, resolved))
