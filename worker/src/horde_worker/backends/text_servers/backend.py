"""What opens and closes any backend that has texts written by a server."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Self

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.over_http.options import ServerOptions
from horde_worker.backends.over_http.server import BackendServer
from horde_worker.backends.text_servers.maker import TextServerMaker
from horde_worker.backends.text_servers.server import TextServer

CONTEXT_LENGTH = "context_length"
SHORTEST_CONTEXT, LONGEST_CONTEXT = 80, 1_048_576


class TextServerBackend:
    """A server of texts; who derives from it says where it usually is, and what it is."""

    name: ClassVar[str]
    program: ClassVar[str]
    default_url: ClassVar[str]
    api_path: ClassVar[str]
    """With which other programs want the address written, so that owners have it at hand so."""

    def __init__(self, connections: BackendServer, maker: TextServerMaker) -> None:
        self._connections = connections
        self._maker = maker

    @classmethod
    def speaker(cls, connections: BackendServer, options: ServerOptions, context_length: int | None) -> TextServer:
        """What knows the program's language. `context_length` is the owner's word for it, which counts."""
        raise NotImplementedError

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        """Connect, look and have a few words written. Raises `BackendFailure`."""
        options = ServerOptions.read(settings, default_url=cls.default_url, also=(CONTEXT_LENGTH,))
        options = replace(options, url=options.url.rstrip("/").removesuffix(cls.api_path))
        context_length = _context_length(settings)
        connections = BackendServer(cls.program, options)
        maker = TextServerMaker(cls.speaker(connections, options, context_length), options)
        try:
            await maker.attendance.start()
        except BaseException:
            await connections.aclose()
            raise
        return cls(connections, maker)

    @property
    def makers(self) -> Makers:
        """Texts."""
        return Makers(text=self._maker)

    async def close(self) -> None:
        """Look no more, and close the connections."""
        await self._maker.attendance.aclose()
        await self._connections.aclose()


def _context_length(settings: BackendSettings) -> int | None:
    found = settings.options.get(CONTEXT_LENGTH)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int) or not SHORTEST_CONTEXT <= found <= LONGEST_CONTEXT:
        raise BackendFailure(
            f"the option {CONTEXT_LENGTH} of {settings.name} is a number of tokens from {SHORTEST_CONTEXT} to "
            f"{LONGEST_CONTEXT}"
        )
    return found
