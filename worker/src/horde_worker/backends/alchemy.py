"""The seam to what works on pictures: forms in, progress and results out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from horde_worker.backends.events import Progress

if TYPE_CHECKING:
    from PIL import Image  # a worker of texts never loads it

Option: TypeAlias = str | float | bool | None
"""The value of an option of a form; many hordes send every value as text."""


@dataclass(frozen=True, slots=True)
class AlchemyAbilities:
    """What a maker can do with pictures. A tile is 512×512 pixels of the source, begun ones included."""

    forms: tuple[str, ...]  # such as caption, RealESRGAN_x4plus (alchemy.md §1.1)
    max_tiles: int
    max_side: int  # pixels of the source's longest side
    max_batch: int = 1  # forms at a time
    stand_ins: frozenset[str] = frozenset()  # forms that are done by something simpler than their names say
    seconds_per_tile: Mapping[str, float] = field(default_factory=dict)  # of forms that take long, as measured


@dataclass(frozen=True, slots=True)
class AlchemyForm:
    """One thing to do with a source picture."""

    id: str
    name: str
    where: str  # the source, as URL or base64
    payload: Mapping[str, Option]
    upload_url: str = ""  # for a result that is a picture
    source: Image.Image | None = None  # RGB or RGBA, fetched
    refusal: str = ""  # why it cannot even be tried


@dataclass(frozen=True, slots=True)
class AlchemyJob:
    """One hand-out: forms that may have several sources. `ttl_s` in seconds from the pop, for all of them."""

    forms: tuple[AlchemyForm, ...]
    ttl_s: float

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(form.id for form in self.forms)

    @property
    def model(self) -> str:
        """What the log calls it: the forms."""
        return ", ".join(form.name for form in self.forms)

    def log_fields(self) -> dict[str, Any]:
        """How many forms."""
        return {"forms": len(self.forms)}


@dataclass(frozen=True, slots=True)
class AlchemyResult:
    """What became of one form: a picture, or what JSON can say."""

    value: Image.Image | str | float | bool | list[Any] | dict[str, Any]


AlchemyEvent: TypeAlias = Progress | AlchemyResult


class AlchemyMaker(Protocol):
    """Works on pictures. `work` must not block the event loop, and must stop soon when it is closed."""

    @property
    def abilities(self) -> AlchemyAbilities:
        """What it can do, if the self-test of each form succeeds."""

    def work(self, form: str, source: Image.Image, payload: Mapping[str, Option]) -> AsyncGenerator[AlchemyEvent, None]:
        """The one result of a form, with its progress before it; places are 0. Raises `BackendFailure`."""
