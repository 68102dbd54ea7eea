"""The forms of alchemy that need no model, and a resampler under the upscalers' names, as a backend."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any, Final, Self

from PIL import Image

from horde_worker.backends.alchemy import AlchemyAbilities, AlchemyEvent, AlchemyResult, Option
from horde_worker.backends.demo_alchemy.describe import describe
from horde_worker.backends.demo_alchemy.palette import palette
from horde_worker.backends.demo_alchemy.resampler import FACTORS, LONGEST_SIDE, TooLarge, resample
from horde_worker.backends.demo_alchemy.vectorize import Stopped, vectorize
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.threads import events_of

MAX_TILES: Final = 9
"""1536×1536 pixels: four times as wide and high, that is 12 seconds on one core, most of them for WebP."""
MAX_SIDE: Final = LONGEST_SIDE // max(FACTORS.values())
MAX_BATCH: Final = 2
"""With those fetched ahead four: also on a machine three times as slow all are done within their three minutes."""

_Work = Callable[[Image.Image, Callable[[], bool]], str | list[Any] | dict[str, Any]]
_ANALYSES: Final[dict[str, _Work]] = {
    "palette": lambda source, _should_stop: palette(source),
    "describe": lambda source, _should_stop: describe(source),
    "vectorize": vectorize,
}


class DemoAlchemyBackend:
    """Palette, description and outlines by numpy and Pillow; upscalers by Lanczos resampling, not by their models."""

    name = "demo-alchemy (resampler)"
    abilities = AlchemyAbilities(
        forms=(*_ANALYSES, *FACTORS),
        max_tiles=MAX_TILES,
        max_side=MAX_SIDE,
        max_batch=MAX_BATCH,
        stand_ins=frozenset(FACTORS),
    )

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        """Nothing to load, and no options."""
        settings.check_known()
        return cls()

    @property
    def makers(self) -> Makers:
        """Alchemy."""
        return Makers(alchemy=self)

    async def close(self) -> None:
        """Nothing is held."""

    async def work(
        self, form: str, source: Image.Image, payload: Mapping[str, Option]
    ) -> AsyncGenerator[AlchemyEvent, None]:
        """The result of one form; it has no options, and no steps to tell of."""

        def do(tell: Callable[[AlchemyEvent], None], should_stop: Callable[[], bool]) -> None:
            tell(_done(form, source, should_stop))

        try:
            async with aclosing(events_of(do)) as events:
                async for event in events:
                    yield event
        except (TooLarge, Stopped, MemoryError) as error:
            raise BackendFailure(str(error) or type(error).__name__) from error


def _done(form: str, source: Image.Image, should_stop: Callable[[], bool]) -> AlchemyResult:
    if form in _ANALYSES:
        return AlchemyResult(_ANALYSES[form](source, should_stop))
    if form in FACTORS:
        return AlchemyResult(resample(source, FACTORS[form]))
    raise BackendFailure(f"{form} is not among the forms of this backend")
