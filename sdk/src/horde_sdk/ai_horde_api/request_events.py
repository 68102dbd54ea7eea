"""What happens to a request, as events: told by hordes that can, made of polls on others."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pydantic import ValidationError

from horde_sdk.generic_api import bounds
from horde_sdk.generic_api.server_sent_events import EventReader, ServerSentEvent

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.request_runs import RequestRun

MOST_BREAKS: Final = 5
"""After so many broken connections without an event between them, polls go on."""
_FIRST_PAUSE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class StateEvent:
    """How far the request is.

    Attributes:
        wait_time: Seconds.
        queue_position: How many requests are before it, plus one; 0 when nothing of it waits.
    """

    finished: int = 0
    processing: int = 0
    restarted: int = 0
    waiting: int = 0
    done: bool = False
    faulted: bool = False
    wait_time: int = 0
    queue_position: int = 0
    kudos: float = 0
    is_possible: bool = True


@dataclass(frozen=True, slots=True)
class TextEvent:
    """The next piece of a text, while it is written; on hordes that cannot, all of it, at once.

    Attributes:
        job: Which of the request's results it is of, from 0.
        at: After how many bytes of UTF-8 it begins.
    """

    job: int
    at: int
    text: str


@dataclass(frozen=True, slots=True)
class DeltaEvent:
    """The next piece of an answer with calls of functions or probabilities, as the worker's program made it.

    Attributes:
        job: Which of the request's results it is of, from 0.
        delta: As OpenAI's API has it.
    """

    job: int
    delta: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StepEvent:
    """How many steps of a picture are done.

    Attributes:
        eta: Seconds to go, where they are known.
    """

    job: int
    step: int
    steps: int
    eta: float | None = None


@dataclass(frozen=True, slots=True)
class PreviewEvent:
    """How a picture looks so far.

    Attributes:
        image: A small WebP, JPEG or PNG.
    """

    job: int
    image: bytes


@dataclass(frozen=True, slots=True)
class ResultEvent:
    """A result that is finished.

    Attributes:
        generation: As in the status: `ImageGeneration`, `GenerationKobold` or `AlchemyFormStatus`.
    """

    generation: Any


@dataclass(frozen=True, slots=True)
class RestartedEvent:
    """The worker of a result is lost, and another begins with it."""

    job: int
    reason: str


@dataclass(frozen=True, slots=True)
class EndEvent:
    """Nothing more will come.

    Attributes:
        gone: The request is there no more.
    """

    done: bool
    faulted: bool
    gone: bool = False


RequestEvent: TypeAlias = (
    StateEvent | TextEvent | DeltaEvent | StepEvent | PreviewEvent | ResultEvent | RestartedEvent | EndEvent
)
"""Anything that happens to a request."""


@dataclass(slots=True)
class FollowedRequest:
    """What both clients know of a stream of events: where it goes on, and what was told.

    Attributes:
        breaks: Connections that broke since the last event.
        is_over: Whether the end was told.
    """

    run: RequestRun[Any, Any]
    reader: EventReader = field(default_factory=EventReader)
    breaks: int = 0
    is_over: bool = False
    _all_breaks: int = 0
    _told: set[str] = field(default_factory=set)
    _text_bytes: dict[int, int] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Of the events."""
        return f"{self.run.events_path}/{self.run.id_}"

    @property
    def pause_s(self) -> float:
        """How long to wait before connecting again."""
        return _FIRST_PAUSE_S if self._all_breaks <= 1 else self.reader.retry_s

    def note_break(self) -> None:
        """Note that a connection ended before the request did."""
        self.breaks += 1
        self._all_breaks += 1
        self.reader.begin()

    def feed(self, piece: bytes) -> Iterator[RequestEvent]:
        """Yield the events that a piece of the answer completes; what nobody knows is passed over.

        Raises:
            AnswerOutOfBoundsError: An event has no end.
        """
        for event in self.reader.feed(piece):
            self.breaks = 0
            if (known := self._read(event)) is not None:
                yield known

    def looked(self, look: Any) -> Iterator[RequestEvent]:
        """Yield what a poll's answer says."""
        yield StateEvent(**{name: getattr(look, name, usual) for name, usual in _USUAL.items()})

    def fetched(self, status: Any) -> Iterator[RequestEvent]:
        """Yield what was not told yet of the results of a request that is over, and its end."""
        for job, generation in enumerate(self.run.results(status)):
            told = self._text_bytes.get(job, 0)
            rest = (getattr(generation, "text", None) or "").encode()[told:].decode("utf-8", "ignore")
            if rest and self.run.wanted == 1:
                yield TextEvent(job, told, rest)
            if not self._is_told(generation):
                yield ResultEvent(generation)
        self.is_over = True
        yield EndEvent(done=bool(status.done), faulted=bool(status.faulted))

    def _read(self, event: ServerSentEvent) -> RequestEvent | None:
        try:
            data = json.loads(event.data)
            known = self._known(event.name, data) if isinstance(data, dict) else None
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError, ValidationError):
            return None
        if isinstance(known, ResultEvent) and self._is_told(known.generation):
            return None
        self.is_over = self.is_over or isinstance(known, EndEvent)
        return known

    def _known(self, name: str, data: Mapping[str, Any]) -> RequestEvent | None:  # noqa: PLR0911 one for each kind
        match name:
            case "state":
                return state_of(data)
            case "text":
                job, at, text = int(data["job"]), int(data["at"]), str(data["text"])
                self._text_bytes[job] = at + len(text.encode())
                return TextEvent(job, at, text)
            case "delta":
                return DeltaEvent(int(data["job"]), dict(data["delta"]))
            case "step":
                eta = data.get("eta")
                return StepEvent(
                    int(data["job"]), int(data["step"]), int(data["steps"]), None if eta is None else float(eta)
                )
            case "preview":
                return PreviewEvent(int(data["job"]), _picture(str(data["image"])))
            case "result":
                return ResultEvent(self.run.result(data))
            case "restarted":
                return RestartedEvent(int(data["job"]), str(data["reason"]))
            case "end":
                return EndEvent(bool(data["done"]), bool(data["faulted"]), bool(data.get("gone")))
        return None

    def _is_told(self, generation: Any) -> bool:
        """Whether it was told before; from now on it was."""
        name = str(getattr(generation, "id_", None) or getattr(generation, "form", None) or id(generation))
        is_told = name in self._told
        self._told.add(name)
        return is_told


_USUAL: Final[dict[str, Any]] = {
    "finished": 0, "processing": 0, "restarted": 0, "waiting": 0, "done": False, "faulted": False, "wait_time": 0,
    "queue_position": 0, "kudos": 0.0, "is_possible": True,
}  # fmt: skip


def state_of(data: Mapping[str, Any]) -> StateEvent:
    """Return the state that a server tells.

    Raises:
        TypeError: A field is of a wrong type.
        ValueError: A field makes no sense.
    """
    return StateEvent(**{key: type(usual)(data.get(key, usual)) for key, usual in _USUAL.items()})


def _picture(told: str) -> bytes:
    """Return the bytes of a `data:` URI.

    Raises:
        ValueError: It is none, or far too large for a preview.
    """
    head, _, encoded = told.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64") or len(encoded) > bounds.LARGEST_IMAGE_BYTES:
        raise ValueError("no picture")
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError("no picture") from error
