"""How a server is told of a job: one table of the API's parameters, from which both body and documentation are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from horde_worker.backends.mapping import ByWorker, Mapped, Neutral, Sent, Unsupported
from horde_worker.backends.text import TextJob
from horde_worker.sampler_settings import TextSampling


@dataclass(frozen=True, slots=True)
class Ask:
    """One text of a job, as a server is asked for it."""

    job: TextJob
    prompt: str
    """As much of it as fits."""
    seed: int
    model: str
    """What the server calls it."""
    context_length: int
    """What is offered, in tokens; a job may ask for less."""
    tag: str = ""
    """By which it can be called off, at servers that know tags."""

    @property
    def sampling(self) -> TextSampling:
        return self.job.sampling


@dataclass(frozen=True, slots=True)
class Key:
    """A parameter that is sent: into which keys of the body, and as what. A dot leads into an object; None is not sent.

    A parameter in several keys has a value for each.
    """

    where: tuple[str, ...]
    value: Callable[[Ask], tuple[object, ...]]
    note: str = ""


Table: TypeAlias = Mapping[str, Key | ByWorker | Neutral | Unsupported]


def key(where: str, value: Callable[[Ask], object], note: str = "") -> Key:
    """A parameter that goes into one key."""
    return Key((where,), lambda ask: (value(ask),), note)


def sampler(where: str, name: str, note: str = "") -> Key:
    """A sampler whose figure is sent as it is."""
    return key(where, lambda ask: getattr(ask.sampling, name), note)


def body_of(table: Table, ask: Ask) -> dict[str, Any]:
    """What is sent for a text: every key that the table has."""
    body: dict[str, Any] = {}
    for row in table.values():
        if isinstance(row, Key):
            for where, value in zip(row.where, row.value(ask), strict=True):
                if value is not None:
                    _put(body, where, value)
    return body


def mapping_of(table: Table) -> dict[str, Mapped]:
    """The table as the documents show it."""
    return {name: Sent(", ".join(row.where), row.note) if isinstance(row, Key) else row for name, row in table.items()}


def _put(body: dict[str, Any], where: str, value: object) -> None:
    *path, last = where.split(".")
    for part in path:
        body = body.setdefault(part, {})
    body[last] = value


def stops(ask: Ask) -> list[str]:
    """All texts that end this one; the end of a line is among them where one line is wanted."""
    return list(ask.job.stop_sequences)


ONE_BY_ONE: Final = ByWorker("each text is asked for by itself, with a seed of its own")
NO_SOFT_PROMPTS: Final = Unsupported("none are offered")
CUT_BY_WORKER: Final = ByWorker("the prompt is cut from the left, counted by the server's tokenizer")
WATCHED_STOPS: Final = ByWorker(
    "found in the stream, which is then closed: the server would cut the stop text and not say which it was"
)
FORMATTING: Final[Table] = {
    "n": ONE_BY_ONE,
    "singleline": ByWorker("the end of a line becomes a stop sequence; the text is cut there"),
    "frmtadsnsp": ByWorker("put to the prompt"),
    "frmtrmblln": ByWorker("done to the text"),
    "frmtrmspch": ByWorker("done to the text"),
    "frmttriminc": ByWorker("done to the text"),
    "softprompt": NO_SOFT_PROMPTS,
}
"""What no server need know of."""
NOT_THERE: Final = Neutral("the server has none; the text is written without")
