"""Steps: what the clients do, told so that the synchronous and the asynchronous face only carry them out.

A procedure is a generator: it yields a step, is sent the step's outcome (or thrown its exception), and returns its
result. So the rules (retries, polling, clean-up) are written once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
PiecesT = TypeVar("PiecesT")


@dataclass(frozen=True, slots=True)
class Exchange:
    """Send an HTTP request; the outcome is an `Answer`. A broken connection throws `HordeConnectionError`.

    Attributes:
        secret: The part of the URL that is a key, where there is one.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes | None
    secret: str | None = None

    @property
    def shown_url(self) -> str:
        """The URL for logs and errors: a key that is part of it is left out."""
        return self.url.replace(self.secret, "…") if self.secret else self.url

    def cause(self, error: Exception) -> Exception | None:
        """Return what an error of ours may tell of the HTTP library's, which names the URL: nothing that is secret."""
        return None if self.secret else error


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header, whatever the case of its name."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Streamed(Generic[PiecesT]):
    """The beginning of an answer whose body is read as it comes.

    Attributes:
        pieces: The body; a broken connection raises `HordeConnectionError`.
    """

    status: int
    headers: Mapping[str, str]
    pieces: PiecesT

    @property
    def is_of_events(self) -> bool:
        """Whether it tells events."""
        kind = next((value for name, value in self.headers.items() if name.lower() == "content-type"), "")
        return self.status == 200 and kind.startswith("text/event-stream")


@dataclass(frozen=True, slots=True)
class Pause:
    """A wait of so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Tell:
    """Call the user's callback; what it raises is thrown into the procedure."""

    callback: Callable[[Any], object]
    news: object


Step = Exchange | Pause | Tell
Steps = Generator[Step, Any, T]
