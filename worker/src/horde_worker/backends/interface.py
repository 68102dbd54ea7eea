"""The seam between the worker and what does the work: a backend is opened from settings and makes what it can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self

from horde_worker.backends.alchemy import AlchemyMaker
from horde_worker.backends.embedding import EmbeddingMaker
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import ImageMaker
from horde_worker.backends.text import TextMaker


@dataclass(frozen=True, slots=True)
class BackendSettings:
    """Which backend, and what it must know: an address, a key, the names of models. Its class says which options."""

    name: str
    options: Mapping[str, object] = field(default_factory=dict, repr=False)  # a key may be among them
    own_name: bool = False  # its makers never share a worker's name with those of another backend

    def check_known(self, *known: str) -> None:
        """Raise `BackendFailure` for options that the backend does not have: they are mistyped."""
        if unknown := sorted(set(self.options) - set(known)):
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise BackendFailure(f"the backend {self.name} has no option {', '.join(map(repr, unknown))}; {has}")


def why_unready(maker: object) -> str:
    """Why a maker cannot work just now, in words for its owner; empty where it can.

    A maker whose server may go away says so by a property `unready: str`. No job is asked for meanwhile.
    """
    return str(getattr(maker, "unready", ""))


@dataclass(frozen=True, slots=True)
class Makers:
    """What an open backend makes, by kind of work: each becomes a worker of its own under a name of its own."""

    image: ImageMaker | None = None
    text: TextMaker | None = None
    alchemy: AlchemyMaker | None = None
    embedding: EmbeddingMaker | None = None


class Backend(Protocol):
    """Something that does the work: in this process, or another program's server."""

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        """A backend that can work from now on: loaded, or connected to. Raises `BackendFailure`."""

    @property
    def name(self) -> str:
        """What the operator calls it."""

    @property
    def makers(self) -> Makers:
        """What it makes: of one kind at least. Asked once, when it is open."""

    async def close(self) -> None:
        """Let go of what it holds. Nothing is in the making any more."""
