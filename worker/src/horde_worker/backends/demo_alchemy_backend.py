"""Forms of alchemy for a bare machine, as a backend.

Three need no model, the upscalers' names get a resampler, and two are answered by the captioner of the small world that
`ember-demo` paints; without its weights these two are not offered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Final, Self

import structlog
from PIL import Image

from horde_worker.backends.alchemy import AlchemyAbilities, AlchemyEvent, AlchemyResult, Option
from horde_worker.backends.demo_alchemy.describe import describe, on_white
from horde_worker.backends.demo_alchemy.palette import palette
from horde_worker.backends.demo_alchemy.resampler import FACTORS, LONGEST_SIDE, TooLarge, resample
from horde_worker.backends.demo_alchemy.vectorize import Stopped, vectorize
from horde_worker.backends.demo_caption import forms as captions
from horde_worker.backends.demo_caption.model import DemoCaptioner
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.shipped_weights import UNREADABLE, WeightsNotInstalled
from horde_worker.backends.threads import events_of

log = structlog.get_logger(__name__)

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

    def __init__(self, captioner: DemoCaptioner | None = None) -> None:
        self._captioner = captioner
        if captioner is not None:
            self.abilities = replace(
                self.abilities,
                forms=(*captions.FORMS, *self.abilities.forms),
                stand_ins=self.abilities.stand_ins | set(captions.FORMS),
            )

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        """Load the captioner, where its weights are installed; there are no options."""
        settings.check_known()
        try:
            return cls(await asyncio.to_thread(DemoCaptioner.load))
        except WeightsNotInstalled as error:
            log.warning("worker.form_not_offered", form=", ".join(captions.FORMS), reason=str(error))
            return cls()
        except UNREADABLE as error:
            raise BackendFailure(f"the weights of the captioner cannot be read: {error}") from error

    @property
    def makers(self) -> Makers:
        """Alchemy."""
        return Makers(alchemy=self)

    async def close(self) -> None:
        """Nothing is held."""

    async def work(
        self, form: str, source: Image.Image, payload: Mapping[str, Option]
    ) -> AsyncGenerator[AlchemyEvent, None]:
        """The result of one form; only `interrogation` has an option (`top_count`), and none has steps to tell of."""

        def do(tell: Callable[[AlchemyEvent], None], should_stop: Callable[[], bool]) -> None:
            tell(self._done(form, source, payload, should_stop))

        try:
            async with aclosing(events_of(do)) as events:
                async for event in events:
                    yield event
        except (TooLarge, Stopped, MemoryError) as error:
            raise BackendFailure(str(error) or type(error).__name__) from error

    def _done(
        self, form: str, source: Image.Image, payload: Mapping[str, Option], should_stop: Callable[[], bool]
    ) -> AlchemyResult:
        if form in _ANALYSES:
            return AlchemyResult(_ANALYSES[form](source, should_stop))
        if form in FACTORS:
            return AlchemyResult(resample(source, FACTORS[form]))
        if self._captioner is not None and form == "caption":
            return AlchemyResult(captions.caption(self._captioner, on_white(source)))
        if self._captioner is not None and form == "interrogation":
            return AlchemyResult(captions.interrogation(self._captioner, on_white(source), payload))
        raise BackendFailure(f"{form} is not among the forms of this backend")
