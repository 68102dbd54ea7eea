"""What all servers that make vectors share: looked at, tried out, asked in lots."""

from __future__ import annotations

from array import array
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Protocol, Self

from horde_worker.backends.embedding import EmbeddingAbilities, EmbeddingEvent, EmbeddingJob, EmbeddingResult
from horde_worker.backends.events import BackendFailure, Progress
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.over_http.attendance import Attendance, tells_if_lost
from horde_worker.backends.over_http.options import ServerOptions
from horde_worker.backends.over_http.server import BackendServer

CONTEXT_LENGTH: Final = "context_length"
UNKNOWN_CONTEXT: Final = 512
"""What nearly every model of this kind takes, where a server does not say how long a text may be."""
AT_A_TIME: Final = 32
MOST_NUMBERS: Final = 8192
MOST_ANSWER_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SeenEmbedder:
    """What a look at a server found: names in the horde, and what the server calls each."""

    models: Mapping[str, str]
    max_tokens: int
    loaded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vectors:
    """An answer: a list of numbers for each text, in their order."""

    rows: Sequence[object]
    tokens: int | None


class EmbeddingServer(Protocol):
    """One program."""

    program: ClassVar[str]

    async def look(self, options: ServerOptions) -> SeenEmbedder:
        """Ask the server what it has. Raises `BackendFailure`."""

    async def embed(self, model: str, texts: Sequence[str], limit_s: float) -> Vectors:
        """Have vectors made. Raises `BackendFailure`."""


class EmbeddingServerMaker:
    """Implements `EmbeddingMaker` by one server."""

    def __init__(self, server: EmbeddingServer, options: ServerOptions, context_length: int | None) -> None:
        self._server = server
        self._options = options
        self._context_length = context_length
        self._seen: SeenEmbedder | None = None
        self.attendance: Attendance[EmbeddingAbilities] = Attendance(server.program, self._look, self._self_test)

    @property
    def abilities(self) -> EmbeddingAbilities:
        """What the server has. What is loaded just now is told beside it: its change is nothing to be tried out."""
        return replace(self.attendance.abilities, loaded=() if self._seen is None else self._seen.loaded)

    @property
    def unready(self) -> str:
        """Why it cannot work just now; empty where it can."""
        return self.attendance.unready

    @property
    def slots(self) -> int:
        """Jobs at a time."""
        return self._options.slots or 1

    async def make(self, job: EmbeddingJob) -> AsyncGenerator[EmbeddingEvent, None]:
        """Lot by lot; between two a closed job ends."""
        assert self._seen is not None  # it was looked at before anything was offered
        model = self._seen.models.get(job.model)
        if model is None:
            raise BackendFailure(f"{self._server.program} has no model {job.model!r} any more")
        vectors: list[array[float]] = []
        tokens: int | None = 0
        try:
            for begin in range(0, len(job.texts), AT_A_TIME):
                lot = [text or " " for text in job.texts[begin : begin + AT_A_TIME]]
                answer = await self._server.embed(model, lot, job.ttl_s)
                vectors += _vectors_of(answer, len(lot), self._server.program)
                tokens = None if tokens is None or answer.tokens is None else tokens + answer.tokens
                yield Progress(0, len(vectors), len(job.texts))
        except BackendFailure as failure:
            tells_if_lost(self.attendance, failure)
            raise
        yield EmbeddingResult(tuple(vectors), tokens)

    async def self_test(self) -> None:
        """Have a vector made. Raises `BackendFailure`."""
        await self._self_test(self.attendance.abilities)

    async def _look(self) -> EmbeddingAbilities:
        seen = await self._server.look(self._options)
        self._seen = seen
        length = min(self._context_length or seen.max_tokens, seen.max_tokens)
        return EmbeddingAbilities(tuple(seen.models), length)

    async def _self_test(self, able: EmbeddingAbilities) -> None:
        """By every model: who cannot make a vector is offered no texts."""
        assert self._seen is not None
        for local in self._seen.models.values():
            answer = await self._server.embed(local, ["Once upon a time"], 120.0)
            _vectors_of(answer, 1, self._server.program)


class EmbeddingServerBackend:
    """A server of vectors as a backend; who derives from it says which."""

    name: ClassVar[str]
    default_url: ClassVar[str]
    api_path: ClassVar[str]

    def __init__(self, connections: BackendServer, maker: EmbeddingServerMaker) -> None:
        self._connections = connections
        self._maker = maker

    @classmethod
    def speaker(cls, connections: BackendServer) -> EmbeddingServer:
        """What knows the program's language."""
        raise NotImplementedError

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        """Connect, look, and have a vector made by each model. Raises `BackendFailure`."""
        options = ServerOptions.read(settings, default_url=cls.default_url, also=(CONTEXT_LENGTH,))
        url, length = options.url.rstrip("/").removesuffix(cls.api_path), _context_length(settings)
        connections = BackendServer(settings.name, replace(options, url=url))
        maker = EmbeddingServerMaker(cls.speaker(connections), options, length)
        try:
            await maker.attendance.start()
        except BaseException:
            await connections.aclose()
            raise
        return cls(connections, maker)

    @property
    def makers(self) -> Makers:
        """Vectors."""
        return Makers(embedding=self._maker)

    async def close(self) -> None:
        """Look no more, and close the connections."""
        await self._maker.attendance.aclose()
        await self._connections.aclose()


def _context_length(settings: BackendSettings) -> int | None:
    found = settings.options.get(CONTEXT_LENGTH)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int) or not 16 <= found <= 1_048_576:
        raise BackendFailure(f"the option {CONTEXT_LENGTH} of {settings.name} is a number of tokens from 16 to 1048576")
    return found


def _vectors_of(answer: Vectors, count: int, program: str) -> list[array[float]]:
    """The rows as numbers. Raises `BackendFailure` for what is no answer to so many texts."""
    if len(answer.rows) != count:
        raise BackendFailure(f"{program} made {len(answer.rows)} vectors for {count} texts")
    return [_vector(row, program) for row in answer.rows]


def _vector(row: Any, program: str) -> array[float]:
    if not isinstance(row, list) or not 0 < len(row) <= MOST_NUMBERS:
        raise BackendFailure(f"{program} made a vector that is none")
    try:
        return array("f", row)
    except (TypeError, OverflowError):
        raise BackendFailure(f"{program} made a vector with numbers that are none") from None
