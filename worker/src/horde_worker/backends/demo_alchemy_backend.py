"""The forms of alchemy that need no model, and a resampler under the upscalers' names, as a backend."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from PIL import Image

from horde_worker.backends.demo_alchemy.describe import describe
from horde_worker.backends.demo_alchemy.palette import palette
from horde_worker.backends.demo_alchemy.resampler import FACTORS, LONGEST_SIDE, TooLarge, resample
from horde_worker.backends.demo_alchemy.vectorize import Stopped, vectorize
from horde_worker.backends.interface import AlchemyAbilities, AlchemyResult, BackendFailure

MAX_TILES: Final = 9
"""1536×1536 pixels: four times as wide and high, that is 12 seconds on one core, most of them for WebP."""
MAX_SIDE: Final = LONGEST_SIDE // max(FACTORS.values())
MAX_BATCH: Final = 2
"""With those fetched ahead four: also on a machine three times as slow all are done within their three minutes."""

_Work = Callable[[Image.Image, Callable[[], bool]], AlchemyResult]
_ANALYSES: Final[dict[str, _Work]] = {
    "palette": lambda source, _should_stop: palette(source),
    "describe": lambda source, _should_stop: describe(source),
    "vectorize": vectorize,
}


class DemoAlchemyBackend:
    """Palette, description and outlines by numpy and Pillow; upscalers by Lanczos resampling, not by their models."""

    kind: Literal["alchemy"] = "alchemy"
    name = "demo-alchemy (resampler)"
    abilities = AlchemyAbilities(
        forms=(*_ANALYSES, *FACTORS), max_tiles=MAX_TILES, max_side=MAX_SIDE, max_batch=MAX_BATCH
    )

    async def start(self) -> None:
        """Nothing to load."""

    async def work(self, form: str, source: Image.Image, payload: Mapping[str, Any]) -> AlchemyResult:
        """The result of one form; it has no options."""
        stopped = threading.Event()
        try:
            return await asyncio.to_thread(_done, form, source, stopped.is_set)
        except asyncio.CancelledError:
            stopped.set()
            raise
        except (TooLarge, Stopped, MemoryError) as error:
            raise BackendFailure(str(error) or type(error).__name__) from error


def _done(form: str, source: Image.Image, should_stop: Callable[[], bool]) -> AlchemyResult:
    if form in _ANALYSES:
        return _ANALYSES[form](source, should_stop)
    if form in FACTORS:
        return resample(source, FACTORS[form])
    raise BackendFailure(f"{form} is not among the forms of this backend")
